//! Multi-version storage of key ranges, read as of a timestamp.
