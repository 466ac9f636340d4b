//! Parameters that are never stored or shown.

use std::{cell::Cell, fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor, ser};

/// What a [`Secret`] serializes as: the encoder looks out for it.
pub(super) const SECRET: &str = "$zen::Secret";

/// A password, a token, or whatever else a step needs and nobody may read in the
/// store.
///
/// It is part of the key, by a hash that takes the store's own random key: with
/// another token a step is computed again, and neither the hash nor anything else
/// in a record, a pipeline or a message tells the token to who does not know it
/// already. The value itself is never stored: a pipeline that is read back asks
/// for it, by [`Pipeline::set_param`](crate::Pipeline::set_param). A step cannot
/// return a `Secret`.
///
/// The key lies in `.zen/secret.key`, which only its owner may read. Whoever has
/// it, and the records, can try out guesses.
///
/// ```
/// use zen_runtime::{Secret, step};
///
/// #[step]
/// fn fetch(url: &str, token: &Secret<String>) -> String {
///     let header = format!("Bearer {}", token.expose());
/// #   header.len().to_string() + url
/// }
///
/// let token = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{token:?} {token}"), "Secret(..) ***");
/// ```
///
/// Only zen serializes it. Other serializers get an error, so that it does not
/// end up in a file by accident; a `Secret` in a configuration can be read.
#[derive(Clone, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T: Serialize> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(SECRET, &Veiled(&self.0))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECRET, SecretVisitor(PhantomData))
    }
}

struct SecretVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SecretVisitor<T> {
    type Value = Secret<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Secret<T>, D::Error> {
        T::deserialize(inner).map(Secret)
    }
}

thread_local! {
    /// Whether it is zen's encoder that serializes.
    static REVEALED: Cell<bool> = const { Cell::new(false) };
}

/// The value inside, which serializes only while it is [`revealed`].
struct Veiled<'a, T>(&'a T);

impl<T: Serialize> Serialize for Veiled<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if REVEALED.get() {
            self.0.serialize(serializer)
        } else {
            Err(ser::Error::custom("a secret cannot be serialized"))
        }
    }
}

/// Lets secrets serialize while `write` runs.
pub(super) fn revealed<R>(write: impl FnOnce() -> R) -> R {
    let _before = Restore(REVEALED.replace(true));
    write()
}

/// Veils them again, after a panic too.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        REVEALED.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{CodecError, copy, decode, encode, encode_parameter};

    fn secrets() -> Vec<Secret<String>> {
        vec![
            Secret::new("hunter2".to_owned()),
            Secret::from(String::new()),
        ]
    }

    #[test]
    fn no_bytes_that_leave_the_process_hold_a_secret() {
        assert!(matches!(
            encode(&secrets()),
            Err(CodecError::SecretInArtifact)
        ));
        let parameter = encode_parameter(&secrets()).unwrap();
        assert_eq!(parameter, 2_u64.to_le_bytes());
        assert!(matches!(
            decode::<Vec<Secret<String>>>(&parameter),
            Err(CodecError::SecretNotStored)
        ));
    }

    #[test]
    fn another_serializer_gets_an_error() {
        struct Shown(Secret<&'static str>);
        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // The formatter is a serializer of single values.
                self.0.serialize(f)
            }
        }
        let mut text = String::new();
        let shown = fmt::Write::write_fmt(&mut text, format_args!("{}", Shown(Secret::new("x"))));
        assert!(shown.is_err());
        assert_eq!(text, "");
    }

    #[test]
    fn a_copy_has_the_secret() {
        let copied = copy(&secrets()).unwrap();
        assert_eq!(copied[0].expose(), "hunter2");
    }
}
