//! Trains a model that foretells late flights, and draws how good it is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use zen_examples::flights::{BY_LOGISTIC, BY_TREE, Report, Score, by_tree, train_logistic};
use zen_runtime::{Repository, step_ref};

/// Which flights out of New York will arrive late?
#[derive(Debug, Parser)]
struct Options {
    /// What learns.
    #[arg(long, value_enum, default_value_t = Trainer::Tree)]
    trainer: Trainer,

    /// The most questions that the tree asks about a flight.
    #[arg(long, value_name = "N", default_value_t = 8)]
    max_depth: u32,

    /// The fewest flights in a leaf of the tree.
    #[arg(long, value_name = "N", default_value_t = 200)]
    min_leaf: u32,

    /// What keeps the weights of the regression small.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    penalty: f64,

    /// Where to write the picture.
    #[arg(long, value_name = "PATH", default_value = "target/flights-report.svg")]
    report: PathBuf,

    /// Where the data is.
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data"))]
    data: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Trainer {
    Tree,
    Logistic,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let repo = Repository::discover()?;
    let (name, (score, picture)) = match options.trainer {
        Trainer::Tree => (BY_TREE, train_tree(&repo, &options)?),
        Trainer::Logistic => (BY_LOGISTIC, train_logistic_copy(&repo, &options)?),
    };
    write(&options.report, &picture.svg)?;
    println!("{name}");
    println!("  AUC      {:.4}", score.auc);
    println!("  accuracy {:.4}", score.accuracy);
    println!("  log loss {:.4}", score.log_loss);
    println!("  picture  {}", options.report.display());
    Ok(())
}

fn train_tree(repo: &Repository, options: &Options) -> Result<(Score, Report)> {
    let pipeline = by_tree(&options.data, options.max_depth, options.min_leaf);
    Ok(repo.run(&pipeline)?.outputs()?)
}

/// Takes the pipeline that an earlier process kept, puts the other trainer in the
/// tree's place, and reuses everything before it.
fn train_logistic_copy(repo: &Repository, options: &Options) -> Result<(Score, Report)> {
    if repo.versions(BY_TREE)?.is_empty() {
        repo.save(&by_tree(&options.data, options.max_depth, options.min_leaf))?;
    }
    let trainer = step_ref!(train_logistic)
        .with("penalty", options.penalty)
        .with("max_iterations", 100_u32);
    let copy = repo
        .pipeline(BY_TREE)?
        .copy(BY_LOGISTIC)
        .replace("model", trainer)?
        // Each penalty is a version of the copy.
        .allow_new_version();
    let run = repo.run(&copy)?;
    Ok((run.output("score")?, run.output("picture")?))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
