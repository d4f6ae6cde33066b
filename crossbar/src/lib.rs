//! Delivers every journal to its subscribers and says up to when delivery is complete.
