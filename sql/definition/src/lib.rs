//! Definition statements: what CREATE, ALTER, DROP, GRANT and COMMENT do to the catalog.
