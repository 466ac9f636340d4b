//! serde's view of the bytes.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::U32Deserializer,
    },
};

use super::{CodecError, MAX_DEPTH, bincode::Input, secret::SECRET};

/// How many elements may take no bytes: nothing else bounds their number.
const MAX_EMPTY: usize = 1 << 20;

/// For how many elements, in all that are nested in one another, room is made
/// before they are read: so many for each byte. More find theirs as they come.
const ROOM_PER_BYTE: usize = 4;

/// Reads one value, with all that it contains.
pub(super) struct Decoder<'de> {
    input: Input<'de>,
    depth: usize,
    empty: usize,
    /// For how many elements more room may be made.
    room: usize,
    /// Whether the bytes hold secrets; those that are stored do not.
    secrets: bool,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self {
            input: Input::new(bytes),
            depth: 0,
            empty: 0,
            room: bytes.len().saturating_mul(ROOM_PER_BYTE),
            secrets: false,
        }
    }

    /// As [`Decoder::new`], for bytes that never left this process.
    pub(super) fn of_copy(bytes: &'de [u8]) -> Self {
        Self {
            secrets: true,
            ..Self::new(bytes)
        }
    }

    pub(super) fn read<T: Deserialize<'de>>(&mut self) -> Result<T, CodecError> {
        T::deserialize(self)
    }

    /// Makes sure that nothing is left.
    pub(super) fn finish(self) -> Result<(), CodecError> {
        match self.input.remaining() {
            0 => Ok(()),
            count => Err(CodecError::TrailingBytes { count }),
        }
    }

    /// Runs `read` for a value inside the current one.
    #[inline]
    fn inside<R>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<R, CodecError>,
    ) -> Result<R, CodecError> {
        if self.depth == MAX_DEPTH {
            return Err(CodecError::TooDeep { limit: MAX_DEPTH });
        }
        self.depth += 1;
        let result = read(self)?;
        self.depth -= 1;
        Ok(result)
    }

    #[inline]
    fn seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, CodecError> {
        self.inside(|decoder| seed.deserialize(decoder))
    }

    fn bytes(&mut self) -> Result<&'de [u8], CodecError> {
        let length = self.input.length()?;
        self.input.raw(length)
    }

    fn text(&mut self) -> Result<&'de str, CodecError> {
        std::str::from_utf8(self.bytes()?)
            .map_err(|_| CodecError::message("the bytes are not UTF-8 text"))
    }

    fn parts<V: Visitor<'de>>(
        &mut self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        let room = length.min(self.input.remaining());
        visitor.visit_seq(Parts {
            decoder: self,
            left: length,
            room,
        })
    }

    /// Reads a length, which is not to be trusted, and says for how many of the
    /// elements room may be made. Never for more than the bytes can hold; and as
    /// each of many nested lengths may lie, not for all of them together either.
    fn length(&mut self) -> Result<(usize, usize), CodecError> {
        let length = self.input.length()?;
        let room = length.min(self.input.remaining()).min(self.room);
        self.room -= room;
        Ok((length, room))
    }
}

macro_rules! single_values {
    ($($method:ident $visit:ident)*) => {
        $(
            #[inline]
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
                visitor.$visit(self.input.get()?)
            }
        )*
    };
}

macro_rules! undescribed {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, CodecError> {
                Err(CodecError::NotSelfDescribing)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = CodecError;

    single_values! {
        deserialize_bool visit_bool
        deserialize_i8 visit_i8
        deserialize_i16 visit_i16
        deserialize_i32 visit_i32
        deserialize_i64 visit_i64
        deserialize_i128 visit_i128
        deserialize_u8 visit_u8
        deserialize_u16 visit_u16
        deserialize_u32 visit_u32
        deserialize_u64 visit_u64
        deserialize_u128 visit_u128
        deserialize_f32 visit_f32
        deserialize_f64 visit_f64
        deserialize_char visit_char
    }

    undescribed! {
        deserialize_any
        deserialize_identifier
        deserialize_ignored_any
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_string(self.text()?.to_owned())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_byte_buf(self.bytes()?.to_owned())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.input.get::<u8>()? {
            0 => visitor.visit_none(),
            1 => self.inside(|decoder| visitor.visit_some(decoder)),
            found => Err(CodecError::Message(format!(
                "the byte {found} does not tell whether there is an `Option`'s value"
            ))),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        if name == SECRET && !self.secrets {
            return Err(CodecError::SecretNotStored);
        }
        self.inside(|decoder| visitor.visit_newtype_struct(decoder))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        let (left, room) = self.length()?;
        visitor.visit_seq(Parts {
            decoder: self,
            left,
            room,
        })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.parts(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.parts(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        let (left, room) = self.length()?;
        visitor.visit_map(Parts {
            decoder: self,
            left,
            room,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.parts(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_enum(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The elements of a sequence, the entries of a map, the fields of a struct.
struct Parts<'d, 'de> {
    decoder: &'d mut Decoder<'de>,
    left: usize,
    /// For how many of them some types make room before they read the first.
    room: usize,
}

impl<'de> Parts<'_, 'de> {
    #[inline]
    fn next<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, CodecError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let before = self.decoder.input.remaining();
        let value = self.decoder.seed(seed)?;
        if self.decoder.input.remaining() == before {
            self.count_empty()?;
        }
        Ok(Some(value))
    }

    fn count_empty(&mut self) -> Result<(), CodecError> {
        self.decoder.empty += 1;
        if self.decoder.empty > MAX_EMPTY {
            return Err(CodecError::TooManyEmpty { limit: MAX_EMPTY });
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = CodecError;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, CodecError> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.room)
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = CodecError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, CodecError> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, CodecError> {
        self.decoder.seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.room)
    }
}

impl<'de> EnumAccess<'de> for &mut Decoder<'de> {
    type Error = CodecError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), CodecError> {
        let index: U32Deserializer<CodecError> = self.input.get::<u32>()?.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Decoder<'de> {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, CodecError> {
        self.seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.parts(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.parts(fields.len(), visitor)
    }
}
