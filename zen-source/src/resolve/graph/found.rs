//! What is found at a node: a target, how, and in which namespaces.

use super::{Spaces, Target};

/// How a target was found, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// It is declared.
    Declared,
    /// It is declared, but the glob that would bring it may not see it.
    Hidden,
    /// A macro may have made it.
    Made,
    /// It is not at hand: missing where it must be, or behind a glob.
    Unseen,
}

/// A target of a node.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) how: Certainty,
    /// The namespaces in which a macro may have made it; all, if none has.
    pub(super) spaces: Spaces,
}

impl Found {
    /// A target that may be of any namespace.
    pub(super) fn of(target: Target, how: Certainty) -> Self {
        let spaces = Spaces::ALL;
        Self {
            target,
            how,
            spaces,
        }
    }

    /// Takes in what else is found of its target; tells whether that is anything.
    pub(super) fn grow(&mut self, new: &Self) -> bool {
        let old = (self.how, self.spaces);
        self.how = self.how.min(new.how);
        self.spaces = self.spaces | new.spaces;
        old != (self.how, self.spaces)
    }
}
