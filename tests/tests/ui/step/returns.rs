use zen_runtime::step;

#[step]
fn borrowed(text: &str) -> &str {
    text
}

#[step]
fn opaque(n: u32) -> impl Iterator<Item = u32> {
    0..n
}

#[step]
fn object(n: u32) -> Box<dyn std::fmt::Debug> {
    Box::new(n)
}

#[step]
fn with_lifetime<'a>(text: &'a str) -> std::borrow::Cow<'a, str> {
    text.into()
}

#[step]
fn never() -> ! {
    panic!()
}

#[step]
fn pointer(n: &u32) -> *const u32 {
    n
}

#[step]
fn hidden_type(n: u32) -> std::fmt::Result {
    (n > 0).then_some(()).ok_or(std::fmt::Error)
}

fn main() {}
