//! Starts, watches, recycles and drains query processors.
