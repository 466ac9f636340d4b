use zen_runtime::step;

#[step(ignore(thread, verbose, verbose))]
fn count(rows: &[u32], threads: usize, verbose: bool) -> usize {
    let _ = (threads, verbose);
    rows.len()
}

#[step(ignore(x))]
fn nothing() -> u8 {
    1
}

fn main() {}
