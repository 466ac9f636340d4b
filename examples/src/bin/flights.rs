//! Trains a model that foretells late flights, and draws how good it is.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use zen_examples::flights::{
    Model, Score, clean, evaluate, features, join, load_airports, load_flights, load_planes,
    load_weather, report, split, train_logistic, train_tree,
};

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
    let (model, score) = run(&options)?;
    let picture = timed("report", || report(&model, &score))?;
    write(&options.report, &picture.svg)?;
    println!("{}", model.kind());
    println!("  AUC      {:.4}", score.auc);
    println!("  accuracy {:.4}", score.accuracy);
    println!("  log loss {:.4}", score.log_loss);
    println!("  picture  {}", options.report.display());
    Ok(())
}

fn run(options: &Options) -> Result<(Model, Score)> {
    let file = |name: &str| options.data.join(name);
    let flights = timed("load_flights", || load_flights(&file("flights.csv.zst")))?;
    let weather = timed("load_weather", || load_weather(&file("weather.csv.zst")))?;
    let planes = timed("load_planes", || load_planes(&file("planes.csv.zst")))?;
    let airports = timed("load_airports", || load_airports(&file("airports.csv.zst")))?;
    let table = timed("join", || join(&flights, &weather, &planes, &airports))?;
    let table = timed("clean", || clean(&table));
    let data = timed("features", || features(&table));
    let parts = timed("split", || split(&data, 0.25, 1))?;
    let model = match options.trainer {
        Trainer::Tree => timed("train_tree", || {
            train_tree(&parts.train, options.max_depth, options.min_leaf)
        }),
        Trainer::Logistic => timed("train_logistic", || {
            train_logistic(&parts.train, options.penalty, 100)
        }),
    }?;
    let score = timed("evaluate", || evaluate(&model, &parts.test))?;
    Ok((model, score))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn timed<T>(name: &str, function: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = function();
    eprintln!("{name:>14} {:>8.3} s", start.elapsed().as_secs_f64());
    value
}
