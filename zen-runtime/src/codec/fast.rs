//! Numbers by the block.
//!
//! A sequence of numbers has one encoding, whichever way it is written and read;
//! here the loops are small enough for the compiler to move many at a time.

use std::any::Any;

use serde::{Serialize, Serializer, ser::Impossible};

use super::{
    CodecError,
    bincode::{Input, Output},
};

/// How many bytes a number takes.
#[derive(Clone, Copy)]
pub(super) enum Width {
    One,
    Two,
    Four,
    Eight,
    Sixteen,
}

/// The width of the elements' type, if it is a number's. No other type has a
/// name without a path.
pub(super) fn width(name: &str) -> Option<Width> {
    match name.trim_start_matches('&') {
        "u8" | "i8" => Some(Width::One),
        "u16" | "i16" => Some(Width::Two),
        "u32" | "i32" | "f32" => Some(Width::Four),
        "u64" | "i64" | "f64" | "usize" | "isize" => Some(Width::Eight),
        "u128" | "i128" => Some(Width::Sixteen),
        _ => None,
    }
}

/// Writes numbers of that width, and says how many they were.
pub(super) fn write<T: Serialize>(
    width: Width,
    items: impl Iterator<Item = T>,
    output: &mut Output<'_>,
) -> Result<usize, CodecError> {
    match width {
        Width::One => blocks::<1, _>(items, output),
        Width::Two => blocks::<2, _>(items, output),
        Width::Four => blocks::<4, _>(items, output),
        Width::Eight => blocks::<8, _>(items, output),
        Width::Sixteen => blocks::<16, _>(items, output),
    }
}

/// Numbers in a block: 4 KiB of the widest common ones.
const BLOCK: usize = 512;

fn blocks<const N: usize, T: Serialize>(
    mut items: impl Iterator<Item = T>,
    output: &mut Output<'_>,
) -> Result<usize, CodecError> {
    output.reserve(items.size_hint().0.saturating_mul(N));
    let mut block = [[0; N]; BLOCK];
    let mut count = 0;
    loop {
        let mut filled = 0;
        // In this order: a full block must not take an item more.
        for (slot, item) in block.iter_mut().zip(items.by_ref()) {
            item.serialize(Slot(slot))?;
            filled += 1;
        }
        output.raw(block[..filled].as_flattened());
        count += filled;
        if filled < BLOCK {
            return Ok(count);
        }
    }
}

/// Takes one number of `N` bytes.
struct Slot<'a, const N: usize>(&'a mut [u8; N]);

macro_rules! numbers {
    ($($method:ident($type:ty))*) => {
        $(
            #[inline]
            fn $method(self, value: $type) -> Result<(), CodecError> {
                let bytes = value.to_le_bytes();
                let bytes = <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| no_number())?;
                *self.0 = bytes;
                Ok(())
            }
        )*
    };
}

macro_rules! others {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(
            fn $method(self, $(_: $type),*) -> Result<$ok, CodecError> {
                Err(no_number())
            }
        )*
    };
}

#[cold]
fn no_number() -> CodecError {
    CodecError::message("a number serializes as something else")
}

type Never = Impossible<(), CodecError>;

impl<const N: usize> Serializer for Slot<'_, N> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    numbers! {
        serialize_i8(i8)
        serialize_i16(i16)
        serialize_i32(i32)
        serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8)
        serialize_u16(u16)
        serialize_u32(u32)
        serialize_u64(u64)
        serialize_u128(u128)
        serialize_f32(f32)
        serialize_f64(f64)
    }

    others! {
        serialize_bool(bool) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), CodecError> {
        Err(no_number())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), CodecError> {
        Err(no_number())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), CodecError> {
        Err(no_number())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Reads all of `bytes` as a `T`, if that is a vector of numbers or text.
pub(super) fn read<T: 'static>(bytes: &[u8]) -> Option<Result<T, CodecError>> {
    let mut value: Option<T> = None;
    let error = READERS
        .iter()
        .find_map(|reader| reader(&mut value, bytes))?
        .err();
    match (value, error) {
        (_, Some(error)) => Some(Err(error)),
        (value, None) => value.map(Ok),
    }
}

/// Fills an `Option` of its own type; declines one of another type.
type Reader = fn(&mut dyn Any, &[u8]) -> Option<Result<(), CodecError>>;

macro_rules! readers {
    ($($type:ident)*) => {
        &[
            |target, bytes| {
                fill(target, bytes, |body, length| {
                    let text = body.get(..length).ok_or(CodecError::UnexpectedEnd)?;
                    let text = std::str::from_utf8(text)
                        .map_err(|_| CodecError::message("the bytes are not UTF-8 text"))?;
                    Ok((text.to_owned(), length))
                })
            },
            $(
                |target, bytes| {
                    fill(target, bytes, |body, length| {
                        let size = length
                            .checked_mul(size_of::<$type>())
                            .ok_or(CodecError::UnexpectedEnd)?;
                        let body = body.get(..size).ok_or(CodecError::UnexpectedEnd)?;
                        let (numbers, _) = body.as_chunks();
                        let numbers = numbers.iter().map(|bytes| $type::from_le_bytes(*bytes));
                        Ok((numbers.collect::<Vec<$type>>(), size))
                    })
                },
            )*
        ]
    };
}

// `usize` and `isize` are as wide as the machine, their encodings are not.
const READERS: &[Reader] = readers!(u8 i8 u16 i16 u32 i32 f32 u64 i64 f64 u128 i128);

/// Reads a length and, by `read`, the value and the number of bytes it took.
fn fill<V: 'static>(
    target: &mut dyn Any,
    bytes: &[u8],
    read: impl FnOnce(&[u8], usize) -> Result<(V, usize), CodecError>,
) -> Option<Result<(), CodecError>> {
    let target = target.downcast_mut::<Option<V>>()?;
    let mut input = Input::new(bytes);
    let value = input.length().and_then(|length| {
        let body = input.rest();
        let (value, taken) = read(body, length)?;
        match body.len() - taken {
            0 => Ok(value),
            count => Err(CodecError::TrailingBytes { count }),
        }
    });
    Some(value.map(|value| *target = Some(value)))
}
