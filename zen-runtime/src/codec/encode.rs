//! From a value to its bytes.

use serde::Serialize;

use super::{
    CodecError,
    bincode::Output,
    encoder::{Encoder, Files},
};

/// The bytes of an artifact.
///
/// # Errors
/// If the type's own `Serialize` fails, the value is nested too deep, a field is
/// left out by `skip_serializing_if`, or there is a [`File`](super::File) or
/// [`Dir`](super::Dir) inside.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    encode_with(value, Files::Refused)
}

/// The bytes in which a pipeline keeps a parameter: a [`File`](super::File) or
/// [`Dir`](super::Dir) as its path.
///
/// # Errors
/// As [`encode`], but for files.
pub fn encode_parameter<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    encode_with(value, Files::AsPaths)
}

fn encode_with<T: Serialize + ?Sized>(value: &T, files: Files<'_>) -> Result<Vec<u8>, CodecError> {
    let mut encoder = Encoder::new(Output::new(), files);
    encoder.write(value)?;
    let (output, _) = encoder.finish()?;
    Ok(output.into_bytes())
}
