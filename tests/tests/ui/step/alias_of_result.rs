use zen_runtime::step;

type Parsed = Result<u32, String>;

#[step]
fn parse(text: &str) -> Parsed {
    text.parse().map_err(|_| text.to_owned())
}

fn main() {}
