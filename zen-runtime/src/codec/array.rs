//! Arrays of any length; serde itself knows those of up to 32 elements.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeTuple,
};

/// An array's elements on their way out, encoded as those of a `[T; N]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrayRef<'a, T>(pub(crate) &'a [T]);

impl<T: Serialize> Serialize for ArrayRef<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for element in self.0 {
            tuple.serialize_element(element)?;
        }
        tuple.end()
    }
}

/// An array, encoded as serde encodes its short ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Array<T, const N: usize>(pub(crate) [T; N]);

impl<T: Serialize, const N: usize> Serialize for Array<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ArrayRef(&self.0).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Array<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(N, Elements(PhantomData))
    }
}

struct Elements<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
    type Value = Array<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {N} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // Not all of them at once: the array may be larger than its bytes.
        let mut read = Vec::new();
        while read.len() < N {
            let next = elements.next_element()?;
            read.push(next.ok_or_else(|| de::Error::invalid_length(read.len(), &self))?);
        }
        <[T; N]>::try_from(read)
            .map(Array)
            .map_err(|read| de::Error::invalid_length(read.len(), &"an array"))
    }
}
