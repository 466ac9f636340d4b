use zen_runtime::step;

struct Model {
    weights: Vec<f64>,
}

#[step]
fn score(model: &Model, scale: f64) -> f64 {
    model.weights.iter().sum::<f64>() * scale
}

#[step]
fn score_all(models: Vec<Model>) -> f64 {
    models.iter().flat_map(|model| &model.weights).sum()
}

fn main() {}
