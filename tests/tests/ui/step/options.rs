use zen_runtime::step;

#[step(versoin = 2)]
fn unknown() -> u8 {
    1
}

#[step(version = 2, version = 3)]
fn twice() -> u8 {
    1
}

#[step(name = 3, version = 1.5, cache = "no", env(TZ), depends, ignore = x)]
fn wrong_values(x: u8) -> u8 {
    x
}

#[step(name = "", env("TZ", "TZ", ""), depends("/etc/hosts"))]
fn empty_or_repeated() -> u8 {
    1
}

#[step(version 2)]
fn no_option() -> u8 {
    1
}

fn main() {}
