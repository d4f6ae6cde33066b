//! SQL values: the datum, PostgreSQL's types, their text and binary forms, and SQL errors.
