//! `json` and `jsonb` values.
#[derive(Clone, Debug)]
pub struct Json;
