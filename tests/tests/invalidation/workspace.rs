//! A workspace that Cargo builds, and what its steps return.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::kinds::{self, Kind, Side};

/// Which kinds are edited.
#[derive(Clone, Copy, Default)]
pub(crate) struct Edits {
    pub(crate) reached: bool,
    pub(crate) harmless: bool,
}

/// What a process tells of a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The source hash.
    pub(crate) hash: String,
    /// The encoded result; empty for steps that are not called.
    pub(crate) result: String,
    /// Whether its body ran; `None` for steps that are not called.
    pub(crate) computed: Option<bool>,
}

/// By step: `module::name`.
pub(crate) type Answers = BTreeMap<String, Answer>;

pub(crate) struct Workspace {
    folder: PathBuf,
    target: PathBuf,
    /// A repository of a crate that is depended on, and its two revisions.
    git: (PathBuf, [String; 2]),
}

impl Workspace {
    pub(crate) fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invalidation");
        let folder = root.join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a new folder");
        Self {
            folder,
            target: root.join("target"),
            git: git(&root.join("git")),
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

    /// Writes all files as they are with these edits.
    pub(crate) fn set(&self, kinds: &[Kind], edits: Edits) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !self.folder.join("Cargo.lock").exists() {
            let lock = fs::read_to_string(here.join("../Cargo.lock")).expect("a lock file");
            self.write("Cargo.lock", &lock);
        }
        let runtime = here.join("../zen-runtime");
        let (git, [before, after]) = &self.git;
        for (path, text) in kinds::files(edits.reached) {
            let text = text
                .replace("ZEN_RUNTIME", &runtime.to_string_lossy())
                .replace("GIT_FOLDER", &git.to_string_lossy())
                .replace("GIT_BEFORE", before)
                .replace("GIT_AFTER", after);
            self.write(path, &text);
        }
        let (mut modules, mut calls) = (String::new(), String::new());
        for kind in kinds {
            let edited = match kind.side {
                Side::Reached => edits.reached,
                Side::Harmless => edits.harmless,
            };
            let name = kind.name;
            self.write(&format!("app/src/{name}.rs"), &kind.module(edited));
            writeln!(modules, "mod {name};").expect("a line");
            for (step, is_called) in kind.steps() {
                let path = format!("{name}::{step}");
                let call = if is_called {
                    format!("Some(&|| serde_json::to_string(&{path}(7)).unwrap())")
                } else {
                    "None".to_owned()
                };
                writeln!(
                    calls,
                    "    show(\"{path}\", zen_runtime::step_ref!({path}), {call});"
                )
                .expect("a line");
            }
        }
        let main = format!("{HEAD}{modules}{MAIN}fn main() {{\n{calls}}}\n");
        self.write("app/src/main.rs", &main);
    }

    /// Builds the program.
    pub(crate) fn build(&self, arguments: &[&str]) -> Program {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "app"])
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
        Program(self.target.join("debug").join("app"))
    }
}

/// A built program. The next build of the workspace replaces it.
pub(crate) struct Program(PathBuf);

impl Program {
    /// Runs all steps, with the results that a repository holds.
    pub(crate) fn run(&self, repository: &Path) -> Answers {
        let output = Command::new(&self.0)
            .env("ZEN_REPO", repository)
            .output()
            .expect("the program starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let text = String::from_utf8_lossy(&output.stdout);
        let answer = |line: &str| {
            let mut words = line.splitn(4, '\t').map(str::to_owned);
            let (step, hash, computed) = (words.next()?, words.next()?, words.next()?);
            let answer = Answer {
                hash,
                computed: computed.parse().ok(),
                result: words.next()?,
            };
            Some((step, answer))
        };
        text.lines().filter_map(answer).collect()
    }

    /// What the code returns as it stands: nothing is stored.
    pub(crate) fn run_afresh(&self) -> Answers {
        self.run(Path::new("/dev/null/none"))
    }
}

const HEAD: &str = "#![allow(warnings)]
#[macro_use] extern crate helper as _;
mod shared;
";

const MAIN: &str = "
use std::sync::atomic::{AtomicU64, Ordering};

static RAN: AtomicU64 = AtomicU64::new(0);
pub fn ran() { RAN.fetch_add(1, Ordering::SeqCst); }

fn show(name: &str, step: zen_runtime::Step, call: Option<&dyn Fn() -> String>) {
    let hash: String = step.definition().source().iter().map(|byte| format!(\"{byte:02x}\")).collect();
    let before = RAN.load(Ordering::SeqCst);
    let result = call.map_or_else(String::new, |call| call());
    let computed = call.map(|_| RAN.load(Ordering::SeqCst) > before);
    println!(\"{name}\\t{hash}\\t{}\\t{result}\", computed.map_or(\"none\".to_owned(), |c| c.to_string()));
}
";

/// Makes a repository with two revisions of a crate, the same each time.
fn git(folder: &Path) -> (PathBuf, [String; 2]) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder.join("src")).expect("a new folder");
    let run = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=zen", "-c", "user.email=zen@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(folder)
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .output()
            .expect("git starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    run(&["init", "--quiet"]);
    let manifest = "[package]\nname = \"fetched\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    let revisions = [1, 2].map(|number| {
        let text = format!(
            "pub fn value(x: u64) -> u64 {{ x + {number} }}\n\
             #[macro_export] macro_rules! raised {{ ($x:expr) => {{ $x + {number} }}; }}\n\
             #[macro_export] macro_rules! fetch {{\n\
                 ($t:ident) => {{ impl $t {{ pub fn fetched(&self) -> u64 {{ {number} }} }} }};\n\
                 ($t:ident for $u:ty) => {{ impl $t for $u {{ fn get(&self) -> u64 {{ {number} }} }} }};\n\
             }}\n"
        );
        fs::write(folder.join("src/lib.rs"), text).expect("a library");
        run(&["add", "--all"]);
        run(&["commit", "--quiet", "--message", "A revision"]);
        run(&["rev-parse", "HEAD"])
    });
    (folder.to_owned(), revisions)
}
