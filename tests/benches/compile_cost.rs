//! What `#[step]` adds to a build: `cargo check` of a crate of about 100,000 lines
//! with 20 steps, and of the same crate without the attribute.
//!
//! Both are checked by turns in the dev profile that Cargo has by default, so that
//! the macro runs unoptimised: from nothing (dependencies built), and after an edit
//! of one line. Medians and their ratio are printed.
//!
//! `cargo bench -p zen-tests --bench compile_cost` takes some minutes. With
//! `-- --lines 20000` the crate is smaller, with `-- --rounds 9` there are more
//! pairs. `-- --size` builds in the release profile, with the attribute and with
//! `source = "own"`, and compares the binaries: they differ by the lists of what the
//! steps reach.

#![allow(missing_docs)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

#[path = "compile_cost/program.rs"]
mod program;

use program::Program;

const STEPS: usize = 20;

/// The crate with the attribute, and the one without it.
const PACKAGES: [&str; 2] = ["with", "without"];

/// The crate whose steps' sources are their own tokens.
const OWN: &str = "own";

struct Workspace {
    folder: PathBuf,
    program: Program,
}

impl Workspace {
    fn new(lines: usize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_cost");
        let workspace = Self {
            folder,
            program: Program::of(lines, STEPS),
        };
        workspace.lay_out();
        workspace
    }

    fn lay_out(&self) {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let lock = fs::read(repository.join("Cargo.lock")).expect("a lock file");
        fs::create_dir_all(&self.folder).expect("a new folder");
        fs::write(self.folder.join("Cargo.lock"), lock).expect("a written file");
        let manifest =
            "[workspace]\nresolver = \"3\"\nmembers = [\"with\", \"without\", \"own\"]\n";
        fs::write(self.folder.join("Cargo.toml"), manifest).expect("a written file");
        for package in PACKAGES.into_iter().chain([OWN]) {
            let attribute = match package {
                "with" => "#[zen_runtime::step]",
                OWN => "#[zen_runtime::step(source = \"own\")]",
                _ => "",
            };
            let folder = self.folder.join(package);
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder.join("src")).expect("a new folder");
            let manifest = format!(
                "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [dependencies]\nzen-runtime = {{ path = \"{}\" }}\n",
                repository.join("zen-runtime").display()
            );
            fs::write(folder.join("Cargo.toml"), manifest).expect("a written file");
            for (path, text) in self.program.files(attribute) {
                fs::write(folder.join("src").join(path), text).expect("a written file");
            }
        }
    }

    fn cargo(&self, arguments: &[&str]) {
        let output = Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env_remove("RUSTFLAGS")
            .output()
            .expect("Cargo starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
    }

    fn check(&self, package: &str) -> Duration {
        let started = Instant::now();
        self.cargo(&["check", "--quiet", "--package", package]);
        started.elapsed()
    }

    fn clean(&self, package: &str) {
        self.cargo(&["clean", "--quiet", "--package", package]);
    }

    /// Changes one line of one module.
    fn edit(&self, package: &str, round: usize) {
        let (path, text) = self.program.edited(round);
        let path = self.folder.join(package).join("src").join(path);
        fs::write(path, text).expect("a written file");
    }

    /// The bytes of the binary in the release profile.
    fn size(&self, package: &str) -> u64 {
        self.cargo(&["build", "--release", "--quiet", "--package", package]);
        let binary = self.folder.join("target/release").join(package);
        fs::metadata(binary).expect("a binary").len()
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(what: &str, [with, without]: &mut [Vec<Duration>; 2]) {
    let (with, without) = (median(with).as_secs_f64(), median(without).as_secs_f64());
    let more = with - without;
    println!(
        "{what}: {with:.2} s with the attribute, {without:.2} s without: {more:+.2} s, {:.2} times",
        with / without
    );
}

/// The number after `--name`.
fn option(name: &str, usual: usize) -> usize {
    let mut arguments = env::args().skip_while(|argument| argument != name);
    let value = arguments.nth(1);
    value.map_or(usual, |value| value.parse().expect("a number"))
}

fn main() {
    // Cargo tells a benchmark from a test so.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let lines = option("--lines", 100_000);
    let rounds = option("--rounds", 5);
    let workspace = Workspace::new(lines);
    println!("{} lines, {STEPS} steps", workspace.program.lines());
    if env::args().any(|argument| argument == "--size") {
        let [with, own] = ["with", OWN].map(|package| workspace.size(package));
        println!("release binary: {with} bytes, {own} without the lists of what steps reach");
        return;
    }
    let (mut clean, mut edited) = (<[Vec<_>; 2]>::default(), <[Vec<_>; 2]>::default());
    for package in PACKAGES {
        workspace.check(package);
    }
    for round in 0..rounds {
        for (position, package) in PACKAGES.iter().enumerate() {
            workspace.clean(package);
            clean[position].push(workspace.check(package));
            workspace.edit(package, round);
            edited[position].push(workspace.check(package));
        }
    }
    report("from nothing", &mut clean);
    report("after an edit of one line", &mut edited);
}
