//! Which items are there at all in this build.
//!
//! The compiler drops an item whose `cfg` does not hold before any macro on it sees
//! it. Of what conditions ask, a macro can tell two things: whether a test is
//! compiled, and which features of the compiled package are on, for both stand on
//! the compiler's command line. An item is left out if these alone settle that it is
//! not there; in doubt it stays.

use std::collections::BTreeSet;

use crate::{
    references::string,
    tree::{Names, Tree},
};

use super::heads::lists;

/// What is known of the conditions of a crate.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    pub(crate) is_test: bool,
    /// The features that are on; `None` if only the build knows.
    pub(crate) features: Option<BTreeSet<String>>,
}

impl Presence {
    /// Whether an item with these attributes is certainly not compiled.
    pub(super) fn leaves_out(&self, attributes: &[Tree], names: &Names) -> bool {
        lists(attributes).any(|attribute| self.of(attribute, names) == Some(false))
    }

    /// Whether nothing in these attributes is a condition that only the compiler can
    /// tell.
    pub(super) fn settles(&self, attributes: &[Tree], names: &Names) -> bool {
        lists(attributes).all(|attribute| match attribute.first() {
            Some(first) if is(first, "cfg", names) => self.of(attribute, names).is_some(),
            Some(first) => !is(first, "cfg_attr", names),
            None => true,
        })
    }

    /// Whether the condition of an attribute holds, if it is one and that is known.
    fn of(&self, attribute: &[Tree], names: &Names) -> Option<bool> {
        match attribute {
            [cfg, Tree::Group(_, inner)] if is(cfg, "cfg", names) => self.holds(inner, names),
            _ => None,
        }
    }

    /// Whether a condition holds, if that is known.
    fn holds(&self, condition: &[Tree], names: &Names) -> Option<bool> {
        match condition {
            [word] if is(word, "test", names) => Some(self.is_test),
            [word, equals, Tree::Literal(name)]
                if is(word, "feature", names) && equals.is_punct('=') =>
            {
                let features = self.features.as_ref()?;
                Some(features.contains(&string(name)?))
            }
            [word, Tree::Group(_, inner)] => {
                let parts = inner.split(|tree| tree.is_punct(','));
                let parts = parts.filter(|part| !part.is_empty());
                let mut parts = parts.map(|part| self.holds(part, names));
                match names.text(word.ident()?) {
                    "not" => parts.next()?.map(|holds| !holds),
                    "all" => any_is(&mut parts, false).map(|found| !found),
                    "any" => any_is(&mut parts, true),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Whether a part is `wanted`, if that is known. One that is settles it.
fn any_is(parts: &mut dyn Iterator<Item = Option<bool>>, wanted: bool) -> Option<bool> {
    let mut found = Some(false);
    for part in parts {
        match part {
            Some(part) if part == wanted => return Some(true),
            Some(_) => {}
            None => found = None,
        }
    }
    found
}

fn is(tree: &Tree, word: &str, names: &Names) -> bool {
    tree.ident().is_some_and(|name| names.text(name) == word)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Presence;
    use crate::tree::Names;

    #[test]
    fn only_what_is_certainly_not_there_is_left_out() {
        let features = BTreeSet::from(["on".to_owned()]);
        let presence = Presence {
            is_test: false,
            features: Some(features),
        };
        let unknown = Presence::default();
        // The attributes, and whether they leave an item out where features are
        // known, and where they are not.
        let cases = [
            ("#[cfg(test)]", true, true),
            ("#[cfg(not(test))]", false, false),
            ("#[cfg(unix)]", false, false),
            ("#[cfg(feature = \"on\")]", false, false),
            ("#[cfg(feature = \"off\")]", true, false),
            ("#[cfg(not(feature = \"on\"))]", true, false),
            ("#[cfg(not(feature = \"off\"))]", false, false),
            ("#[cfg(all(unix, feature = \"off\"))]", true, false),
            ("#[cfg(any(unix, feature = \"off\"))]", false, false),
            ("#[cfg(any(test, feature = \"off\",))]", true, false),
            ("#[cfg(any())]", true, true),
            ("#[cfg(all())]", false, false),
            ("#[cfg(not(any(test, feature = \"on\")))]", true, false),
            ("#[a] #[cfg(unix)] #[cfg(feature = \"off\")]", true, false),
            ("#[cfg_attr(feature = \"off\", a)]", false, false),
            ("#[cfg(feature)]", false, false),
            ("#[cfg(version(\"1.0\"))]", false, false),
        ];
        for (text, known, not_known) in cases {
            let names = Names::default();
            let trees = names.lex(text).unwrap();
            assert_eq!(presence.leaves_out(&trees, &names), known, "{text}");
            assert_eq!(unknown.leaves_out(&trees, &names), not_known, "{text}");
        }
    }

    #[test]
    fn a_condition_is_settled_by_features_alone() {
        let presence = Presence {
            is_test: false,
            features: Some(BTreeSet::new()),
        };
        let cases = [
            ("#[a]", true),
            ("#[cfg(feature = \"off\")]", true),
            ("#[cfg(not(feature = \"off\"))]", true),
            ("#[cfg(unix)]", false),
            ("#[cfg(any(unix, not(feature = \"off\")))]", true),
            ("#[cfg(all(unix, not(feature = \"off\")))]", false),
            ("#[cfg_attr(feature = \"off\", a)]", false),
        ];
        for (text, settled) in cases {
            let names = Names::default();
            let trees = names.lex(text).unwrap();
            assert_eq!(presence.settles(&trees, &names), settled, "{text}");
        }
    }
}
