//! The ways to write one item's use of another.

use crate::world::{MODULES, Module};

/// Who uses an item.
#[derive(Clone, Copy)]
pub(crate) struct User {
    pub(crate) number: usize,
    pub(crate) beside: bool,
    /// How many modules it stands under its world's; none for what is expanded anywhere.
    pub(crate) depth: Option<usize>,
}

/// A way to a module's items: statements ahead, and what stands before a name.
pub(crate) struct Way {
    pub(crate) ahead: String,
    pub(crate) prefix: String,
    /// The names are in scope without an import.
    pub(crate) in_scope: bool,
}

impl Way {
    /// The way of a user to a module of its world.
    pub(crate) fn new(style: usize, user: User, world: usize, module: usize) -> Self {
        let root = user.root();
        let absolute = format!("{root}::w{world}::m{module}::");
        let way = |ahead: String, prefix: &str| Self {
            ahead,
            prefix: prefix.to_owned(),
            in_scope: false,
        };
        let Some(depth) = user.depth else {
            return way(String::new(), &absolute);
        };
        match style % 10 {
            0 => way(String::new(), &absolute),
            1 => way(
                String::new(),
                &format!("{}m{module}::", "super::".repeat(depth)),
            ),
            2 => way(String::new(), &format!("{root}::w{world}::all::")),
            3 => way(String::new(), "use_all::"),
            4 => way(
                String::new(),
                &format!("{root}::w{world}::chain::two::again::"),
            ),
            5 => way(String::new(), &format!("{root}::w{world}::renamed::Other")),
            6 => Self {
                ahead: format!("use {absolute}*;"),
                prefix: String::new(),
                in_scope: true,
            },
            // An inner module that hides the import of the same name.
            7 => way(
                format!("mod use_all {{ pub use {absolute}*; }}"),
                "use_all::",
            ),
            // A variable with the name of a module is no module.
            8 => way("let use_all = 5_u64;".to_owned(), "use_all::"),
            _ if MODULES[module] == Module::Beside && !user.beside => {
                way(String::new(), &format!("beside::w{world}::m{module}::"))
            }
            _ => way(
                format!("use {root}::w{world} as here;"),
                &format!("here::m{module}::"),
            ),
        }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(crate) fn import(&self, name: &str) -> String {
        if self.in_scope {
            return String::new();
        }
        format!("use {};", self.path(name))
    }
}

impl User {
    fn root(self) -> &'static str {
        if self.depth.is_some() {
            "crate"
        } else {
            "$crate"
        }
    }

    /// The crate of an item, as the user names it.
    pub(crate) fn root_of(self, item_is_beside: bool) -> &'static str {
        if item_is_beside == self.beside {
            self.root()
        } else {
            "beside"
        }
    }
}
