//! What a type must do to pass through zen.

use serde::{Serialize, de::DeserializeOwned};

/// A value that zen can keep: a step's output, or a parameter of a pipeline.
///
/// Implemented for every type that is `Serialize + DeserializeOwned + Send +
/// Sync + 'static`; there is nothing to write but the derives.
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Model {
///     weights: Vec<f64>,
/// }
/// ```
///
/// Types that can be read only from a format that describes itself, such as
/// JSON, cannot be stored: `#[serde(untagged)]`, `#[serde(tag = "..")]`,
/// `#[serde(flatten)]`, `#[serde(skip_serializing_if = "..")]`. zen notices when
/// the value is to be stored, and says so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored by zen",
    label = "not serializable, or not `Send + Sync + 'static`",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it; a type parameter takes the bound `zen_runtime::Storable`"
)]
pub trait Storable: Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Storable for T {}

/// A value that can be part of a call's key.
///
/// Implemented for every type that is `Serialize`. Two values that serialize
/// alike are one value to zen: what a type leaves out, by `#[serde(skip)]` say,
/// is not part of the key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a step's key",
    label = "not serializable",
    note = "derive `serde::Serialize` for it, or leave it out of the key with `ignore(..)`"
)]
pub trait Parameter: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Parameter for T {}
