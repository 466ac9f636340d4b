//! serde's view of the encoder.

use std::any::type_name;

use serde::{Serialize, Serializer};

use super::{
    CodecError,
    canonical::{self, Shape},
    compound::Compound,
    encoder::Encoder,
    fast,
    file::{DIR, FILE},
    secret::SECRET,
};

macro_rules! single_values {
    ($($method:ident($type:ty) $shape:ident)*) => {
        $(
            #[inline]
            fn $method(self, value: $type) -> Result<(), CodecError> {
                self.shape(Shape::$shape);
                self.output().put(value)
            }
        )*
    };
}

impl<'e, 'a> Serializer for &'e mut Encoder<'a> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Compound<'e, 'a>;
    type SerializeTuple = Compound<'e, 'a>;
    type SerializeTupleStruct = Compound<'e, 'a>;
    type SerializeTupleVariant = Compound<'e, 'a>;
    type SerializeMap = Compound<'e, 'a>;
    type SerializeStruct = Compound<'e, 'a>;
    type SerializeStructVariant = Compound<'e, 'a>;

    single_values! {
        serialize_bool(bool) Bool
        serialize_i8(i8) I8
        serialize_i16(i16) I16
        serialize_i32(i32) I32
        serialize_i64(i64) I64
        serialize_i128(i128) I128
        serialize_u8(u8) U8
        serialize_u16(u16) U16
        serialize_u32(u32) U32
        serialize_u64(u64) U64
        serialize_u128(u128) U128
        serialize_f32(f32) F32
        serialize_f64(f64) F64
        serialize_char(char) Char
    }

    fn serialize_str(self, text: &str) -> Result<(), CodecError> {
        self.shape(Shape::Str);
        self.text(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), CodecError> {
        self.shape(Shape::Bytes);
        self.text(bytes)
    }

    fn serialize_none(self) -> Result<(), CodecError> {
        self.shape(Shape::None);
        self.output().put(0u8)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.shape(Shape::Some);
        self.output().put(1u8)?;
        self.write(value)
    }

    fn serialize_unit(self) -> Result<(), CodecError> {
        self.shape(Shape::Unit);
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), CodecError> {
        self.named_shape(Shape::UnitStruct, name);
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result<(), CodecError> {
        self.variant(Shape::UnitVariant, name, index)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        match name {
            FILE => self.path(Shape::File, value),
            DIR => self.path(Shape::Dir, value),
            SECRET => self.secret(value),
            _ => {
                self.named_shape(Shape::NewtypeStruct, name);
                self.write(value)
            }
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.variant(Shape::NewtypeVariant, name, index)?;
        self.write(value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Compound<'e, 'a>, CodecError> {
        self.shape(Shape::Seq);
        Compound::counted(self, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Compound<'e, 'a>, CodecError> {
        if self.identifies() && !canonical::is_plain(self.subject) {
            self.mark(Shape::Tuple, &(length as u64).to_le_bytes());
        }
        Ok(Compound::uncounted(self))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 'a>, CodecError> {
        self.named_shape(Shape::TupleStruct, name);
        Ok(Compound::uncounted(self))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 'a>, CodecError> {
        self.variant(Shape::TupleVariant, name, index)?;
        Ok(Compound::uncounted(self))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Compound<'e, 'a>, CodecError> {
        self.shape(Shape::Map);
        Compound::counted(self, length)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 'a>, CodecError> {
        self.named_shape(Shape::Struct, name);
        Ok(Compound::uncounted(self))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Compound<'e, 'a>, CodecError> {
        self.variant(Shape::StructVariant, name, index)?;
        Ok(Compound::uncounted(self))
    }

    fn collect_seq<I>(self, items: I) -> Result<(), CodecError>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if !canonical::is_same(type_name::<I>(), self.subject) {
            self.shape(Shape::Seq);
        }
        let items = items.into_iter();
        if canonical::is_unordered(type_name::<I>()) {
            return self.ordered(items, |encoder, item| encoder.write(&item));
        }
        let mut all = Compound::counted(self, exact_length(&items))?;
        match fast::width(type_name::<I::Item>()) {
            Some(width) => all.numbers(width, items)?,
            None => all.elements(items)?,
        }
        all.finish()
    }

    fn collect_map<K, V, I>(self, entries: I) -> Result<(), CodecError>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        if !canonical::is_same(type_name::<I>(), self.subject) {
            self.shape(Shape::Map);
        }
        let entries = entries.into_iter();
        if canonical::is_unordered(type_name::<I>()) {
            return self.ordered(entries, |encoder, (key, value)| {
                encoder.write(&key)?;
                encoder.write(&value)
            });
        }
        let mut all = Compound::counted(self, exact_length(&entries))?;
        all.entries(entries)?;
        all.finish()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

fn exact_length(items: &impl Iterator) -> Option<usize> {
    match items.size_hint() {
        (least, Some(most)) if least == most => Some(least),
        _ => None,
    }
}
