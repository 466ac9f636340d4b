//! For every kind of signature: a second call is a hit, and its value is the one
//! that was computed.

#![allow(missing_docs)]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zen_runtime::{Storable, step};
use zen_tests::{Count, TestRepository};

static BODIES: Count = Count::new();

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    pub columns: BTreeMap<String, Vec<f64>>,
    pub kept: Option<u32>,
}

fn rows() -> Rows {
    Rows {
        columns: BTreeMap::from([("a".to_owned(), vec![1.0, -0.0, f64::MAX])]),
        kept: Some(3),
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Dot,
    Circle(f64),
    Box { width: f32, height: f32 },
}

#[allow(missing_debug_implementations)]
/// An error that is neither an `Error` nor `Debug` nor serializable.
pub struct Opaque(#[allow(dead_code)] Box<dyn Fn() -> u8>);

mod steps {
    use super::*;

    #[step]
    pub fn owned(n: u32, text: String, rows: Rows) -> (usize, Rows) {
        BODIES.add();
        (n as usize + text.len(), rows)
    }

    #[step]
    pub fn references(rows: &Rows, text: &str, numbers: &[i64], path: &Path) -> String {
        BODIES.add();
        format!("{rows:?} {text} {numbers:?} {}", path.display())
    }

    #[step]
    pub fn options(a: Option<u8>, b: Option<&Rows>, c: Option<&str>) -> Option<String> {
        BODIES.add();
        Some(format!("{a:?} {b:?} {}", c?))
    }

    #[step]
    pub fn tuples_and_arrays((a, b): (u8, i16), [x, y]: [f32; 2], long: [u8; 40]) -> [f32; 3] {
        BODIES.add();
        [f32::from(a) + f32::from(b), x + y, f32::from(long[39])]
    }

    #[step]
    pub fn mutable(mut numbers: Vec<u64>, mut limit: usize) -> Vec<u64> {
        BODIES.add();
        limit = limit.min(numbers.len());
        numbers.truncate(limit);
        numbers.reverse();
        numbers
    }

    #[step]
    pub fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b [&'a str]) -> Vec<String> {
        BODIES.add();
        b.iter().map(|b| format!("{a}{b}")).collect()
    }

    #[step]
    pub fn of_static(name: &'static str, path: Option<&'static str>) -> usize {
        BODIES.add();
        name.len() + path.map_or(0, str::len)
    }

    #[step]
    pub fn generic<T, const N: usize>(items: &[T], array: [T; N]) -> Vec<T>
    where
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        BODIES.add();
        items.iter().chain(&array).cloned().collect()
    }

    #[step]
    pub fn const_array<const N: usize>(seed: f64) -> [f64; N] {
        BODIES.add();
        [seed; N]
    }

    /// Documented, and told to the compiler in many ways.
    #[step]
    #[inline]
    #[must_use]
    #[allow(clippy::needless_pass_by_value, unused_variables)]
    #[cfg(not(any()))]
    pub(crate) fn attributes(shape: Shape, unused: u8) -> Shape {
        BODIES.add();
        match shape {
            Shape::Circle(r) => Shape::Circle(2.0 * r),
            other => other,
        }
    }

    #[step]
    pub fn fallible(n: i32) -> Result<u32, Opaque> {
        BODIES.add();
        u32::try_from(n).map_err(|_| Opaque(Box::new(|| 1)))
    }

    #[step]
    pub fn io_result(name: &str) -> io::Result<usize> {
        BODIES.add();
        name.parse().map_err(io::Error::other)
    }

    #[step]
    pub fn unit(n: u8) {
        BODIES.add();
        assert!(n > 0, "a step may have no value");
    }

    #[step]
    pub fn none(n: u8) -> Option<u8> {
        BODIES.add();
        n.checked_sub(200)
    }

    #[step]
    pub fn collections(
        map: HashMap<String, HashSet<u16>>,
        shared: Arc<Vec<u8>>,
    ) -> (HashMap<String, usize>, HashSet<u8>) {
        BODIES.add();
        let sizes = map.into_iter().map(|(k, v)| (k, v.len())).collect();
        (sizes, shared.iter().copied().collect())
    }

    #[step]
    pub fn any_text(text: impl AsRef<str> + Serialize) -> String {
        BODIES.add();
        text.as_ref().to_uppercase()
    }

    #[step]
    pub fn fibonacci(n: u64) -> u64 {
        BODIES.add();
        if n < 2 {
            n
        } else {
            fibonacci(n - 1) + fibonacci(n - 2)
        }
    }

    #[step]
    pub async fn asynchronous(text: &str, times: usize) -> Result<String, String> {
        BODIES.add();
        let once = async { text.to_owned() }.await;
        if times == 0 {
            return Err("no times".to_owned());
        }
        Ok(once.repeat(times))
    }

    #[step(outputs(low, high))]
    pub fn split(numbers: &[i32], at: i32) -> (Vec<i32>, Vec<i32>) {
        BODIES.add();
        numbers.iter().partition(|&&n| n < at)
    }

    #[step(ignore(verbose))]
    pub fn ignoring(n: u32, verbose: bool) -> u32 {
        BODIES.add();
        n + u32::from(verbose && n > 1_000)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    weights: Vec<f64>,
}

trait Score {
    fn score(&self, x: f64) -> f64;
}

impl Model {
    #[step]
    pub fn fit(rows: &Rows) -> Model {
        BODIES.add();
        Model {
            weights: rows.columns.values().flatten().copied().collect(),
        }
    }

    #[step]
    pub fn scaled(&self, by: f64) -> Self {
        BODIES.add();
        Self {
            weights: self.weights.iter().map(|w| w * by).collect(),
        }
    }

    #[step]
    pub fn into_first(self) -> Option<f64> {
        BODIES.add();
        self.weights.into_iter().next()
    }
}

impl Score for Model {
    #[step]
    fn score(&self, x: f64) -> f64 {
        BODIES.add();
        self.weights.iter().map(|w| w * x).sum()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column<T> {
    cells: Vec<T>,
}

impl<T: Storable + Clone> Column<T> {
    #[step]
    fn doubled(&self) -> Column<T> {
        BODIES.add();
        Self {
            cells: [self.cells.clone(), self.cells.clone()].concat(),
        }
    }

    #[step]
    fn of_one(cell: T) -> Column<T> {
        BODIES.add();
        Column { cells: vec![cell] }
    }
}

/// Borrows what it shows, and cannot be read back.
#[derive(Clone, Copy, Serialize)]
struct View<'a> {
    rows: &'a [f64],
}

impl<'a> View<'a> {
    #[step]
    fn sum(&self) -> f64 {
        BODIES.add();
        self.rows.iter().sum()
    }

    #[step]
    fn scaled(self, by: &'a f64) -> Vec<f64> {
        BODIES.add();
        self.rows.iter().map(|row| row * by).collect()
    }
}

trait Describe: Serialize + Debug {
    #[step]
    fn describe(&self, width: usize) -> String {
        BODIES.add();
        format!("{self:?}{width}")
    }
}

impl Describe for Model {}
impl Describe for Rows {}

macro_rules! adders {
    ($($name:ident $amount:literal)*) => {
        $(
            #[step]
            fn $name(n: u64) -> u64 {
                BODIES.add();
                n + $amount
            }
        )*
    };
}

adders!(add_one 1 add_two 2);

mod outer {
    pub(crate) mod inner {
        use zen_runtime::step;

        #[step]
        pub(in super::super) fn restricted(n: &u8) -> (u8,) {
            super::super::BODIES.add();
            (*n,)
        }
    }
}

/// Serializes, but cannot be read back: enough for an argument.
#[derive(Debug, Serialize)]
pub struct OneWay(u8);

#[step]
fn one_way(value: &OneWay, other: Option<OneWay>) -> u8 {
    BODIES.add();
    value.0 + other.map_or(0, |other| other.0)
}

/// Calls twice: the body runs once, and both values are the same.
fn once<T: PartialEq + Debug>(name: &str, call: impl Fn() -> T) {
    let before = BODIES.get();
    let computed = call();
    assert_eq!(BODIES.get(), before + 1, "{name}: the first call is a miss");
    let hit = call();
    assert_eq!(BODIES.get(), before + 1, "{name}: the second call is a hit");
    assert_eq!(computed, hit, "{name}: a hit has the computed value");
}

/// One test function: the count of bodies is shared.
#[test]
fn a_hit_has_the_value_that_was_computed() {
    let repo = TestRepository::new();
    repo.scope(|| {
        free_functions();
        results();
        methods();
        elsewhere();
        local_steps();
    });
}

fn free_functions() {
    use steps::*;

    once("owned", || owned(7, "seven".to_owned(), rows()));
    once("references", || {
        references(&rows(), "text", &[1, -2], &PathBuf::from("a/b"))
    });
    once("options", || options(Some(1), Some(&rows()), Some("c")));
    once("options of none", || options(None, None, None));
    once("none", || none(3));
    once("tuples and arrays", || {
        tuples_and_arrays((1, -2), [0.5, 0.25], [9; 40])
    });
    once("mutable", || mutable(vec![1, 2, 3], 2));
    once("lifetimes", || lifetimes("a", &["b", "c"]));
    once("static", || of_static("a", Some("b")));
    once("generic", || generic(&[1_u8, 2], [3_u8, 4, 5]));
    once("generic of text", || {
        generic(&["a".to_owned()], ["b".to_owned()])
    });
    once("generic of another length", || generic(&[1_u8, 2], [3_u8]));
    once("const array of 3", || const_array::<3>(1.5));
    once("const array of 50", || const_array::<50>(1.5));
    once("attributes", || attributes(Shape::Circle(1.5), 0));
    once("attributes of another variant", || {
        attributes(
            Shape::Box {
                width: 1.0,
                height: 2.0,
            },
            0,
        )
    });
    once("unit", || unit(1));
    once("collections", || {
        let map = HashMap::from([
            ("x".to_owned(), HashSet::from([1, 2, 3])),
            ("y".to_owned(), HashSet::new()),
        ]);
        collections(map, Arc::new(vec![1, 1, 2]))
    });
    once("impl trait", || any_text("abc"));
    once("impl trait of another type", || any_text("abc".to_owned()));
    once("split", || split(&[5, 1, 4], 4));
    once("ignoring", || ignoring(1, true));
    let before = BODIES.get();
    assert_eq!(ignoring(1, false), 1);
    assert_eq!(
        BODIES.get(),
        before,
        "an ignored argument is not in the key"
    );
    let future = || pollster::block_on(asynchronous("ab", 2));
    once("async", future);
    let before = BODIES.get();
    assert_eq!(fibonacci(60), 1_548_008_755_920);
    assert_eq!(BODIES.get() - before, 61, "each number is computed once");
}

fn results() {
    use steps::*;

    once("an Ok", || fallible(4).ok());
    once("an io::Result", || io_result("12").ok());
    let before = BODIES.get();
    assert!(fallible(-1).is_err() && fallible(-1).is_err());
    assert!(io_result("x").is_err() && io_result("x").is_err());
    let failed = || pollster::block_on(asynchronous("ab", 0));
    assert!(failed().is_err() && failed().is_err());
    assert_eq!(BODIES.get() - before, 6, "an error is not kept");
}

fn methods() {
    once("an associated function", || Model::fit(&rows()));
    let model = Model::fit(&rows());
    once("a method", || model.scaled(2.0));
    once("a method that takes self", || model.clone().into_first());
    once("a method of a trait", || model.score(0.5));
    once("a method of a generic type", || {
        Column { cells: vec![1_u8] }.doubled()
    });
    once("the same of another type", || {
        Column { cells: vec![1_i8] }.doubled()
    });
    once("a function of a generic type", || Column::of_one('x'));
    let rows = [1.0, 2.0];
    let view = View { rows: &rows };
    once("a method of a type that borrows", || view.sum());
    once("a method that takes what borrows", || view.scaled(&2.0));
    once("a default method of a trait", || model.describe(3));
    once("the same of another type", || rows_of_one().describe(3));
    let before = BODIES.get();
    let other = Model { weights: vec![1.0] };
    other.scaled(2.0);
    assert_eq!(BODIES.get() - before, 1, "the receiver is in the key");
}

fn rows_of_one() -> Rows {
    Rows {
        columns: BTreeMap::new(),
        kept: None,
    }
}

fn elsewhere() {
    once("a step that a macro wrote", || add_one(1));
    once("the next one", || add_two(1));
    once("a step of restricted visibility", || {
        outer::inner::restricted(&7)
    });
    once("an argument that cannot be read back", || {
        one_way(&OneWay(1), Some(OneWay(2)))
    });
}

fn local_steps() {
    #[step]
    fn local(n: u8) -> u16 {
        BODIES.add();
        u16::from(n) * 2
    }
    once("a step in a function", || local(4));
    let panics = || std::panic::catch_unwind(|| steps::unit(0)).is_err();
    let before = BODIES.get();
    assert!(panics() && panics());
    assert_eq!(BODIES.get() - before, 2, "a panic is not kept");
}
