//! PostgreSQL's functions, operators, casts and aggregates as tables of data.
