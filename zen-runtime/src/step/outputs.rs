//! What a step gives back: one artifact, or one per element of a tuple.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use super::{OutputType, Value};
use crate::codec::{self, Array, ArrayRef, ArtifactId, CodecError, Storable};

/// A value made ready for the store.
pub struct Encoded {
    /// The ID of the bytes.
    pub id: ArtifactId,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Encoded {
    /// Encodes `value` and makes sure that it can be read back.
    ///
    /// # Errors
    /// If the value does not serialize, or not in a way that can be read back.
    pub fn of<T: Storable>(value: &T) -> Result<Self, CodecError> {
        let bytes = codec::encode(value)?;
        codec::check_readable::<T>(&bytes)?;
        Ok(Self::from_bytes(bytes))
    }

    fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            id: ArtifactId::of(codec::BINCODE, &bytes),
            bytes,
        }
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("id", &self.id)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// How a step's value becomes artifacts and comes back from them.
pub trait Outputs: Sized {
    /// What the function returns.
    type Value;

    /// The value as a set of outputs.
    fn wrap(value: Self::Value) -> Self;

    /// The types of the outputs in order.
    fn types() -> Vec<OutputType>;

    /// Encodes every output.
    ///
    /// # Errors
    /// If one of them does not serialize, or cannot be read back.
    fn encode(value: &Self::Value) -> Result<Vec<Encoded>, CodecError>;

    /// The value from the bytes of its outputs; `read` gives those of the next.
    ///
    /// # Errors
    /// If `read` does, or if the bytes are not those of the type.
    fn decode<E: From<CodecError>>(
        read: &mut dyn FnMut() -> Result<Vec<u8>, E>,
    ) -> Result<Self::Value, E>;

    /// The outputs as values of a run.
    fn into_values(self) -> Vec<Value>;
}

/// A step with a single output.
#[derive(Debug)]
pub struct One<V>(pub V);

impl<V: Storable> Outputs for One<V> {
    type Value = V;

    fn wrap(value: V) -> Self {
        Self(value)
    }

    fn types() -> Vec<OutputType> {
        vec![OutputType::of::<V>()]
    }

    fn encode(value: &V) -> Result<Vec<Encoded>, CodecError> {
        Ok(vec![Encoded::of(value)?])
    }

    fn decode<E: From<CodecError>>(read: &mut dyn FnMut() -> Result<Vec<u8>, E>) -> Result<V, E> {
        Ok(codec::decode(&read()?)?)
    }

    fn into_values(self) -> Vec<Value> {
        vec![Arc::new(self.0)]
    }
}

/// A step with a single output that is an array of any length; serde itself
/// knows arrays of up to 32 elements.
#[derive(Debug)]
pub struct OneArray<T, const N: usize>(pub [T; N]);

impl<T, const N: usize> Outputs for OneArray<T, N>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    type Value = [T; N];

    fn wrap(value: [T; N]) -> Self {
        Self(value)
    }

    fn types() -> Vec<OutputType> {
        vec![OutputType::array::<T, N>()]
    }

    fn encode(value: &[T; N]) -> Result<Vec<Encoded>, CodecError> {
        let bytes = codec::encode(&ArrayRef(value))?;
        codec::check_readable::<Array<T, N>>(&bytes)?;
        Ok(vec![Encoded::from_bytes(bytes)])
    }

    fn decode<E: From<CodecError>>(
        read: &mut dyn FnMut() -> Result<Vec<u8>, E>,
    ) -> Result<[T; N], E> {
        let Array(value) = codec::decode(&read()?)?;
        Ok(value)
    }

    fn into_values(self) -> Vec<Value> {
        vec![Arc::new(self.0)]
    }
}

/// A step whose tuple is split into one artifact per element.
#[derive(Debug)]
pub struct Split<T>(pub T);

macro_rules! split {
    ($(($type:ident $index:tt))+) => {
        impl<$($type: Storable),+> Outputs for Split<($($type,)+)> {
            type Value = ($($type,)+);

            fn wrap(value: Self::Value) -> Self {
                Self(value)
            }

            fn types() -> Vec<OutputType> {
                vec![$(OutputType::of::<$type>()),+]
            }

            fn encode(value: &Self::Value) -> Result<Vec<Encoded>, CodecError> {
                Ok(vec![$(Encoded::of(&value.$index)?),+])
            }

            fn decode<Error: From<CodecError>>(
                read: &mut dyn FnMut() -> Result<Vec<u8>, Error>,
            ) -> Result<Self::Value, Error> {
                Ok(($(codec::decode::<$type>(&read()?)?,)+))
            }

            fn into_values(self) -> Vec<Value> {
                vec![$(Arc::new(self.0.$index)),+]
            }
        }
    };
}

split!((A 0));
split!((A 0) (B 1));
split!((A 0) (B 1) (C 2));
split!((A 0) (B 1) (C 2) (D 3));
split!((A 0) (B 1) (C 2) (D 3) (E 4));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10));
split!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10) (L 11));

/// Tells at compile time whether a type is a `Result`, whatever alias it goes
/// by: the inherent constant hides the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReturnProbe<V>(PhantomData<V>);

impl<T, E> ReturnProbe<Result<T, E>> {
    /// It is one.
    pub const IS_RESULT: bool = true;
}
