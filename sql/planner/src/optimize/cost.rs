//! Cost parameters: PostgreSQL's, with a round trip to storage for each batch of look-ups.

/// Bytes of a page, as PostgreSQL counts.
pub const PAGE_BYTES: f64 = 8_192.0;
/// Pages assumed for a table that was never analyzed.
pub const DEFAULT_PAGES: f64 = 10.0;
/// Left rows of an index join that are looked up together.
pub const LOOKUP_BATCH: f64 = 256.0;

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub sequential_page: f64,
    pub random_page: f64,
    pub cpu_row: f64,
    pub cpu_index_row: f64,
    pub cpu_operator: f64,
    /// One request to storage and back.
    pub round_trip: f64,
    pub hash_join: bool,
    pub merge_join: bool,
    pub nested_loop: bool,
    pub index_scan: bool,
    pub index_only_scan: bool,
    pub bitmap_scan: bool,
    pub sequential_scan: bool,
    pub sort: bool,
    pub hash_aggregate: bool,
    pub materialize: bool,
}

/// What is added to the cost of a method that a setting disables.
pub const DISABLED: f64 = 1.0e10;

impl Settings {
    /// From the settings as text; `None` is the default.
    pub fn read(setting: &dyn Fn(&str) -> Option<String>) -> Settings {
        let number = |name: &str, default: f64| {
            setting(name).and_then(|text| text.parse().ok()).unwrap_or(default)
        };
        let flag = |name: &str| {
            setting(name).is_none_or(|text| !matches!(text.as_str(), "off" | "false" | "no" | "0"))
        };
        Settings {
            sequential_page: number("seq_page_cost", 1.0),
            random_page: number("random_page_cost", 4.0),
            cpu_row: number("cpu_tuple_cost", 0.01),
            cpu_index_row: number("cpu_index_tuple_cost", 0.005),
            cpu_operator: number("cpu_operator_cost", 0.0025),
            round_trip: 0.25,
            hash_join: flag("enable_hashjoin"),
            merge_join: flag("enable_mergejoin"),
            nested_loop: flag("enable_nestloop"),
            index_scan: flag("enable_indexscan"),
            index_only_scan: flag("enable_indexonlyscan"),
            bitmap_scan: flag("enable_bitmapscan"),
            sequential_scan: flag("enable_seqscan"),
            sort: flag("enable_sort"),
            hash_aggregate: flag("enable_hashagg"),
            materialize: flag("enable_material"),
        }
    }

    /// Sorting so many rows.
    pub fn sort_cost(&self, rows: f64) -> f64 {
        let rows = rows.max(2.0);
        2.0 * self.cpu_operator * rows * rows.log2() + if self.sort { 0.0 } else { DISABLED }
    }
}

/// An estimate as a number of rows: whole, and at least one.
pub fn whole_rows(rows: f64) -> f64 {
    rows.max(1.0).round_ties_even()
}

/// Average bytes of a value of a type.
pub fn type_width(ty: types::SqlType) -> u32 {
    use types::oid;
    match ty.oid {
        oid::BOOL | oid::CHAR => 1,
        oid::INT2 => 2,
        oid::INT4 | oid::FLOAT4 | oid::OID | oid::DATE | oid::REGCLASS | oid::XID => 4,
        oid::INT8 | oid::FLOAT8 | oid::TIMESTAMP | oid::TIMESTAMPTZ | oid::TIME => 8,
        oid::TIMETZ => 12,
        oid::UUID | oid::INTERVAL => 16,
        oid::NAME => 64,
        oid::VARCHAR | oid::BPCHAR if ty.modifier > 4 => {
            ((ty.modifier - 4) as u32).min(1_024) / 2 + 1
        }
        _ => 32,
    }
}
