//! What a step gives back: one artifact, or one per element of a tuple.

use std::{any::type_name, fmt, marker::PhantomData, sync::Arc};

use super::{LoadError, OutputType, Value};
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

/// Gives the bytes of a stored value's outputs, one after the other.
pub(crate) type ReadNext<'a> = dyn FnMut() -> Result<Vec<u8>, LoadError> + 'a;

/// How a step's value becomes artifacts and comes back from them.
///
/// A table of functions rather than a trait, so that a type that cannot be
/// stored is told about where the table is made, and nowhere else.
pub struct OutputCodec<V> {
    pub(crate) types: fn() -> Vec<OutputType>,
    pub(crate) encode: fn(&V) -> Result<Vec<Encoded>, CodecError>,
    pub(crate) decode: fn(&mut ReadNext<'_>) -> Result<V, LoadError>,
    pub(crate) into_values: fn(V) -> Vec<Value>,
}

impl<V> Clone for OutputCodec<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for OutputCodec<V> {}

impl<V> fmt::Debug for OutputCodec<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputCodec")
            .field(&type_name::<V>())
            .finish()
    }
}

// The bounds stand on the functions, not on the impls: only then does the
// compiler tell about the type, in the words of `Storable`.
impl<V> OutputCodec<V> {
    /// The value is one artifact.
    pub fn one() -> Self
    where
        V: Storable,
    {
        Self {
            types: || vec![OutputType::of::<V>()],
            encode: |value| Ok(vec![Encoded::of(value)?]),
            decode: |read| Ok(codec::decode_stored(&read()?)?),
            into_values: |value| vec![Arc::new(value)],
        }
    }
}

impl<T, const N: usize> OutputCodec<[T; N]> {
    /// The value is one artifact, and an array of any length; serde itself knows
    /// arrays of up to 32 elements.
    pub fn array() -> Self
    where
        T: Storable,
    {
        Self {
            types: || vec![OutputType::array::<T, N>()],
            encode: |value| Ok(vec![encode_array(value)?]),
            decode: |read| {
                let Array(value) = codec::decode(&read()?)?;
                Ok(value)
            },
            into_values: |value| vec![Arc::new(value)],
        }
    }
}

pub(super) fn encode_array<T: Storable, const N: usize>(
    value: &[T; N],
) -> Result<Encoded, CodecError> {
    let bytes = codec::encode(&ArrayRef(value))?;
    codec::check_readable::<Array<T, N>>(&bytes)?;
    Ok(Encoded::from_bytes(bytes))
}

macro_rules! split {
    ($(($type:ident $index:tt))+) => {
        impl<$($type),+> OutputCodec<($($type,)+)> {
            /// Each element of the value is an artifact of its own.
            pub fn split() -> Self
            where
                $($type: Storable),+
            {
                Self {
                    types: || vec![$(OutputType::of::<$type>()),+],
                    encode: |value| Ok(vec![$(Encoded::of(&value.$index)?),+]),
                    decode: |read| Ok(($(codec::decode_stored::<$type>(&read()?)?,)+)),
                    into_values: |value| vec![$(Arc::new(value.$index)),+],
                }
            }
        }
    };
}

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

/// Tags a step with a single output.
#[derive(Debug)]
pub struct One<V>(PhantomData<V>);

/// Tags a step whose tuple is split into one artifact per element.
#[derive(Debug)]
pub struct Split<T>(PhantomData<T>);

/// Tells at compile time whether a type is a `Result`, whatever alias it goes
/// by: the inherent constant hides the trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct ReturnProbe<V>(PhantomData<V>);

impl<T, E> ReturnProbe<Result<T, E>> {
    /// It is one.
    pub const IS_RESULT: bool = true;
}

/// The constant of every other type.
#[doc(hidden)]
pub trait NoResult {
    /// It is none.
    const IS_RESULT: bool = false;
}

impl<V> NoResult for ReturnProbe<V> {}
