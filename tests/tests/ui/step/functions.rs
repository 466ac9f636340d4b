use zen_runtime::step;

#[step]
fn map(rows: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    rows.iter().map(|row| f(*row)).collect()
}

#[step]
fn map_generic<F>(rows: &[f64], f: F) -> Vec<f64>
where
    F: Fn(f64) -> f64,
{
    rows.iter().map(|row| f(*row)).collect()
}

#[step]
fn map_pointer(rows: &[f64], f: fn(f64) -> f64) -> Vec<f64> {
    rows.iter().map(|row| f(*row)).collect()
}

#[step]
fn map_object(rows: &[f64], f: &dyn Fn(f64) -> f64) -> Vec<f64> {
    rows.iter().map(|row| f(*row)).collect()
}

fn main() {}
