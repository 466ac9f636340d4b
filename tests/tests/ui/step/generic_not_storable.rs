use zen_runtime::step;

#[step]
fn first<T: Clone>(rows: &[T]) -> Option<T> {
    rows.first().cloned()
}

fn main() {}
