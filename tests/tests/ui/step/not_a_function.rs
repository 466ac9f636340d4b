use zen_runtime::step;

#[step]
struct Model;

#[step]
impl Model {
    fn fit() {}
}

#[step]
const LIMIT: u32 = 1;

fn main() {}
