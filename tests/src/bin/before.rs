//! A program as it was when it made a pipeline, in the folder given to it.
//! `after` is the same one, later.

use zen_runtime::{Repository, pipeline, step};

#[step(name = "kept")]
fn kept(x: u64) -> u64 {
    x + 1
}

#[step(name = "edited")]
fn edited(x: u64) -> u64 {
    x * 2
}

#[step(name = "retyped")]
fn retyped(x: u64) -> u64 {
    x
}

#[step(name = "removed")]
fn removed(x: u64) -> u64 {
    x
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("no folder")?;
    let repo = Repository::open(folder)?;
    let runs_on = pipeline!("runs on", {
        let a = kept(1);
        let b = edited(a);
        b
    });
    let retyped = pipeline!("retyped", {
        let c = retyped(1);
        c
    });
    let removed = pipeline!("removed", {
        let d = removed(1);
        d
    });
    println!("{}", repo.run(&runs_on)?.outputs()?);
    repo.run(&retyped)?;
    repo.run(&removed)?;
    Ok(())
}
