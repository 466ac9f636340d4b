//! From a value to its bytes.

use serde::Serialize;

use super::{
    CodecError, Storable,
    bincode::Output,
    decoder::Decoder,
    encoder::{Encoder, Purpose},
};

/// The bytes of an artifact.
///
/// # Errors
/// If the type's own `Serialize` fails, the value is nested too deep, a field is
/// left out by `skip_serializing_if`, or there is a [`File`](super::File), a
/// [`Dir`](super::Dir) or a [`Secret`](super::Secret) inside.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    encode_with(value, Purpose::Artifact)
}

/// The bytes in which a pipeline keeps a parameter: a [`File`](super::File) or
/// [`Dir`](super::Dir) as its path, and nothing of a [`Secret`](super::Secret).
///
/// # Errors
/// As [`encode`], but for files and secrets.
pub fn encode_parameter<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    encode_with(value, Purpose::Parameter)
}

/// Another value, made by way of the first one's encoding.
///
/// # Errors
/// As [`encode_parameter`] and [`decode`](super::decode).
pub(crate) fn copy<T: Storable>(value: &T) -> Result<T, CodecError> {
    let bytes = encode_with(value, Purpose::Copy)?;
    let mut decoder = Decoder::of_copy(&bytes);
    let copy = decoder.read()?;
    decoder.finish()?;
    Ok(copy)
}

fn encode_with<T: Serialize + ?Sized>(
    value: &T,
    purpose: Purpose<'_>,
) -> Result<Vec<u8>, CodecError> {
    let mut encoder = Encoder::new(Output::new(), purpose);
    encoder.write(value)?;
    let (output, _) = encoder.finish()?;
    Ok(output.into_bytes())
}
