//! An independent check: random programs are edited at random, and whenever an
//! edit changes what a step returns, it must have changed the step's source hash.
//!
//! A program is made of many worlds, each a tree of modules with an edit of its
//! own, so that one build tries them all. `ZEN_GENERATED_ROUNDS` sets how often
//! all of them are edited.

#![allow(missing_docs)]

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const WORLDS: usize = 20;
const MODULES: usize = 4;
const ITEMS: usize = 24;
const STEPS: usize = 4;

/// A small generator of the xorshift family (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Function,
    Constant,
    Static,
    Method,
    AssociatedConstant,
    DefaultBody,
    TraitImpl,
    Operator,
    Display,
    Conversion,
    Macro,
    MadeByMacro,
    Generic,
    Table,
}

const KINDS: [Kind; 14] = [
    Kind::Function,
    Kind::Constant,
    Kind::Static,
    Kind::Method,
    Kind::AssociatedConstant,
    Kind::DefaultBody,
    Kind::TraitImpl,
    Kind::Operator,
    Kind::Display,
    Kind::Conversion,
    Kind::Macro,
    Kind::MadeByMacro,
    Kind::Generic,
    Kind::Table,
];

/// One item: what it is, where, and which earlier ones it uses.
struct Item {
    kind: Kind,
    module: usize,
    uses: Vec<usize>,
    value: u64,
}

struct World {
    number: usize,
    items: Vec<Item>,
    /// What each step uses.
    steps: Vec<Vec<usize>>,
    /// How each use is written.
    styles: Vec<usize>,
}

impl World {
    fn new(number: usize, random: &mut Random) -> Self {
        let items = (0..ITEMS)
            .map(|position| Item {
                kind: KINDS[random.below(KINDS.len())],
                module: random.below(MODULES),
                uses: some(position, 2, random),
                value: 1 + random.below(90) as u64,
            })
            .collect();
        Self {
            number,
            items,
            steps: (0..STEPS).map(|_| some(ITEMS, 2, random)).collect(),
            styles: (0..64).map(|_| random.below(4)).collect(),
        }
    }

    /// An expression of a `u64` from a variable `x`, through an item.
    fn used(&self, user: usize, item: usize, x: &str) -> String {
        let world = self.number;
        let module = self.items[item].module;
        let path = match self.styles[(user * 7 + item) % self.styles.len()] {
            0 => format!("crate::w{world}::m{module}::"),
            1 => format!("super::m{module}::"),
            2 => format!("crate::w{world}::all::"),
            _ => "use_all::".to_owned(),
        };
        match self.items[item].kind {
            Kind::Constant => format!("({path}C{item} ^ {x})"),
            Kind::Static => format!("({path}STATIC{item} ^ {x})"),
            Kind::Method => format!("{path}S{item}({x}).get{item}()"),
            Kind::AssociatedConstant => format!("({path}S{item}::C{item} ^ {x})"),
            Kind::DefaultBody | Kind::TraitImpl => {
                format!("{{ use {path}T{item}; {path}S{item}({x}).t{item}() }}")
            }
            Kind::Operator => format!("({path}S{item}({x}) + {path}S{item}(1)).0"),
            Kind::Display => {
                format!("{{ let s = {path}S{item}({x}); format!(\"{{s}}\").len() as u64 }}")
            }
            Kind::Conversion => format!("{{ let s: {path}S{item} = {x}.into(); s.0 }}"),
            Kind::Macro => format!("mac_{world}_{item}!({x})"),
            Kind::Generic => format!("{path}f{item}(&{path}S{item}({x}))"),
            Kind::Table => format!("{path}TABLE{item}[0]({x})"),
            Kind::Function | Kind::MadeByMacro => format!("{path}f{item}({x})"),
        }
    }

    fn body(&self, position: usize) -> String {
        let item = &self.items[position];
        let mut body = format!("let mut y = x.wrapping_mul(31) ^ {};", item.value);
        for used in &item.uses {
            let value = self.used(position, *used, "y");
            write!(body, " y = y.wrapping_add({value});").expect("text");
        }
        body.push_str(" y");
        body
    }

    fn item(&self, position: usize) -> String {
        let (p, world) = (position, self.number);
        let (body, value) = (self.body(position), self.items[position].value);
        let structure = format!("pub struct S{p}(pub u64);");
        match self.items[position].kind {
            Kind::Function => format!("pub fn f{p}(x: u64) -> u64 {{ {body} }}"),
            Kind::Constant => format!("pub const C{p}: u64 = {value};"),
            Kind::Static => format!("pub static STATIC{p}: u64 = {value} * 2;"),
            Kind::Method => format!(
                "{structure} impl S{p} {{ pub fn get{p}(&self) -> u64 {{ let x = self.0; {body} }} }}"
            ),
            Kind::AssociatedConstant => {
                format!("{structure} impl S{p} {{ pub const C{p}: u64 = {value}; }}")
            }
            Kind::DefaultBody => format!(
                "{structure} pub trait T{p} {{ fn x(&self) -> u64; fn t{p}(&self) -> u64 {{ let x = self.x(); {body} }} }} \
                 impl T{p} for S{p} {{ fn x(&self) -> u64 {{ self.0 }} }}"
            ),
            Kind::TraitImpl => format!(
                "{structure} pub trait T{p} {{ fn t{p}(&self) -> u64; }} \
                 impl T{p} for S{p} {{ fn t{p}(&self) -> u64 {{ let x = self.0; {body} }} }}"
            ),
            Kind::Operator => format!(
                "{structure} impl std::ops::Add for S{p} {{ type Output = Self; \
                 fn add(self, other: Self) -> Self {{ let x = self.0 ^ other.0; Self({{ {body} }}) }} }}"
            ),
            Kind::Display => format!(
                "{structure} impl std::fmt::Display for S{p} {{ fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ \
                 let x = self.0; let y = {{ {body} }}; f.write_str(&\"z\".repeat((y % 9_973) as usize)) }} }}"
            ),
            Kind::Conversion => format!(
                "{structure} impl From<u64> for S{p} {{ fn from(x: u64) -> Self {{ Self({{ {body} }}) }} }}"
            ),
            Kind::Macro => format!(
                "#[allow(unused_macros)] macro_rules! mac_{world}_{p} {{ ($x:expr) => {{ $x ^ {value} }}; }}"
            ),
            Kind::MadeByMacro => format!(
                "macro_rules! make_{world}_{p} {{ ($n:ident) => {{ pub fn $n(x: u64) -> u64 {{ {body} }} }}; }} make_{world}_{p}!(f{p});"
            ),
            Kind::Generic => format!(
                "{structure} pub trait G{p} {{ fn g(&self) -> u64; }} \
                 impl G{p} for S{p} {{ fn g(&self) -> u64 {{ let x = self.0; {body} }} }} \
                 pub fn f{p}<X: G{p}>(x: &X) -> u64 {{ x.g() }}"
            ),
            Kind::Table => format!(
                "fn entry{p}(x: u64) -> u64 {{ {body} }} pub static TABLE{p}: [fn(u64) -> u64; 1] = [entry{p}];"
            ),
        }
    }

    /// The world as a module, macros first: they are known from there on.
    fn text(&self) -> String {
        let mut text = format!("pub mod w{} {{\n", self.number);
        let is_macro = |position: &usize| matches!(self.items[*position].kind, Kind::Macro);
        for position in (0..ITEMS).filter(is_macro) {
            writeln!(text, "{}", self.item(position)).expect("text");
        }
        for module in 0..MODULES {
            writeln!(text, "pub mod m{module} {{ use super::all as use_all;").expect("text");
            for position in (0..ITEMS).filter(|p| !is_macro(p)) {
                if self.items[position].module == module {
                    writeln!(text, "{}", self.item(position)).expect("text");
                }
            }
            text.push_str("}\n");
        }
        text.push_str("pub mod all { ");
        for module in 0..MODULES {
            write!(text, "pub use super::m{module}::*; ").expect("text");
        }
        text.push_str("}\n");
        text.push_str("pub mod steps { use super::all as use_all; use zen_runtime::step;\n");
        for (number, uses) in self.steps.iter().enumerate() {
            let values: Vec<_> = uses.iter().map(|used| self.used(99, *used, "x")).collect();
            let value = values.join(".wrapping_mul(3) ^ ");
            writeln!(
                text,
                "#[step] pub fn s{number}(x: u64) -> u64 {{ {value} }}"
            )
            .expect("text");
        }
        text.push_str("}\n}\n");
        text
    }
}

/// Up to `most` numbers below `limit`, and at least one where there is one.
fn some(limit: usize, most: usize, random: &mut Random) -> Vec<usize> {
    let count = (1 + random.below(most)).min(limit);
    (0..count).map(|_| random.below(limit)).collect()
}

struct Program {
    folder: PathBuf,
    worlds: Vec<World>,
}

/// For each step: what it returns, and its source hash.
type Answers = BTreeMap<String, (String, String)>;

impl Program {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed | 1);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
        Self {
            folder,
            worlds: (0..WORLDS)
                .map(|world| World::new(world, &mut random))
                .collect(),
        }
    }

    fn write(&self) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::create_dir_all(self.folder.join("src")).expect("a folder");
        fs::copy(here.join("../Cargo.lock"), self.folder.join("Cargo.lock")).expect("a lock file");
        let manifest = format!(
            "[package]\nname = \"generated\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\nzen-runtime = {{ path = \"{}\" }}\n[workspace]\n[profile.dev]\ndebug = 0\n",
            here.join("../zen-runtime").display()
        );
        fs::write(self.folder.join("Cargo.toml"), manifest).expect("a manifest");
        let mut main = "#![allow(warnings)]\n".to_owned();
        let mut calls = String::new();
        for world in &self.worlds {
            main.push_str(&world.text());
            for step in 0..STEPS {
                let path = format!("w{}::steps::s{step}", world.number);
                writeln!(calls, "let o: Vec<u64> = [1, 2, 1 << 40].map({path}).to_vec(); show(\"{path}\", &o, zen_runtime::step_ref!({path}));")
                    .expect("text");
            }
        }
        main.push_str(
            "fn show(name: &str, output: &[u64], step: zen_runtime::Step) {\n\
             let hash: String = step.definition().source().iter().map(|b| format!(\"{b:02x}\")).collect();\n\
             println!(\"{name} {output:?} {hash}\"); }\n",
        );
        writeln!(main, "fn main() {{ {calls} }}").expect("text");
        fs::write(self.folder.join("src/main.rs"), main).expect("a program");
    }

    fn answers(&self) -> Answers {
        self.write();
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet"])
            .current_dir(&self.folder)
            .env(
                "CARGO_TARGET_DIR",
                self.folder.with_file_name("invalidation").join("target"),
            )
            .env("CARGO_INCREMENTAL", "1")
            // Every call computes: what is compared is what the code returns.
            .env("ZEN_REPO", "/dev/null/none")
            .output()
            .expect("Cargo starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = |line: &str| {
            let (name, rest) = line.split_once(' ')?;
            let (output, hash) = rest.rsplit_once(' ')?;
            Some((name.to_owned(), (output.to_owned(), hash.to_owned())))
        };
        text.lines().filter_map(line).collect()
    }
}

#[test]
fn a_changed_output_has_a_changed_source() {
    let rounds = env::var("ZEN_GENERATED_ROUNDS").ok();
    let rounds: usize = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    let seed = env::var("ZEN_GENERATED_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
    let mut program = Program::new(seed);
    let mut random = Random(seed.wrapping_mul(3) | 1);
    let mut before = program.answers();
    assert_eq!(before.len(), WORLDS * STEPS);
    let (mut changed, mut costly) = (0, 0);
    for round in 0..rounds {
        for world in &mut program.worlds {
            let item = random.below(ITEMS);
            world.items[item].value += 1 + random.below(9) as u64;
        }
        let after = program.answers();
        for (step, (output, hash)) in &after {
            let (old_output, old_hash) = &before[step];
            let stale = output != old_output && hash == old_hash;
            assert!(
                !stale,
                "seed {seed}, round {round}: `{step}` would be a stale hit"
            );
            changed += usize::from(output != old_output);
            costly += usize::from(output == old_output && hash != old_hash);
        }
        before = after;
    }
    let edits = rounds * WORLDS;
    println!("{edits} edits: {changed} outputs changed, {costly} misses without a change");
    assert!(changed > 0, "some edits change an output");
}
