//! The program `before` after a day's work: it reads the pipelines back, tells
//! how their steps stand to it, and runs them.

use zen_runtime::{Repository, step};

#[step(name = "kept")]
fn kept(x: u64) -> u64 {
    // With a comment.
    x + 1
}

#[step(name = "edited")]
fn edited(x: u64) -> u64 {
    x * 3
}

#[step(name = "retyped")]
fn retyped(x: u32) -> u64 {
    u64::from(x)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("no folder")?;
    let repo = Repository::open(folder)?;
    for name in ["runs on", "retyped", "removed"] {
        let pipeline = repo.pipeline(name)?;
        for step in pipeline.steps() {
            println!("{}: {}", step.name(), step.status());
        }
        match repo.run(&pipeline) {
            Ok(run) => println!("{}: {}", name, run.output::<u64>("b")?),
            Err(error) => println!("{name}: {error}"),
        }
    }
    Ok(())
}
