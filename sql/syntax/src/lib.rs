//! SQL text to syntax tree: PostgreSQL's grammar over sqlparser's tokenizer.
