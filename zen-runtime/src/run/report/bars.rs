//! A live line per running step and a bar over all of them, on a terminal.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Observer, Progress, lines::line};
use crate::{
    run::{StepRun, Summary},
    store::Printer,
    warning::print_line,
};

/// How often a running step's line is drawn again.
const TICK: Duration = Duration::from_millis(120);

/// The live report.
pub(super) struct Bars {
    pipeline: String,
    all: MultiProgress,
    total: ProgressBar,
    running: Mutex<HashMap<usize, ProgressBar>>,
    /// Held for as long as there are bars.
    _printer: Arc<Printer>,
}

impl Bars {
    pub(super) fn new(pipeline: &str) -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(0));
        total.set_style(style("{bar:30} {pos}/{len} {msg} {elapsed}"));
        total.set_message(pipeline.to_owned());
        let above = all.clone();
        let printer = Printer::new(move |line| above.suspend(|| print_line(line)));
        Self {
            pipeline: pipeline.to_owned(),
            all,
            total,
            running: Mutex::default(),
            _printer: printer,
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Observer for Bars {
    fn started(&self, steps: usize) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, bar) in running.drain() {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
        drop(running);
        self.total.set_position(0);
        self.total.set_length(steps as u64);
        self.total.enable_steady_tick(TICK);
    }

    fn step_started(&self, node: usize, name: &str) {
        let bar = self
            .all
            .insert_before(&self.total, ProgressBar::new_spinner());
        bar.set_style(style("{spinner} {msg} {elapsed}"));
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(TICK);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(node, bar);
    }

    fn progress_of(&self, node: usize) -> Progress {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bar) = running.get(&node).cloned() else {
            return Box::new(|_, _| {});
        };
        let known = style("{spinner} {msg} {bar:20} {pos}/{len} {elapsed} (eta {eta})");
        let unknown = style("{spinner} {msg} {pos} {elapsed}");
        Box::new(move |done, total| {
            if bar.length() != Some(total) {
                let style = if total > 0 { &known } else { &unknown };
                bar.set_style(style.clone());
                bar.set_length(total);
            }
            bar.set_position(done);
        })
    }

    fn step_finished(&self, node: usize, step: &StepRun) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = running.remove(&node) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
        drop(running);
        self.total.inc(1);
        // A terminal that is gone is no reason to fail.
        let _ = self.all.println(line(step));
    }

    fn finished(&self, summary: &Summary) {
        self.total.finish_and_clear();
        print_line(&format!("{}: {summary}", self.pipeline));
    }
}
