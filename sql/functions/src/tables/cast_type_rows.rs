//! Rows of `pg_cast`: bit strings, money, network addresses, ranges, numbers of the system.

use types::Datum;
use types::oid::*;

use crate::bodies::{bit_strings, money, networks, ranges, system_numbers};
use crate::definition::{CastContext, CastDef, CastMethod};
use crate::tables::cast_rows::cast;

#[rustfmt::skip]
pub(super) static ROWS: &[CastDef] = &[
    cast(INT8, MONEY, CastContext::Assignment, CastMethod::Function(|c, v, _, _| money::int8_cash(c, std::slice::from_ref(v))), 3812),
    cast(INT8, BIT, CastContext::Explicit, CastMethod::Function(|c, v, m, _| bit_strings::bitfromint8(c, &[v.clone(), Datum::Int4(m)])), 2075),
    cast(INT4, MONEY, CastContext::Assignment, CastMethod::Function(|c, v, _, _| money::int4_cash(c, std::slice::from_ref(v))), 3811),
    cast(INT4, BIT, CastContext::Explicit, CastMethod::Function(|c, v, m, _| bit_strings::bitfromint4(c, &[v.clone(), Datum::Int4(m)])), 1683),
    cast(CIDR, TEXT, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(CIDR, INET, CastContext::Implicit, CastMethod::Binary, 0),
    cast(CIDR, BPCHAR, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(CIDR, VARCHAR, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(MACADDR8, MACADDR, CastContext::Implicit, CastMethod::Function(|c, v, _, _| networks::macaddr8tomacaddr(c, std::slice::from_ref(v))), 4124),
    cast(MONEY, NUMERIC, CastContext::Assignment, CastMethod::Function(|c, v, _, _| money::cash_numeric(c, std::slice::from_ref(v))), 3823),
    cast(MACADDR, MACADDR8, CastContext::Implicit, CastMethod::Function(|c, v, _, _| networks::macaddrtomacaddr8(c, std::slice::from_ref(v))), 4123),
    cast(INET, TEXT, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(INET, CIDR, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::inet_to_cidr(c, std::slice::from_ref(v))), 1715),
    cast(INET, BPCHAR, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(INET, VARCHAR, CastContext::Assignment, CastMethod::Function(|c, v, _, _| networks::network_show(c, std::slice::from_ref(v))), 730),
    cast(BIT, INT8, CastContext::Explicit, CastMethod::Function(|c, v, _, _| bit_strings::bittoint8(c, std::slice::from_ref(v))), 2076),
    cast(BIT, INT4, CastContext::Explicit, CastMethod::Function(|c, v, _, _| bit_strings::bittoint4(c, std::slice::from_ref(v))), 1684),
    cast(BIT, BIT, CastContext::Implicit, CastMethod::Function(|c, v, m, e| bit_strings::bit(c, &[v.clone(), Datum::Int4(m), Datum::Bool(e)])), 1685),
    cast(BIT, VARBIT, CastContext::Implicit, CastMethod::Binary, 0),
    cast(VARBIT, BIT, CastContext::Implicit, CastMethod::Binary, 0),
    cast(VARBIT, VARBIT, CastContext::Implicit, CastMethod::Function(|c, v, m, e| bit_strings::varbit(c, &[v.clone(), Datum::Int4(m), Datum::Bool(e)])), 1687),
    cast(NUMERIC, MONEY, CastContext::Assignment, CastMethod::Function(|c, v, _, _| money::numeric_cash(c, std::slice::from_ref(v))), 3824),
    cast(INT4RANGE, INT4MULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4281),
    cast(NUMRANGE, NUMMULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4284),
    cast(TSRANGE, TSMULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4287),
    cast(TSTZRANGE, TSTZMULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4290),
    cast(DATERANGE, DATEMULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4293),
    cast(INT8RANGE, INT8MULTIRANGE, CastContext::Explicit, CastMethod::Function(|c, v, _, _| ranges::multirange_constructor1(c, std::slice::from_ref(v))), 4296),
    cast(XID8, XID, CastContext::Explicit, CastMethod::Function(|c, v, _, _| system_numbers::xid8toxid(c, std::slice::from_ref(v))), 5071),
];
