//! Runs physical plans over an abstract source of rows, spilling when memory is short.
