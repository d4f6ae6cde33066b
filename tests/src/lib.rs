//! Black-box tests of the quorate program.
