//! Prints how much of a crate the median free function reaches, and how much it
//! would reach by bare names, for five published crates or for the package folders
//! given, each as it is built with its default features:
//!
//! ```text
//! cargo fetch --manifest-path zen-source/closure_data/Cargo.toml
//! cargo run --release -p zen-source --example closure_share
//! ```
//!
//! With `of` and the path of a function, what that one reaches, in the order in which it
//! is met: the tokens of each item, and the item that led there.
//!
//! ```text
//! cargo run --release -p zen-source --example closure_share -- of a_crate::a::function folder
//! ```

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use zen_source::{Reached, Share};

const PACKAGES: [&str; 5] = [
    "redb-4.6.0",
    "object_store-0.14.2",
    "salsa-0.28.5",
    "linfa-0.8.1",
    "arrow-ipc-60.1.0",
];

fn main() {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    if let [of, function, folder] = arguments.as_slice()
        && of == "of"
    {
        print_items(Path::new(folder), &function.to_string_lossy());
        return;
    }
    let mut folders: Vec<PathBuf> = arguments.into_iter().map(PathBuf::from).collect();
    if folders.is_empty() {
        folders = PACKAGES.iter().filter_map(|name| fetched(name)).collect();
    }
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        match Share::of_library(&folder) {
            None => println!("{name}: no library that can be read"),
            Some(shares) if shares.is_empty() => println!("{name}: no free functions"),
            Some(shares) => println!(
                "{name}: of {} tokens, the median of {} free functions reaches {:.1} %, by bare names {:.1} %",
                shares[0].total,
                shares.len(),
                100.0 * median(shares.iter().map(Share::share)),
                100.0 * median(shares.iter().map(Share::by_bare_names)),
            ),
        }
    }
}

fn print_items(folder: &Path, function: &str) {
    let Some(items) = Share::items_of(folder, function) else {
        println!("no free function {function}");
        return;
    };
    for Reached { item, size, by } in items {
        let by = by.map_or_else(String::new, |by| format!(" <- {by}"));
        println!("{size:6} {item}{by}");
    }
}

/// Where Cargo has unpacked a package.
fn fetched(name: &str) -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map_or_else(
        || Path::new(&env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let registries = fs::read_dir(home.join("registry/src")).ok()?;
    let folders = registries
        .flatten()
        .map(|registry| registry.path().join(name));
    let found = folders.into_iter().find(|folder| folder.is_dir());
    if found.is_none() {
        println!("{name}: not fetched");
    }
    found
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
