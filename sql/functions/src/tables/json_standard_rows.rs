//! Rows of `pg_proc`: JSON as rows, aggregates of standard SQL/JSON, and what the binder calls for its constructors.

use types::oid::*;

use crate::bodies::aggregates as standard_aggregates;
use crate::bodies::json_records as records;
use crate::bodies::json_standard as standard;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(3204, "json_to_record", &[JSON], RECORD, STRICT, S, Scalar(records::to_record)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(3205, "json_to_recordset", &[JSON], RECORD, LAX, S, Set(records::record_rows)) },
    row(3209, "jsonb_populate_record", &[ANYELEMENT, JSONB], ANYELEMENT, LAX, S, TypedScalar(records::populate_record)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(3475, "jsonb_populate_recordset", &[ANYELEMENT, JSONB], ANYELEMENT, LAX, S, Set(records::populate_recordset)) },
    row(3490, "jsonb_to_record", &[JSONB], RECORD, STRICT, S, Scalar(records::to_record)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(3491, "jsonb_to_recordset", &[JSONB], RECORD, LAX, S, Set(records::record_rows)) },
    FunctionDef { argument_names: &["base", "from_json", "use_json_as_text"], defaults: &["false"], ..row(3960, "json_populate_record", &[ANYELEMENT, JSON, BOOL], ANYELEMENT, LAX, S, TypedScalar(records::populate_record)) },
    FunctionDef { argument_names: &["base", "from_json", "use_json_as_text"], defaults: &["false"], kind: FunctionKind::SetReturning, ..row(3961, "json_populate_recordset", &[ANYELEMENT, JSON, BOOL], ANYELEMENT, LAX, S, Set(records::populate_recordset)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6276, "json_agg_strict", &[ANYELEMENT], JSON, LAX, S, Aggregate(&standard_aggregates::JSON_AGG_STRICT)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6280, "json_object_agg_strict", &[ANY, ANY], JSON, LAX, S, Aggregate(&standard_aggregates::JSON_OBJECT_AGG_STRICT)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6281, "json_object_agg_unique", &[ANY, ANY], JSON, LAX, S, Aggregate(&standard_aggregates::JSON_OBJECT_AGG_UNIQUE)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6282, "json_object_agg_unique_strict", &[ANY, ANY], JSON, LAX, S, Aggregate(&standard_aggregates::JSON_OBJECT_AGG_UNIQUE_STRICT)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6284, "jsonb_agg_strict", &[ANYELEMENT], JSONB, LAX, S, Aggregate(&standard_aggregates::JSONB_AGG_STRICT)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6288, "jsonb_object_agg_strict", &[ANY, ANY], JSONB, LAX, I, Aggregate(&standard_aggregates::JSONB_OBJECT_AGG_STRICT)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6289, "jsonb_object_agg_unique", &[ANY, ANY], JSONB, LAX, I, Aggregate(&standard_aggregates::JSONB_OBJECT_AGG_UNIQUE)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6290, "jsonb_object_agg_unique_strict", &[ANY, ANY], JSONB, LAX, I, Aggregate(&standard_aggregates::JSONB_OBJECT_AGG_UNIQUE_STRICT)) },
    // Not PostgreSQL's: expressions of its grammar have no rows in its `pg_proc`.
    FunctionDef { variadic: ANY, ..row(9501, "json_object_constructor", &[BOOL, BOOL, ANY], JSON, LAX, S, TypedScalar(standard::object)) },
    FunctionDef { variadic: ANY, ..row(9502, "json_array_constructor", &[BOOL, ANY], JSON, LAX, S, TypedScalar(standard::array)) },
    row(9503, "json_object_constructor", &[BOOL, BOOL], JSON, LAX, S, TypedScalar(standard::object)),
    row(9504, "json_array_constructor", &[BOOL], JSON, LAX, S, TypedScalar(standard::array)),
    row(9505, "is_json", &[TEXT, TEXT, BOOL], BOOL, STRICT, I, Scalar(standard::is_json)),
    row(9506, "is_json", &[BYTEA, TEXT, BOOL], BOOL, STRICT, I, Scalar(standard::is_json)),
    row(9507, "is_json", &[JSON, TEXT, BOOL], BOOL, STRICT, I, Scalar(standard::is_json)),
    row(9508, "is_json", &[JSONB, TEXT, BOOL], BOOL, STRICT, I, Scalar(standard::is_json)),
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9509, "json_record_row", &[JSON], RECORD, LAX, S, Set(records::record_row)) },
    FunctionDef { kind: FunctionKind::SetReturning, ..row(9510, "json_record_rows", &[JSON], RECORD, LAX, S, Set(records::record_rows)) },
];
