//! An output that is not there yet.

use std::{fmt, marker::PhantomData};

use crate::step::{One, Split};

/// Stands for a step's output while a pipeline is built.
///
/// It goes where a `T` would go in a call of another step.
pub struct Handle<T> {
    pub(crate) raw: RawHandle,
    kind: PhantomData<fn() -> T>,
}

/// A handle without its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawHandle {
    /// The builder that gave it.
    pub(crate) builder: u64,
    pub(crate) node: usize,
    pub(crate) output: usize,
}

impl<T> Handle<T> {
    pub(super) fn new(raw: RawHandle) -> Self {
        Self {
            raw,
            kind: PhantomData,
        }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RawHandle { node, output, .. } = self.raw;
        write!(f, "Handle<{}>({node}.{output})", std::any::type_name::<T>())
    }
}

/// The handles to a step's outputs: one, or a tuple of them.
pub trait Bind {
    /// One handle per output.
    type Handles;

    /// The handles, `handle` giving that of each output by its position.
    #[doc(hidden)]
    fn bind(handle: BindOutput) -> Self::Handles;
}

/// Gives the handle of each output of one node.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct BindOutput {
    pub(super) builder: u64,
    pub(super) node: usize,
}

impl BindOutput {
    fn handle<T>(self, output: usize) -> Handle<T> {
        Handle::new(RawHandle {
            builder: self.builder,
            node: self.node,
            output,
        })
    }
}

impl<V> Bind for One<V> {
    type Handles = Handle<V>;

    fn bind(node: BindOutput) -> Handle<V> {
        node.handle(0)
    }
}

macro_rules! bind {
    ($(($type:ident $index:tt))+) => {
        impl<$($type),+> Bind for Split<($($type,)+)> {
            type Handles = ($(Handle<$type>,)+);

            fn bind(node: BindOutput) -> Self::Handles {
                ($(node.handle::<$type>($index),)+)
            }
        }
    };
}

bind!((A 0) (B 1));
bind!((A 0) (B 1) (C 2));
bind!((A 0) (B 1) (C 2) (D 3));
bind!((A 0) (B 1) (C 2) (D 3) (E 4));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10));
bind!((A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7) (I 8) (J 9) (K 10) (L 11));
