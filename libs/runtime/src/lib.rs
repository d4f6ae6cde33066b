//! Clock, files, randomness and threads behind traits, so that tests can break them.
