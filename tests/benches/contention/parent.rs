//! Starts the processes and adds up what they did.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{histogram::Histogram, load::Done, system};

/// What all processes did together.
struct Row {
    hits_per_second: f64,
    results_per_second: f64,
    hits: Histogram,
    results: Histogram,
    /// The least that a process did over the most.
    fairness: f64,
}

pub(crate) fn main() {
    println!(
        "{:9} {:14} {:>10} {:>7} {:>10} {:>7} {:>8} {:>8} {:>8} {:>8} {:>5}",
        "processes",
        "system",
        "hits/s",
        "",
        "results/s",
        "",
        "hit p50",
        "p99",
        "keep p50",
        "p99",
        "fair"
    );
    let (numbers, names) = wanted();
    for processes in numbers {
        let mut first: Option<(f64, f64)> = None;
        for &name in &names {
            let row = measure(name, processes);
            let zen = *first.get_or_insert((row.hits_per_second, row.results_per_second));
            print(processes, name, &row, zen);
        }
    }
    println!("\nA ratio says how much faster the first row of the same number of processes is.");
}

/// The numbers of processes and the systems that the arguments name; all if they
/// name none.
fn wanted() -> (Vec<usize>, Vec<&'static str>) {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut numbers: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    if numbers.is_empty() {
        numbers = vec![1, 2, 4, 8];
    }
    let is_named = |name: &&&str| arguments.iter().any(|argument| argument == **name);
    let mut names: Vec<&str> = system::ALL.iter().filter(is_named).copied().collect();
    if names.is_empty() {
        names = system::ALL.to_vec();
    }
    (numbers, names)
}

fn print(processes: usize, name: &str, row: &Row, zen: (f64, f64)) {
    println!(
        "{processes:9} {name:14} {:10.0} {:>7} {:10.0} {:>7} {:>8} {:>8} {:>8} {:>8} {:5.2}",
        row.hits_per_second,
        format!("({:.1}x)", zen.0 / row.hits_per_second),
        row.results_per_second,
        format!("({:.1}x)", zen.1 / row.results_per_second),
        time(row.hits.quantile(50, 100)),
        time(row.hits.quantile(99, 100)),
        time(row.results.quantile(50, 100)),
        time(row.results.quantile(99, 100)),
        row.fairness,
    );
}

fn time(duration: Duration) -> String {
    let microseconds = duration.as_secs_f64() * 1e6;
    match microseconds {
        ..10.0 => format!("{microseconds:.1}us"),
        ..10_000.0 => format!("{microseconds:.0}us"),
        _ => format!("{:.0}ms", microseconds / 1e3),
    }
}

fn measure(name: &str, processes: usize) -> Row {
    let folder = tempfile::tempdir().expect("a folder");
    let mut filled = system::open(name, folder.path());
    filled.fill(0..filled.records());
    filled.flush();
    drop(filled);
    let mut children: Vec<_> = (0..processes)
        .map(|number| Process::start(name, folder.path(), number))
        .collect();
    children.iter_mut().for_each(Process::await_ready);
    children.iter_mut().for_each(Process::go);
    let done: Vec<_> = children.into_iter().map(Process::done).collect();
    add_up(&done)
}

fn add_up(done: &[Done]) -> Row {
    let (mut hits, mut results) = (Histogram::new(), Histogram::new());
    for done in done {
        hits.merge(&done.hits);
        results.merge(&done.results);
    }
    let longest = done
        .iter()
        .map(|done| done.elapsed)
        .max()
        .unwrap_or_default();
    let shares = done
        .iter()
        .map(|done| done.hits.count() + done.results.count());
    let (least, most) = (shares.clone().min(), shares.max());
    Row {
        hits_per_second: hits.count() as f64 / longest.as_secs_f64(),
        results_per_second: results.count() as f64 / longest.as_secs_f64(),
        hits,
        results,
        fairness: least.unwrap_or(0) as f64 / most.unwrap_or(1) as f64,
    }
}

/// A process that does the load.
struct Process {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(name: &str, folder: &Path, number: usize) -> Self {
        let mut child = Command::new(env::current_exe().expect("this binary"))
            .args(["child", name])
            .arg(folder)
            .arg(number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let output = child.stdout.take().expect("its output");
        Self {
            child,
            output: BufReader::new(output),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line
    }

    fn await_ready(&mut self) {
        assert_eq!(self.line(), "ready\n");
    }

    fn go(&mut self) {
        let input = self.child.stdin.as_mut().expect("its input");
        writeln!(input, "go").expect("a child that listens");
    }

    fn done(mut self) -> Done {
        let line = self.line();
        let status = self.child.wait().expect("its end");
        assert!(status.success(), "{status}");
        let fields: Vec<_> = line.trim_end().split(' ').collect();
        let [elapsed, hits, results] = fields[..] else {
            panic!("{line:?}");
        };
        Done {
            elapsed: Duration::from_nanos(elapsed.parse().expect("a number")),
            hits: hits.parse().expect("a histogram"),
            results: results.parse().expect("a histogram"),
        }
    }
}
