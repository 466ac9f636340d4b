//! From bytes back to a value.

use std::any::type_name;

use serde::de::DeserializeOwned;

use super::{
    BUFFER, CodecError, Storable,
    bincode::Output,
    decoder::Decoder,
    encoder::{Encoder, Purpose},
    fast,
};

/// The value that was encoded as `bytes`.
///
/// The bytes do not tell their type, so another type of the same layout is not
/// noticed. They need not be trusted: no bytes make this panic, exhaust the
/// stack or allocate more than in proportion to their number.
///
/// # Errors
/// If the bytes are not those of a `T`, or there are more of them, or `T` needs
/// a format that describes itself.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.read()?;
    decoder.finish()?;
    Ok(value)
}

/// As [`decode`], and faster for vectors of numbers.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_stored<T: Storable>(bytes: &[u8]) -> Result<T, CodecError> {
    fast::read(bytes).unwrap_or_else(|| decode(bytes))
}

/// Makes sure that a value which was encoded as `bytes` can be read back.
///
/// Some types write what they cannot read: enums under `#[serde(untagged)]`,
/// structs with `#[serde(flatten)]`, values of any type. That must come to light
/// when the value is stored, not when it is needed.
///
/// # Errors
/// If reading fails, or gives a value with another encoding.
pub(crate) fn check_readable<T: Storable>(bytes: &[u8]) -> Result<(), CodecError> {
    let type_name = type_name::<T>();
    let value = match fast::read::<T>(bytes) {
        // What is read by the block is written by the block.
        Some(read) => return read.map(drop),
        None => decode::<T>(bytes).map_err(|source| CodecError::Unreadable {
            type_name,
            source: Box::new(source),
        })?,
    };
    if is_encoded_as(&value, bytes)? {
        Ok(())
    } else {
        Err(CodecError::Changed { type_name })
    }
}

fn is_encoded_as<T: Storable>(value: &T, bytes: &[u8]) -> Result<bool, CodecError> {
    let output = Output::comparing(bytes, BUFFER);
    let mut encoder = Encoder::new(output, Purpose::Parameter);
    encoder.write(value)?;
    let (output, _) = encoder.finish()?;
    Ok(output.compare())
}
