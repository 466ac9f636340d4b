use zen_runtime::step;

#[step]
const fn constant(n: u32) -> u32 {
    n
}

#[step]
unsafe fn dangerous(n: u32) -> u32 {
    n
}

#[step]
extern "C" fn foreign(n: u32) -> u32 {
    n
}

#[step]
fn raw(bytes: *const u8) -> bool {
    bytes.is_null()
}

#[step]
fn conditional(a: u32, #[cfg(unix)] b: u32) -> u32 {
    a + b
}

fn main() {}
