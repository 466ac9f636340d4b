use zen_runtime::step;

#[step]
fn append(rows: &mut Vec<u32>, row: u32) {
    rows.push(row);
}

struct Counter(u32);

impl Counter {
    #[step]
    fn count(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

fn main() {}
