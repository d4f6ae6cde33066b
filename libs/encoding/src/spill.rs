//! A self-describing form of any datum, for spill files and descriptors.
use crate::EncodingError;
use types::Datum;
/// Appends the datum.
pub fn write_datum(_datum: &Datum, _out: &mut Vec<u8>) {
    panic!()
}
/// Reads one datum and moves `bytes` behind it.
pub fn read_datum(_bytes: &mut &[u8]) -> Result<Datum, EncodingError> {
    panic!()
}
