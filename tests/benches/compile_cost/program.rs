//! A crate that looks like one: modules of types, impls, traits and functions that
//! call each other, with comments and tests.

use std::fmt::Write;

/// Functions, each with a type of its own, in a module.
const PARTS: usize = 8;

pub(crate) struct Program {
    modules: usize,
    steps: usize,
}

impl Program {
    /// A program of about that many lines.
    pub(crate) fn of(lines: usize, steps: usize) -> Self {
        let module = module(0, usize::MAX, 0).lines().count();
        Self {
            modules: lines.div_ceil(module).max(2),
            steps,
        }
    }

    pub(crate) fn lines(&self) -> usize {
        let files = self.files("");
        files.iter().map(|(_, text)| text.lines().count()).sum()
    }

    /// Every file, by its name. Each step bears the attribute.
    pub(crate) fn files(&self, attribute: &str) -> Vec<(String, String)> {
        let mut files = vec![
            ("main.rs".to_owned(), self.main()),
            ("steps.rs".to_owned(), self.steps(attribute)),
        ];
        files.extend((0..self.modules).map(|number| {
            let text = module(number, self.modules, 0);
            (format!("m{number}.rs"), text)
        }));
        files
    }

    /// A module in which one line is not as it was.
    pub(crate) fn edited(&self, round: usize) -> (String, String) {
        let number = self.modules / 2;
        let text = module(number, self.modules, round + 1);
        (format!("m{number}.rs"), text)
    }

    fn main(&self) -> String {
        let mut text = "#![allow(dead_code)]\nmod steps;\n".to_owned();
        for number in 0..self.modules {
            writeln!(text, "mod m{number};").expect("a line");
        }
        text.push_str("\nfn main() {\n");
        for step in 0..self.steps {
            writeln!(text, "    println!(\"{{}}\", steps::step{step}({step}));").expect("a line");
        }
        text.push_str("}\n");
        text
    }

    /// Each step calls into another module, and reaches what that calls.
    fn steps(&self, attribute: &str) -> String {
        let mut text = String::new();
        for step in 0..self.steps {
            let module = step * self.modules / self.steps;
            writeln!(
                text,
                "{attribute}\npub fn step{step}(x: u64) -> u64 {{\n    crate::m{module}::compute0(x)\n}}\n"
            )
            .expect("a line");
        }
        text
    }
}

/// A module. It uses the two next to it, so that a step reaches some of the crate
/// and not all of it.
fn module(number: usize, modules: usize, edit: usize) -> String {
    let mut text = format!("//! Module {number}.\n\nuse std::{{collections::BTreeMap, fmt}};\n");
    let next: Vec<_> = (1..=2)
        .map(|distance| number + distance)
        .filter(|other| *other < modules && other / 8 == number / 8)
        .collect();
    for other in &next {
        writeln!(text, "use crate::m{other};").expect("a line");
    }
    for part in 0..PARTS {
        let mut calls = String::new();
        for other in &next {
            writeln!(
                calls,
                "    total = total.wrapping_add(m{other}::compute{part}(total >> 1));"
            )
            .expect("a line");
        }
        let values = [
            ("NUMBER", number.to_string()),
            ("PART", part.to_string()),
            ("EDIT", if part == 0 { edit } else { 0 }.to_string()),
            ("CALLS\n", calls),
        ];
        let mut made = PART.to_owned();
        for (name, value) in values {
            made = made.replace(name, &value);
        }
        text.push_str(&made);
    }
    text
}

const PART: &str = r#"
/// How much of a thing there is at most.
const LIMITPART: u64 = 1_000 + EDIT;

/// A thing that holds readings, with a name to show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThingPART {
    /// What it is called.
    pub name: String,
    /// Its readings, in the order in which they came.
    readings: Vec<u64>,
    by_kind: BTreeMap<u64, KindPART>,
}

/// What a reading is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindPART {
    Small,
    Large { factor: u64 },
    Other(u64, u64),
}

impl ThingPART {
    /// An empty thing.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a reading, unless there are too many.
    pub fn add(&mut self, reading: u64) -> bool {
        if self.readings.len() as u64 >= LIMITPART {
            return false;
        }
        let kind = match reading % 3 {
            0 => KindPART::Small,
            1 => KindPART::Large { factor: reading / 3 },
            _ => KindPART::Other(reading, reading + 1),
        };
        self.by_kind.insert(reading, kind);
        self.readings.push(reading);
        true
    }

    /// The sum of all readings, each by its kind.
    pub fn total(&self) -> u64 {
        let mut total: u64 = 0;
        for reading in &self.readings {
            let weight = match self.by_kind.get(reading) {
                Some(KindPART::Small) | None => 1,
                Some(KindPART::Large { factor }) => *factor,
                Some(KindPART::Other(first, second)) => first ^ second,
            };
            total = total.wrapping_add(reading.wrapping_mul(weight));
        }
        total
    }

    /// The readings that are over a limit, the largest first.
    pub fn largest(&self, limit: u64) -> Vec<u64> {
        let mut found: Vec<u64> = self
            .readings
            .iter()
            .copied()
            .filter(|reading| *reading > limit)
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        found
    }
}

impl fmt::Display for ThingPART {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.name, self.readings.len())
    }
}

/// What comes out of `x`, by way of a thing and of other modules.
pub fn computePART(x: u64) -> u64 {
    let mut thing = ThingPART::new("NUMBER");
    for reading in 0..x % 16 {
        // Not all of them fit.
        if !thing.add(reading.wrapping_mul(x)) {
            break;
        }
    }
    let mut total = thing.total().wrapping_add(thing.to_string().len() as u64);
CALLS
    for large in thing.largest(LIMITPART / 2) {
        total = helperPART(total, large);
    }
    total
}

fn helperPART(total: u64, large: u64) -> u64 {
    let (a, b) = (total.rotate_left(7), large.wrapping_add(NUMBER));
    if a > b { a - b } else { b - a }
}

#[cfg(test)]
mod testsPART {
    use super::*;

    #[test]
    fn a_thing_has_what_was_added() {
        let mut thing = ThingPART::new("test");
        assert!(thing.add(3));
        assert_eq!(thing.total(), 3);
        assert_eq!(thing.largest(1), [3]);
    }
}
"#;
