//! The program that all worlds are part of, on disk, built and run.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use zen_tests::random::Random;

use crate::{
    kinds::{self, Kind},
    text::{Text, Written},
    world::{STEPS, World},
};

pub(crate) const WORLDS: usize = 20;

/// The crate of derives, ahead of those that the worlds have.
const DERIVES: &str = include_str!("derives.rs.txt");

pub(crate) struct Program {
    folder: PathBuf,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) worlds: Vec<World>,
}

/// For each step: what it returns, and its source hash.
pub(crate) type Answers = BTreeMap<String, (String, String)>;

impl Program {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let kinds = kinds::all();
        let worlds = (0..WORLDS)
            .map(|world| World::new(world, &kinds, &mut random))
            .collect();
        Self {
            folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated"),
            kinds,
            worlds,
        }
    }

    /// Writes a file where it differs: what is the same is not built again.
    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn write_manifests(&self) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let lock = fs::read_to_string(here.join("../Cargo.lock")).expect("a lock file");
        self.write("Cargo.lock", &lock);
        let manifest = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
        };
        let runtime = here.join("../zen-runtime");
        let rest = format!(
            "[dependencies]\nbeside = {{ path = \"beside\" }}\nderives = {{ path = \"derives\" }}\n\
             zen-runtime = {{ path = \"{}\" }}\n[workspace]\n[profile.dev]\ndebug = 0\n",
            runtime.display()
        );
        self.write("Cargo.toml", &manifest("generated", &rest));
        let rest = "[dependencies]\nderives = { path = \"../derives\" }\n";
        self.write("beside/Cargo.toml", &manifest("beside", rest));
        let rest = "[lib]\nproc-macro = true\n";
        self.write("derives/Cargo.toml", &manifest("derives", rest));
    }

    fn write_all(&self) {
        self.write_manifests();
        let mut main = "#![allow(warnings)]\n".to_owned();
        let mut beside = main.clone();
        let mut derives = DERIVES.to_owned();
        for world in &self.worlds {
            let kinds = &self.kinds;
            let written: Written = Text { world, kinds }.written();
            main.push_str(&written.main);
            beside.push_str(&written.beside);
            derives.push_str(&written.derives);
            for (path, text) in &written.files {
                self.write(&format!("src/{path}"), text);
            }
        }
        main.push_str(&self.function_main());
        self.write("src/main.rs", &main);
        self.write("beside/src/lib.rs", &beside);
        self.write("derives/src/lib.rs", &derives);
    }

    /// Runs every step on a few inputs.
    fn function_main(&self) -> String {
        let mut text = "fn show(name: &str, output: &[u64], step: zen_runtime::Step) {\n\
             let hash: String = step.definition().source().iter().map(|b| format!(\"{b:02x}\")).collect();\n\
             println!(\"{name} {output:?} {hash}\"); }\nfn main() {\n"
            .to_owned();
        for world in &self.worlds {
            for step in 0..STEPS {
                let path = format!("w{}::steps::s{step}", world.number);
                writeln!(text, "let o: Vec<u64> = [1, 2, 1 << 40].map({path}).to_vec(); show(\"{path}\", &o, zen_runtime::step_ref!({path}));")
                    .expect("text");
            }
        }
        text.push_str("}\n");
        text
    }

    pub(crate) fn answers(&self) -> Answers {
        self.write_all();
        let target = self.folder.with_file_name("invalidation").join("target");
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target)
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
