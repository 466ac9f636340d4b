use zen_runtime::step;

struct Model {
    weights: Vec<f64>,
}

#[step]
fn train(rows: &[f64]) -> Model {
    Model {
        weights: rows.to_vec(),
    }
}

#[step]
fn try_train(rows: &[f64]) -> Result<Model, String> {
    Ok(Model {
        weights: rows.to_vec(),
    })
}

#[step(outputs(model, score))]
fn train_and_score(rows: &[f64]) -> (Model, f64) {
    let weights = rows.to_vec();
    (Model { weights }, 1.0)
}

impl Model {
    #[step]
    fn new(rows: &[f64]) -> Self {
        Self {
            weights: rows.to_vec(),
        }
    }
}

fn main() {}
