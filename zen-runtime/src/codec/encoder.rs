//! serde's view of the canonical encoding.

use std::{any::type_name, mem, path::PathBuf};

use serde::{Serialize, Serializer};

use super::{
    CodecError, FileHasher, MAX_DEPTH,
    bincode::Output,
    canonical::{self, Shape},
    compound::Compound,
    fast,
    file::{self, DIR, FILE},
};

/// What becomes of a `File` or `Dir`.
#[derive(Clone, Copy)]
pub(super) enum Files<'a> {
    /// It is an error.
    Refused,
    /// Its path is written.
    AsPaths,
    /// The hash of its content is written.
    ByContent(&'a dyn FileHasher),
}

/// Writes one value, with all that it contains.
pub(super) struct Encoder<'a> {
    output: Output<'a>,
    files: Files<'a>,
    /// The type whose `serialize` is running.
    subject: &'static str,
    depth: usize,
    typed: bool,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(output: Output<'a>, files: Files<'a>) -> Self {
        Self {
            output,
            files,
            subject: "",
            depth: 0,
            typed: false,
        }
    }

    /// Writes a value inside the current one.
    #[inline]
    pub(super) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        self.subject = type_name::<T>();
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    #[inline]
    pub(super) fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }

    /// What was written, and whether that is more than the value's bytes.
    ///
    /// # Errors
    /// If something inside failed, and the type's own `Serialize` did not care.
    pub(super) fn finish(self) -> Result<(Output<'a>, bool), CodecError> {
        match self.depth {
            0 => Ok((self.output, self.typed)),
            _ => Err(CodecError::message(
                "the value serializes in part only: its `Serialize` hides an error",
            )),
        }
    }

    fn identifies(&self) -> bool {
        matches!(self.files, Files::ByContent(_))
    }

    /// Runs `write` with an empty output, and gives what it wrote.
    pub(super) fn aside<R>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<R, CodecError>,
    ) -> Result<(R, Output<'a>), CodecError> {
        let outer = self.swap(Output::new());
        let result = write(self)?;
        Ok((result, self.swap(outer)))
    }

    /// Replaces the output.
    pub(super) fn swap(&mut self, output: Output<'a>) -> Output<'a> {
        mem::replace(&mut self.output, output)
    }

    /// A field that its type leaves out. The ID of a value may do so: nobody
    /// reads it back.
    pub(super) fn skipped(&mut self, field: &'static str) -> Result<(), CodecError> {
        if !self.identifies() {
            return Err(CodecError::SkippedField { field });
        }
        self.typed = true;
        self.output.raw(&canonical::SKIPPED);
        self.text(field.as_bytes())
    }

    fn text(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.output.length(bytes.len())?;
        self.output.raw(bytes);
        Ok(())
    }

    /// Notes what a type serializes as, if that does not follow from the type.
    #[inline]
    fn shape(&mut self, shape: Shape) {
        if self.identifies() && !canonical::is_plain(self.subject) {
            self.mark(shape, &[]);
        }
    }

    /// As [`Encoder::shape`], for what serializes under a name. The name is the
    /// type's own, or another type's in its stead.
    #[inline]
    fn named_shape(&mut self, shape: Shape, name: &str) {
        if self.identifies() && !canonical::is_named(self.subject, name) {
            self.mark(shape, name.as_bytes());
        }
    }

    #[cold]
    fn mark(&mut self, shape: Shape, detail: &[u8]) {
        self.typed = true;
        self.output.raw(&[shape as u8]);
        self.output.raw(&(detail.len() as u64).to_le_bytes());
        self.output.raw(detail);
    }

    fn path<T: Serialize + ?Sized>(&mut self, shape: Shape, path: &T) -> Result<(), CodecError> {
        let files = match self.files {
            Files::AsPaths => return self.write(path),
            Files::Refused => None,
            Files::ByContent(files) => Some(files),
        };
        let path = self.path_of(path)?;
        let Some(files) = files else {
            return Err(CodecError::FileInArtifact { path });
        };
        let hashed = match shape {
            Shape::Dir => files.hash_dir(&path),
            _ => files.hash_file(&path),
        };
        let hash = hashed.map_err(|source| CodecError::File { path, source })?;
        self.mark(shape, &hash);
        Ok(())
    }

    /// The path inside a `File`, by way of its encoding: serde tells no types.
    fn path_of<T: Serialize + ?Sized>(&mut self, path: &T) -> Result<PathBuf, CodecError> {
        let files = mem::replace(&mut self.files, Files::AsPaths);
        let ((), output) = self.aside(|encoder| encoder.write(path))?;
        self.files = files;
        let mut bytes = output.into_bytes();
        bytes.drain(..size_of::<u64>().min(bytes.len()));
        file::path_from(bytes)
    }

    fn variant(&mut self, shape: Shape, name: &str, index: u32) -> Result<(), CodecError> {
        self.named_shape(shape, name);
        self.output.put(index)
    }

    /// The elements of a hash table in the order of their bytes.
    fn ordered<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), CodecError>,
    ) -> Result<(), CodecError> {
        let (mut ranges, output) = self.aside(|encoder| {
            encoder.output.reserve(SCRATCH);
            let mut ranges = Vec::with_capacity(items.size_hint().0);
            for item in items {
                let start = encoder.output.len();
                write(encoder, item)?;
                ranges.push(start..encoder.output.len());
            }
            Ok(ranges)
        })?;
        let bytes = output.into_bytes();
        canonical::sort(&mut ranges, &bytes);
        self.output.length(ranges.len())?;
        self.output.reserve(bytes.len());
        for range in ranges {
            self.output.raw(&bytes[range]);
        }
        Ok(())
    }
}

/// Room enough for most hash tables that are parameters.
const SCRATCH: usize = 256;

#[cold]
fn too_deep() -> CodecError {
    CodecError::TooDeep { limit: MAX_DEPTH }
}

macro_rules! single_values {
    ($($method:ident($type:ty) $shape:ident)*) => {
        $(
            #[inline]
            fn $method(self, value: $type) -> Result<(), CodecError> {
                self.shape(Shape::$shape);
                self.output.put(value)
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
        self.output.put(0u8)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.shape(Shape::Some);
        self.output.put(1u8)?;
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
