//! Workspaces that tests make, and build with Cargo.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A workspace in a folder of its own. All of them share one target folder, so
/// that what they depend on is built once.
#[derive(Debug)]
pub struct Fixture {
    folder: PathBuf,
    target: PathBuf,
}

/// `=== name`, and what follows up to the next one.
pub fn sections(text: &str) -> Vec<(&str, &str)> {
    text.split("=== ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .collect()
}

impl Fixture {
    /// The workspace of these files, new, in `scratch` (the test's
    /// `CARGO_TARGET_TMPDIR`). `ZEN_RUNTIME` in a file stands for the path of that
    /// package, `FIXTURE` for the workspace's name; the lock file is that of this repository.
    ///
    /// # Panics
    /// If a file cannot be written.
    pub fn new(scratch: &str, name: &str, files: &str) -> Self {
        let folder = Path::new(scratch).join("fixtures").join(name);
        let _ = fs::remove_dir_all(&folder);
        let fixture = Self {
            folder,
            target: Path::new(scratch).join("invalidation/target"),
        };
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let runtime = repository.join("zen-runtime");
        for (path, text) in sections(files) {
            let text = text
                .replace("ZEN_RUNTIME", &runtime.to_string_lossy())
                .replace("FIXTURE", name);
            fixture.write(&path.replace("FIXTURE", name), &text);
        }
        let lock = fs::read_to_string(repository.join("Cargo.lock")).expect("a lock file");
        fixture.write("Cargo.lock", &lock);
        fixture
    }

    /// The workspace's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder that Cargo builds into.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes a file, and the folders that it is in.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a new folder");
        fs::write(path, text).expect("a written file");
    }

    /// Puts `to` in place of `from` in a file.
    ///
    /// # Panics
    /// If it does not stand there.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder.join(path)).expect("a file");
        assert!(text.contains(from), "`{from}` is not in {path}");
        self.write(path, &text.replace(from, to));
    }

    /// Cargo in this workspace, with incremental compilation. Steps use a repository
    /// outside of it.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "1")
            .env("RUSTFLAGS", "-Awarnings")
            .env("ZEN_REPO", self.target.with_file_name("repository"));
        command
    }
}

/// Waits until no other test of the process builds. Packages of one name, at one
/// place in their workspaces, are one package to Cargo in a target folder that they
/// share: what it built of one, it takes for the other until that is written anew.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a command printed.
///
/// # Panics
/// If it fails.
pub fn stdout(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the command starts");
    let error = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}\n{error}");
    String::from_utf8_lossy(&stdout).into_owned()
}
