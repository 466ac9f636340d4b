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
    let _ = pipeline!("statements", {
        let rows = 10;
        let mut first = load(10);
        let [second] = load(10);
        let third = load(10);
        let third = load(11);
        let Some(fourth) = load(10) else { return };
        if true {
            load(10);
        }
        let fifth = third.mean();
        third
    });
    let _ = pipeline!({ let rows = load(10); rows });
    let _ = pipeline!("no steps", {});
}
