use super::*;
use std::hint::black_box;
use std::time::Instant;
fn time(name: &str, n: u32, mut f: impl FnMut(u32)) {
    let mut best: Vec<f64> = (0..9).map(|r| { let t = Instant::now(); for i in 0..n { f(r * n + i) } t.elapsed().as_nanos() as f64 / f64::from(n) }).collect();
    best.sort_by(f64::total_cmp);
    println!("{name:50} {:10.3} ns (min {:.3})", best[4], best[0]);
}
#[test]
fn zz() {
    let (_f, s) = store();
    let calls: Vec<_> = (0..2000u64).map(|n| { let a = artifact(n.to_le_bytes().repeat(8)); (keep(&s, "crate::step", n, &a), a.id) }).collect();
    let c = |i: u32| &calls[(i as usize * 7919) % 2000];
    let snap = s.fresh_snapshot().unwrap();
    time("raw record get", 100_000, |i| { black_box(snap.record(c(i).0.as_bytes()).unwrap().unwrap()); });
    time("look record", 100_000, |i| { black_box(s.look(|snap| snap.record(c(i).0.as_bytes())).unwrap().unwrap()); });
    let page = snap.record(calls[5].0.as_bytes()).unwrap().unwrap();
    let fp = calls[5].0;
    println!("page {} head {}", page.len(), u32::from_le_bytes(page[1..5].try_into().unwrap()));
    let n = u32::from_le_bytes(page[1..5].try_into().unwrap()) as usize;
    let head = &page[5..5+n];
    time("seal open head", 100_000, |_| { black_box(crate::store::seal::open("records head", fp.as_bytes(), black_box(head)).unwrap()); });
    time("decode_hit", 100_000, |_| { black_box(crate::store::record::decode_hit(&fp, black_box(&page)).unwrap()); });
    let id = calls[5].1;
    let page = snap.artifact(id.as_bytes()).unwrap().unwrap();
    time("entry read", 100_000, |_| { black_box(crate::store::artifact::Entry::read(&id, black_box(&page)).unwrap()); });
    let e = crate::store::artifact::Entry::read(&id, &page).unwrap();
    time("entry checked", 100_000, |_| { black_box(black_box(e).checked(&id).unwrap()); });
    time("blake3 64", 100_000, |_| { black_box(blake3::hash(black_box(&page[..64]))); });
    time("blake3 170", 100_000, |_| { black_box(blake3::hash(black_box(&[7u8; 170]))); });
}
