//! Prints how much of a crate the median free function reaches, for each package
//! folder given: `cargo run --release --example closure_share -- path/to/redb-4.6.0`.

use std::path::Path;

use zen_source::Share;

fn main() {
    for folder in std::env::args().skip(1) {
        let Some(mut shares) = Share::of_library(Path::new(&folder)) else {
            println!("{folder}: no library that can be read");
            continue;
        };
        shares.sort_by(|a, b| a.share().total_cmp(&b.share()));
        let name = Path::new(&folder).file_name().unwrap_or_default();
        match shares.get(shares.len() / 2) {
            None => println!("{}: no free functions", name.to_string_lossy()),
            Some(median) => println!(
                "{}: {} free functions, the median reaches {:.1} % of {} tokens ({})",
                name.to_string_lossy(),
                shares.len(),
                100.0 * median.share(),
                median.total,
                median.function,
            ),
        }
    }
}
