//! Rows of `pg_proc`: bit strings.

use types::oid::*;

use crate::bodies::bit_strings as bodies;
use crate::definition::FunctionBody::*;
use crate::definition::FunctionDef;
use crate::definition::FunctionKind;
use crate::tables::row::{I, LAX, STRICT, row};

#[rustfmt::skip]
pub(super) static ROWS: &[FunctionDef] = &[
    row(1581, "biteq", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::biteq)),
    row(1582, "bitne", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::bitne)),
    row(1592, "bitge", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::bitge)),
    row(1593, "bitgt", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::bitgt)),
    row(1594, "bitle", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::bitle)),
    row(1595, "bitlt", &[BIT, BIT], BOOL, STRICT, I, Scalar(bodies::bitlt)),
    row(1596, "bitcmp", &[BIT, BIT], INT4, STRICT, I, Scalar(bodies::bitcmp)),
    row(1666, "varbiteq", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::biteq)),
    row(1667, "varbitne", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::bitne)),
    row(1668, "varbitge", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::bitge)),
    row(1669, "varbitgt", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::bitgt)),
    row(1670, "varbitle", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::bitle)),
    row(1671, "varbitlt", &[VARBIT, VARBIT], BOOL, STRICT, I, Scalar(bodies::bitlt)),
    row(1672, "varbitcmp", &[VARBIT, VARBIT], INT4, STRICT, I, Scalar(bodies::bitcmp)),
    row(1673, "bitand", &[BIT, BIT], BIT, STRICT, I, Scalar(bodies::bit_and)),
    row(1674, "bitor", &[BIT, BIT], BIT, STRICT, I, Scalar(bodies::bit_or)),
    row(1675, "bitxor", &[BIT, BIT], BIT, STRICT, I, Scalar(bodies::bitxor)),
    row(1676, "bitnot", &[BIT], BIT, STRICT, I, Scalar(bodies::bitnot)),
    row(1677, "bitshiftleft", &[BIT, INT4], BIT, STRICT, I, Scalar(bodies::bitshiftleft)),
    row(1678, "bitshiftright", &[BIT, INT4], BIT, STRICT, I, Scalar(bodies::bitshiftright)),
    row(1679, "bitcat", &[VARBIT, VARBIT], VARBIT, STRICT, I, Scalar(bodies::bitcat)),
    row(1680, "substring", &[BIT, INT4, INT4], BIT, STRICT, I, Scalar(bodies::bitsubstr)),
    row(1681, "length", &[BIT], INT4, STRICT, I, Scalar(bodies::bitlength)),
    row(1682, "octet_length", &[BIT], INT4, STRICT, I, Scalar(bodies::bitoctetlength)),
    row(1683, "bit", &[INT4, INT4], BIT, STRICT, I, Scalar(bodies::bitfromint4)),
    row(1684, "int4", &[BIT], INT4, STRICT, I, Scalar(bodies::bittoint4)),
    row(1685, "bit", &[BIT, INT4, BOOL], BIT, STRICT, I, Scalar(bodies::bit)),
    row(1687, "varbit", &[VARBIT, INT4, BOOL], VARBIT, STRICT, I, Scalar(bodies::varbit)),
    row(1698, "position", &[BIT, BIT], INT4, STRICT, I, Scalar(bodies::bitposition)),
    row(1699, "substring", &[BIT, INT4], BIT, STRICT, I, Scalar(bodies::bitsubstr_no_len)),
    row(1812, "bit_length", &[BIT], INT4, STRICT, I, Scalar(bodies::bit_bit_length)),
    row(2075, "bit", &[INT8, INT4], BIT, STRICT, I, Scalar(bodies::bitfromint8)),
    row(2076, "int8", &[BIT], INT8, STRICT, I, Scalar(bodies::bittoint8)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(2242, "bit_and", &[BIT], BIT, LAX, I, Aggregate(&bodies::BIT_AND)) },
    FunctionDef { kind: FunctionKind::Aggregate, ..row(2243, "bit_or", &[BIT], BIT, LAX, I, Aggregate(&bodies::BIT_OR)) },
    row(3030, "overlay", &[BIT, BIT, INT4, INT4], BIT, STRICT, I, Scalar(bodies::bitoverlay)),
    row(3031, "overlay", &[BIT, BIT, INT4], BIT, STRICT, I, Scalar(bodies::bitoverlay_no_len)),
    row(3032, "get_bit", &[BIT, INT4], INT4, STRICT, I, Scalar(bodies::bitgetbit)),
    row(3033, "set_bit", &[BIT, INT4, INT4], BIT, STRICT, I, Scalar(bodies::bitsetbit)),
    row(6162, "bit_count", &[BIT], INT8, STRICT, I, Scalar(bodies::bit_bit_count)),
    FunctionDef { kind: FunctionKind::Aggregate, ..row(6167, "bit_xor", &[BIT], BIT, LAX, I, Aggregate(&bodies::BIT_XOR)) },
];
