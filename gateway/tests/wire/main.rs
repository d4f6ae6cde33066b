//! The gateway over real sockets, with a query processor and a directory that only answer.

mod hostile;
mod limits;
mod login;
mod moves;
mod support;
