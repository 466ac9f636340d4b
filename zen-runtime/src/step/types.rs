//! The types of a step's arguments and outputs, erased.

use std::{any::type_name, fmt, sync::Arc};

use super::{Encoded, Value, outputs::encode_array};
use crate::codec::{self, ArtifactId, CodecError, FileHasher, Storable};

/// The type of a step's parameter, in the owned form in which a pipeline keeps
/// it: `String` for a `&str`, `Vec<T>` for a `&[T]`.
#[derive(Clone, Copy)]
pub struct ParameterType {
    /// The type's name.
    pub(crate) name: &'static str,
    /// What can be done with a value of it; `None` for an ignored parameter.
    pub(crate) operations: Option<Operations>,
}

/// What can be done with a parameter's value.
#[derive(Clone, Copy)]
pub(crate) struct Operations {
    pub(crate) identify: fn(&Value, &dyn FileHasher) -> Result<ArtifactId, CodecError>,
    pub(crate) encode: fn(&Value) -> Result<Vec<u8>, CodecError>,
    pub(crate) decode: fn(&[u8]) -> Result<Value, CodecError>,
}

impl ParameterType {
    /// The type `T`.
    pub fn of<T: Storable>() -> Self {
        Self {
            name: type_name::<T>(),
            operations: Some(Operations {
                identify: |value, files| codec::identify(downcast::<T>(value)?, files),
                encode: |value| codec::encode_parameter(downcast::<T>(value)?),
                decode: |bytes| Ok(Arc::new(codec::decode_stored::<T>(bytes)?)),
            }),
        }
    }

    /// A type that no pipeline keeps: that of an ignored argument, or one that
    /// can be part of a key but cannot be read back.
    pub fn unkept<T>() -> Self {
        Self {
            name: type_name::<T>(),
            operations: None,
        }
    }
}

impl fmt::Debug for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ParameterType").field(&self.name).finish()
    }
}

/// The type of a step's output.
#[derive(Clone, Copy)]
pub struct OutputType {
    pub(crate) name: &'static str,
    pub(crate) encode: fn(&Value) -> Result<Encoded, CodecError>,
    pub(crate) decode: fn(&[u8]) -> Result<Value, CodecError>,
}

impl OutputType {
    /// The type `T`.
    pub fn of<T: Storable>() -> Self {
        Self {
            name: type_name::<T>(),
            encode: |value| Encoded::of(downcast::<T>(value)?),
            decode: |bytes| Ok(Arc::new(codec::decode_stored::<T>(bytes)?)),
        }
    }

    /// The type `[T; N]`, for any `N`.
    pub fn array<T: Storable, const N: usize>() -> Self {
        Self {
            name: type_name::<[T; N]>(),
            encode: |value| encode_array(downcast::<[T; N]>(value)?),
            decode: |bytes| {
                let codec::Array(value) = codec::decode::<codec::Array<T, N>>(bytes)?;
                Ok(Arc::new(value))
            },
        }
    }
}

impl fmt::Debug for OutputType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputType").field(&self.name).finish()
    }
}

fn downcast<T: 'static>(value: &Value) -> Result<&T, CodecError> {
    value
        .downcast_ref::<T>()
        .ok_or_else(|| CodecError::message(format!("the value is not a `{}`", type_name::<T>())))
}
