//! Values made of values, on their way into the encoding.

use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{CodecError, bincode::Output, encoder::Encoder, fast};

/// A sequence, map, tuple or struct whose parts are being written.
pub(super) struct Compound<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    /// Where the length and the elements belong once the length is known.
    outer: Option<Output<'a>>,
    count: usize,
}

impl<'e, 'a> Compound<'e, 'a> {
    /// Parts whose number follows from the type.
    pub(super) fn uncounted(encoder: &'e mut Encoder<'a>) -> Self {
        Self {
            encoder,
            outer: None,
            count: 0,
        }
    }

    /// Parts that are preceded by their number.
    pub(super) fn counted(
        encoder: &'e mut Encoder<'a>,
        length: Option<usize>,
    ) -> Result<Self, CodecError> {
        let outer = match length {
            Some(length) => {
                encoder.output().length(length)?;
                None
            }
            None => Some(encoder.swap(Output::new())),
        };
        Ok(Self {
            encoder,
            outer,
            count: 0,
        })
    }

    pub(super) fn elements<T: Serialize>(
        &mut self,
        items: impl Iterator<Item = T>,
    ) -> Result<(), CodecError> {
        for item in items {
            self.count += 1;
            self.encoder.write(&item)?;
        }
        Ok(())
    }

    pub(super) fn entries<K: Serialize, V: Serialize>(
        &mut self,
        items: impl Iterator<Item = (K, V)>,
    ) -> Result<(), CodecError> {
        for (key, value) in items {
            self.count += 1;
            self.encoder.write(&key)?;
            self.encoder.write(&value)?;
        }
        Ok(())
    }

    /// As [`Compound::elements`], for numbers of `width` bytes.
    pub(super) fn numbers<T: Serialize>(
        &mut self,
        width: fast::Width,
        items: impl Iterator<Item = T>,
    ) -> Result<(), CodecError> {
        self.count += fast::write(width, items, self.encoder.output())?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), CodecError> {
        let Some(outer) = self.outer else {
            return Ok(());
        };
        let elements = self.encoder.swap(outer);
        self.encoder.output().length(self.count)?;
        self.encoder.output().raw(&elements.into_bytes());
        Ok(())
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident)*) => {
        $(
            impl $trait for Compound<'_, '_> {
                type Ok = ();
                type Error = CodecError;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                    self.count += 1;
                    self.encoder.write(value)
                }

                fn end(self) -> Result<(), CodecError> {
                    self.finish()
                }
            }
        )*
    };
}

parts! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($trait:ident)*) => {
        $(
            impl $trait for Compound<'_, '_> {
                type Ok = ();
                type Error = CodecError;

                #[inline]
                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    _name: &'static str,
                    value: &T,
                ) -> Result<(), CodecError> {
                    self.encoder.write(value)
                }

                fn skip_field(&mut self, name: &'static str) -> Result<(), CodecError> {
                    self.encoder.skipped(name)
                }

                fn end(self) -> Result<(), CodecError> {
                    self.finish()
                }
            }
        )*
    };
}

fields! {
    SerializeStruct
    SerializeStructVariant
}

impl SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.count += 1;
        self.encoder.write(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.encoder.write(value)
    }

    fn end(self) -> Result<(), CodecError> {
        self.finish()
    }
}
