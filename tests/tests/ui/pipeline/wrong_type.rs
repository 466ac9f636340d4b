use zen_runtime::{pipeline, step};

#[step]
fn load(rows: usize) -> Vec<f64> {
    vec![0.5; rows]
}

#[step(outputs(train, test))]
fn split(rows: &[f64], at: usize) -> (Vec<f64>, Vec<f64>) {
    let (train, test) = rows.split_at(at);
    (train.to_vec(), test.to_vec())
}

#[step]
fn mean(rows: &[f64]) -> f64 {
    rows.iter().sum::<f64>() / rows.len() as f64
}

fn main() {
    let _ = pipeline!("types", {
        let rows = load(10);
        let average = mean(rows);
        let again = mean(average);
        let more = load("ten");
        (again, more)
    });
}
