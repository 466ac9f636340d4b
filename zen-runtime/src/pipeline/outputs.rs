//! What a pipeline gives back.

use super::{Handle, OutputRef, handle::RawHandle};
use crate::codec::{self, CodecError, Storable};

/// Gives the bytes of an output.
pub(crate) type LoadOutput<'a, E> = dyn FnMut(OutputRef) -> Result<Vec<u8>, E> + 'a;

/// What can stand at the end of a pipeline: a handle, a tuple or a list of
/// handles, or nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a pipeline",
    label = "not an output",
    note = "end the pipeline with the name of a step, a tuple of names, or nothing"
)]
pub trait PipelineOutputs {
    /// The values that a run gives for them.
    type Values;

    /// The handles.
    #[doc(hidden)]
    fn handles(&self) -> Vec<RawOutput>;

    /// The values, from the bytes of each output in order.
    ///
    /// # Errors
    /// If the bytes are not those of the types.
    #[doc(hidden)]
    fn decode(bytes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<Self::Values, CodecError>;
}

/// A handle without its type.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct RawOutput(pub(super) RawHandle);

impl<T: Storable> PipelineOutputs for Handle<T> {
    type Values = T;

    fn handles(&self) -> Vec<RawOutput> {
        vec![RawOutput(self.raw)]
    }

    fn decode(bytes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<T, CodecError> {
        let bytes = bytes
            .next()
            .ok_or_else(|| CodecError::message("the pipeline has fewer outputs"))?;
        codec::decode(&bytes)
    }
}

impl<T: Storable> PipelineOutputs for &Handle<T> {
    type Values = T;

    fn handles(&self) -> Vec<RawOutput> {
        (**self).handles()
    }

    fn decode(bytes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<T, CodecError> {
        Handle::<T>::decode(bytes)
    }
}

impl<T: Storable> PipelineOutputs for Vec<Handle<T>> {
    type Values = Vec<T>;

    fn handles(&self) -> Vec<RawOutput> {
        self.iter().flat_map(Handle::handles).collect()
    }

    fn decode(bytes: &mut dyn Iterator<Item = Vec<u8>>) -> Result<Vec<T>, CodecError> {
        bytes.map(|bytes| codec::decode(&bytes)).collect()
    }
}

impl PipelineOutputs for () {
    type Values = ();

    fn handles(&self) -> Vec<RawOutput> {
        Vec::new()
    }

    fn decode(_: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), CodecError> {
        Ok(())
    }
}

macro_rules! tuple {
    ($(($type:ident $index:tt))+) => {
        impl<$($type: PipelineOutputs),+> PipelineOutputs for ($($type,)+) {
            type Values = ($($type::Values,)+);

            fn handles(&self) -> Vec<RawOutput> {
                let mut all = Vec::new();
                $(all.extend(self.$index.handles());)+
                all
            }

            fn decode(
                bytes: &mut dyn Iterator<Item = Vec<u8>>,
            ) -> Result<Self::Values, CodecError> {
                Ok(($($type::decode(bytes)?,)+))
            }
        }
    };
}

tuple!((A 0));
tuple!((A 0) (B 1));
tuple!((A 0) (B 1) (C 2));
tuple!((A 0) (B 1) (C 2) (D 3));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10));
tuple!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10) (L 11));
