//! Rows of `pg_proc`: numbers of the system.

use types::oid::*;

use crate::bodies::system_numbers as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, S, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(246, "btnametextcmp", &[NAME, TEXT], INT4, STRICT, I, Scalar(bodies::btnametextcmp)),
    row(253, "bttextnamecmp", &[TEXT, NAME], INT4, STRICT, I, Scalar(bodies::bttextnamecmp)),
    row(266, "nameconcatoid", &[NAME, OID], NAME, STRICT, I, Scalar(bodies::nameconcatoid)),
    row(404, "btoidvectorcmp", &[OIDVECTOR, OIDVECTOR], INT4, STRICT, I, Scalar(bodies::btoidvectorcmp)),
    row(1349, "oidvectortypes", &[OIDVECTOR], TEXT, STRICT, S, Scalar(bodies::oidvectortypes)),
    row(3165, "pg_wal_lsn_diff", &[PG_LSN, PG_LSN], NUMERIC, STRICT, I, Scalar(bodies::pg_wal_lsn_diff)),
    row(3237, "pg_lsn_mi", &[PG_LSN, PG_LSN], NUMERIC, STRICT, I, Scalar(bodies::pg_lsn_mi)),
    row(3251, "pg_lsn_cmp", &[PG_LSN, PG_LSN], INT4, STRICT, I, Scalar(bodies::pg_lsn_cmp)),
    row(3514, "enum_cmp", &[ANYENUM, ANYENUM], INT4, STRICT, I, Scalar(bodies::enum_cmp)),
    row(3524, "enum_smaller", &[ANYENUM, ANYENUM], ANYENUM, STRICT, I, Scalar(bodies::enum_smaller)),
    row(3525, "enum_larger", &[ANYENUM, ANYENUM], ANYENUM, STRICT, I, Scalar(bodies::enum_larger)),
    row(4187, "pg_lsn_larger", &[PG_LSN, PG_LSN], PG_LSN, STRICT, I, Scalar(bodies::pg_lsn_larger)),
    row(4188, "pg_lsn_smaller", &[PG_LSN, PG_LSN], PG_LSN, STRICT, I, Scalar(bodies::pg_lsn_smaller)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(4189, "max", &[PG_LSN], PG_LSN, LAX, I, Aggregate(&crate::bodies::aggregates::MAXIMUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(4190, "min", &[PG_LSN], PG_LSN, LAX, I, Aggregate(&crate::bodies::aggregates::MINIMUM)) },
    row(5022, "pg_lsn_pli", &[PG_LSN, NUMERIC], PG_LSN, STRICT, I, Scalar(bodies::pg_lsn_pli)),
    row(5023, "numeric_pl_pg_lsn", &[NUMERIC, PG_LSN], PG_LSN, STRICT, I, Scalar(bodies::numeric_pl_pg_lsn)),
    row(5024, "pg_lsn_mii", &[PG_LSN, NUMERIC], PG_LSN, STRICT, I, Scalar(bodies::pg_lsn_mii)),
    row(5071, "xid", &[XID8], XID, STRICT, I, Scalar(bodies::xid8toxid)),
    row(5096, "xid8cmp", &[XID8, XID8], INT4, STRICT, I, Scalar(bodies::xid8cmp)),
    row(5097, "xid8_larger", &[XID8, XID8], XID8, STRICT, I, Scalar(bodies::xid8_larger)),
    row(5098, "xid8_smaller", &[XID8, XID8], XID8, STRICT, I, Scalar(bodies::xid8_smaller)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(5099, "max", &[XID8], XID8, LAX, I, Aggregate(&crate::bodies::aggregates::MAXIMUM)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(5100, "min", &[XID8], XID8, LAX, I, Aggregate(&crate::bodies::aggregates::MINIMUM)) },
    row(6103, "pg_lsn", &[NUMERIC], PG_LSN, STRICT, I, Scalar(bodies::numeric_pg_lsn)),
];
