use zen_runtime::step;

#[step(outputs(train, train))]
fn one_name(rows: &[u32]) -> (u32, u32) {
    (rows[0], rows[1])
}

#[step(outputs(train, test, rest))]
fn wrong_count(rows: &[u32]) -> (u32, u32) {
    (rows[0], rows[1])
}

#[step(outputs(train, test))]
fn no_tuple(rows: &[u32]) -> Vec<u32> {
    rows.to_vec()
}

#[step(outputs(train))]
fn single(rows: &[u32]) -> (u32,) {
    (rows[0],)
}

fn main() {}
