//! A step misses after every edit that can change what it returns, and hits
//! after those that cannot.
//!
//! A real workspace, with path dependencies, is built by Cargo before and after
//! its edits, and each step's source hash is compared. `invalidation/misses.txt`
//! and `hits.txt` hold a module per kind of edit; `⟦a⇒b⟧` stands for `a`, and for
//! `b` once edited. In `misses.txt`, each module has a step that reaches the edit
//! and mostly one that stands apart from it.

#![allow(missing_docs)]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const MISSES: &str = include_str!("../invalidation/misses.txt");
const HITS: &str = include_str!("../invalidation/hits.txt");
const CRATES: &str = include_str!("../invalidation/crates.txt");

/// `=== name`, and what follows up to the next one.
fn sections(text: &str) -> Vec<(&str, &str)> {
    text.split("=== ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .collect()
}

/// The text before or after its edits.
fn version(text: &str, edited: bool) -> String {
    let mut made = String::new();
    for (number, piece) in text.split('⟦').enumerate() {
        if number == 0 {
            made.push_str(piece);
            continue;
        }
        let (choice, rest) = piece.split_once('⟧').expect("an edit that ends");
        let (before, after) = choice.split_once('⇒').expect("an edit with two sides");
        made.push_str(if edited { after } else { before });
        made.push_str(rest);
    }
    made
}

/// Which texts are edited.
#[derive(Clone, Copy, Default)]
struct Edits {
    misses: bool,
    hits: bool,
}

struct Workspace {
    folder: PathBuf,
    target: PathBuf,
}

type Hashes = BTreeMap<String, String>;

impl Workspace {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invalidation");
        let folder = root.join(name);
        let _ = fs::remove_dir_all(&folder);
        Self {
            folder,
            target: root.join("target"),
        }
    }

    /// Writes a file, if it differs: Cargo looks at times.
    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        if fs::read_to_string(&path).is_ok_and(|found| found == text) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(path, text).expect("a written file");
    }

    fn set(&self, edits: Edits) {
        let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../zen-runtime");
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        if !self.folder.join("Cargo.lock").exists() {
            self.write(
                "Cargo.lock",
                &fs::read_to_string(lock).expect("a lock file"),
            );
        }
        for (path, text) in sections(CRATES) {
            let text = version(text, edits.misses);
            self.write(
                path,
                &text.replace("ZEN_RUNTIME", &runtime.to_string_lossy()),
            );
        }
        let mut main = "#![allow(dead_code, unused_imports)]\nmod shared;\n".to_owned();
        let mut calls = String::new();
        for (text, edited) in [(MISSES, edits.misses), (HITS, edits.hits)] {
            for (name, body) in sections(text) {
                let body = version(body, edited);
                let mut body = format!("use zen_runtime::step;\n{body}");
                if name == "line_endings" && edited {
                    body = body.replace('\n', "\r\n");
                }
                self.write(&format!("app/src/{name}.rs"), &body);
                writeln!(main, "mod {name};").expect("a line");
                for step in steps(name, &body) {
                    writeln!(
                        calls,
                        "    show(\"{name}::{step}\", zen_runtime::step_ref!({name}::{step}));"
                    )
                    .expect("a line");
                }
            }
        }
        self.write(
            "app/src/main.rs",
            &format!("{main}{MAIN}fn main() {{\n{calls}}}\n"),
        );
    }

    fn hashes(&self, arguments: &[&str]) -> Hashes {
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--package", "app"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1")
            .env("FIXTURE_VARIABLE", arguments.last().unwrap_or(&"base"))
            .env("RUSTFLAGS", "-Awarnings")
            .output()
            .expect("Cargo starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(step, hash)| (step.to_owned(), hash.to_owned()))
            .collect()
    }
}

/// The steps of a module that are printed.
fn steps(name: &str, body: &str) -> Vec<&'static str> {
    let methods = [("fn run(&self)", "S::run"), ("fn other(&self)", "S::other")];
    let generic = [("fn generic<", "generic::<M>")];
    let plain = [("fn reaches(", "reaches"), ("fn apart(", "apart")];
    let special: &[(&str, &str)] = match name {
        "method_of_a_step" => &methods,
        "generic_step" => &generic,
        _ => &[],
    };
    let known = special.iter().chain(&plain);
    known
        .filter(|(text, _)| body.contains(text))
        .map(|(_, step)| match *step {
            "generic::<M>" => "generic::<self::generic_step::M>",
            "S::run" => "S::run",
            "S::other" => "S::other",
            "reaches" => "reaches",
            _ => "apart",
        })
        .collect()
}

const MAIN: &str = "
fn show(name: &str, step: zen_runtime::Step) {
    let hash: String = step.definition().source().iter().map(|byte| format!(\"{byte:02x}\")).collect();
    println!(\"{name} {hash}\");
    if std::env::var_os(\"SHOW_ITEMS\").is_some() {
        for item in step.definition().source_items() {
            eprintln!(\"{name}: {} {:02x?}\", item.label, item.hash);
        }
    }
}
";

fn changed<'h>(before: &'h Hashes, after: &Hashes) -> Vec<&'h str> {
    before
        .iter()
        .filter(|(step, hash)| after.get(*step) != Some(hash))
        .map(|(step, _)| step.as_str())
        .collect()
}

/// Whether a step reaches the edit of its module.
fn must_miss(step: &str) -> bool {
    !step.ends_with("::apart") && !step.ends_with("::other")
}

#[test]
fn a_step_misses_after_every_edit_that_it_reaches() {
    let workspace = Workspace::new("one");
    let base_edits = Edits::default();
    workspace.set(base_edits);
    let base = workspace.hashes(&[]);
    let own = |step: &str, text: &str| {
        let module = step.split("::").next().unwrap_or(step);
        sections(text).iter().any(|(name, _)| *name == module)
    };

    workspace.set(Edits {
        misses: true,
        ..base_edits
    });
    let edited = workspace.hashes(&["--features", "fast"]);
    let missed = changed(&base, &edited);
    let stale: Vec<_> = base
        .keys()
        .filter(|step| own(step, MISSES) && must_miss(step) && !missed.contains(&step.as_str()))
        .collect();
    let apart: Vec<_> = missed
        .iter()
        .filter(|step| !must_miss(step) || own(step, HITS))
        .collect();

    workspace.set(base_edits);
    let undone = workspace.hashes(&[]);
    assert_eq!(changed(&base, &undone), [""; 0], "an edit undone is a hit");

    workspace.set(Edits {
        hits: true,
        ..base_edits
    });
    let harmless = workspace.hashes(&[]);
    let costly = changed(&base, &harmless);

    let elsewhere = Workspace::new("another");
    elsewhere.set(base_edits);
    let moved = elsewhere.hashes(&[]);

    let kinds = sections(MISSES).len() + sections(HITS).len();
    println!("{kinds} kinds of edits");
    println!("stale hits: {stale:?}");
    println!("misses of steps that stand apart: {apart:?}");
    println!("misses after edits that change nothing: {costly:?}");
    assert!(stale.is_empty(), "stale hits: {stale:?}");
    assert_eq!(changed(&base, &moved), [""; 0], "another folder is a hit");
    assert!(
        apart.is_empty() && costly.is_empty(),
        "misses that need not be: {apart:?} {costly:?}"
    );
}
