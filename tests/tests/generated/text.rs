//! The text of a world, in the program's crate and in the one beside it.

use std::fmt::Write;

use crate::{
    kinds::{Kind, with_paths},
    paths::{User, Way},
    world::{ITEMS, MODULES, Module, World},
};

/// A world as Rust.
pub(crate) struct Text<'a> {
    pub(crate) world: &'a World,
    pub(crate) kinds: &'a [Kind],
}

/// The text of one world.
#[derive(Default)]
pub(crate) struct Written {
    /// The module in the program's main file.
    pub(crate) main: String,
    /// Other files, by their paths in the source folder.
    pub(crate) files: Vec<(String, String)>,
    /// The module in the other crate.
    pub(crate) beside: String,
    /// What the crate of derives has.
    pub(crate) derives: String,
}

impl Text<'_> {
    pub(crate) fn written(&self) -> Written {
        let mut written = Written {
            beside: self.module_of_world(true, &mut Vec::new()),
            ..Written::default()
        };
        written.main = self.module_of_world(false, &mut written.files);
        for position in 0..ITEMS {
            let derive = self.filled(&self.kind(position).derive, position);
            written.derives.push_str(&derive);
            written.derives.push('\n');
        }
        written
    }

    fn kind(&self, position: usize) -> &Kind {
        &self.kinds[self.world.items[position].kind]
    }

    fn filled(&self, template: &str, position: usize) -> String {
        template
            .replace("@p", &position.to_string())
            .replace("@w", &self.world.number.to_string())
            .replace("@v", &self.world.items[position].value.to_string())
    }

    /// An expression of a `u64` from a variable `x`, through an item.
    fn used(&self, user: User, position: usize, x: &str) -> String {
        let item = &self.world.items[position];
        let styles = &self.world.styles;
        let style = styles[(user.number * 7 + position) % styles.len()];
        let way = Way::new(style, user, self.world.number, item.module);
        let text = self.filled(&self.kind(position).used, position);
        let text = text
            .replace("@x", x)
            .replace("@root", user.root_of(item.is_beside()));
        let text = with_paths(&text, "@use[", |name| way.import(name));
        let text = with_paths(&text, "@[", |name| way.path(name));
        if way.ahead.is_empty() {
            return text;
        }
        format!("{{ {} {text} }}", way.ahead)
    }

    fn item(&self, position: usize) -> String {
        let item = &self.world.items[position];
        let depth = match MODULES[item.module] {
            Module::Nested => 2,
            _ => 1,
        };
        let user = User {
            number: position,
            beside: item.is_beside(),
            depth: (!self.kind(position).absolute).then_some(depth),
        };
        let mut body = format!("let mut y = x.wrapping_mul(31) ^ {};", item.value);
        for used in &item.uses {
            let value = self.used(user, *used, "y");
            write!(body, " y = y.wrapping_add({value});").expect("text");
        }
        body.push_str(" y");
        self.filled(&self.kind(position).item, position)
            .replace("@body", &body)
    }

    /// The items that a choice takes, as text.
    fn items(&self, takes: impl Fn(usize) -> bool) -> String {
        let positions = (0..ITEMS).filter(|position| takes(*position));
        positions.map(|position| self.item(position)).collect()
    }

    /// The world in one of the two crates, macros first: they are known from there on.
    fn module_of_world(&self, beside: bool, files: &mut Vec<(String, String)>) -> String {
        let number = self.world.number;
        let mut text = format!("pub mod w{number} {{\n");
        text.push_str(&self.items(|position| self.kind(position).early && !beside));
        for (module, form) in MODULES.iter().enumerate() {
            let is_here = beside == (*form == Module::Beside);
            if is_here {
                text.push_str(&self.module(module, files));
            } else if !beside {
                writeln!(text, "pub use beside::w{number}::m{module};").expect("text");
            }
        }
        text.push_str(&self.doors(beside));
        if !beside {
            text.push_str(&self.steps());
        }
        text.push_str("}\n");
        text
    }

    fn module(&self, module: usize, files: &mut Vec<(String, String)>) -> String {
        let number = self.world.number;
        let is_here = |position: usize| self.world.items[position].module == module;
        let items = self.items(|position| is_here(position) && !self.kind(position).early);
        let plain = format!("use super::all as use_all;\n{items}");
        match MODULES[module] {
            Module::Inline | Module::Beside => format!("pub mod m{module} {{ {plain} }}\n"),
            Module::File => {
                files.push((format!("w{number}/m{module}.rs"), plain));
                format!("pub mod m{module};\n")
            }
            Module::Moved => {
                files.push((format!("w{number}/moved/items.rs"), plain));
                format!("#[path = \"moved/items.rs\"] pub mod m{module};\n")
            }
            Module::Nested => format!(
                "pub mod m{module} {{ pub mod inner {{ use super::super::all as use_all;\n{items} }} pub use inner::*; }}\n"
            ),
        }
    }

    /// Modules that give out what other modules have.
    fn doors(&self, beside: bool) -> String {
        let here = |module: &Module| !beside || *module == Module::Beside;
        let mut text = "pub mod all { ".to_owned();
        for module in (0..MODULES.len()).filter(|module| here(&MODULES[*module])) {
            write!(text, "pub use super::m{module}::*; ").expect("text");
        }
        text.push_str("}\npub mod chain { pub mod one { pub use super::super::all::*; } ");
        text.push_str("pub mod two { pub use super::one as again; } }\npub mod renamed { ");
        for (position, item) in self.world.items.iter().enumerate() {
            for name in self.kind(position).names() {
                if here(&MODULES[item.module]) {
                    let (module, name) = (item.module, self.filled(name, position));
                    write!(text, "pub use super::m{module}::{name} as Other{name}; ")
                        .expect("text");
                }
            }
        }
        text.push_str("}\n");
        text
    }

    fn steps(&self) -> String {
        let mut text =
            "pub mod steps { use super::all as use_all; use zen_runtime::step;\n".to_owned();
        for (number, uses) in self.world.steps.iter().enumerate() {
            let user = User {
                number: 99 + number,
                beside: false,
                depth: Some(1),
            };
            write!(
                text,
                "#[step] pub fn s{number}(x: u64) -> u64 {{ let mut sum = x;"
            )
            .expect("text");
            for used in uses {
                let value = self.used(user, *used, "x");
                write!(text, " sum = sum.wrapping_mul(3) ^ {value};").expect("text");
            }
            text.push_str(" sum }\n");
        }
        text.push_str("}\n");
        text
    }
}
