//! What is cleared away is what the policy says, and never what is pinned, in
//! use, or of the last runs; a dry run tells it beforehand.

#![allow(missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Barrier, LazyLock},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use zen_runtime::{
    ArtifactId, Evict, GcAction, GcItem, GcPolicy, GcReason, Pipeline, Repository, pipeline, step,
};
use zen_tests::{Count, TestRepository};

const LARGE: u64 = 100_000;

#[step]
fn made(n: u64) -> Vec<u8> {
    vec![u8::try_from(n % 251).unwrap(); 100_000]
}

#[step]
fn doubled(bytes: &[u8]) -> Vec<u8> {
    [bytes, bytes].concat()
}

#[step]
fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

fn lengths(n: u64) -> Pipeline<u64> {
    pipeline!("lengths", {
        let made = made(n);
        let doubled = doubled(made);
        let length = length(doubled);
        length
    })
    .allow_new_version()
}

/// Waits for the next millisecond, so that what was stored is in the past.
fn next_millisecond() {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis()
    };
    let before = now();
    while now() == before {
        thread::yield_now();
    }
}

fn drop_all() -> GcPolicy {
    next_millisecond();
    GcPolicy::new().keep_runs(0).max_age(Duration::ZERO)
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files_in(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn blobs(repo: &Repository) -> usize {
    files_in(&repo.dir().join("blobs")).len()
}

/// Does what the policy says, and checks that a dry run tells just that.
fn gc(repo: &Repository, policy: &GcPolicy) -> zen_runtime::GcReport {
    let told = repo.gc(&policy.clone().dry_run(true)).unwrap();
    let blobs_before = blobs(repo);
    assert!(told.is_dry_run());
    let done = repo.gc(policy).unwrap();
    assert_eq!(told.items(), done.items());
    assert_eq!(told.bytes_before(), done.bytes_before());
    assert_eq!(told.bytes_after(), done.bytes_after());
    assert_eq!(told.dropped_runs(), done.dropped_runs());
    assert_eq!(told.dropped_versions(), done.dropped_versions());
    assert!(blobs(repo) <= blobs_before);
    let again = repo.gc(&policy.clone().dry_run(true)).unwrap();
    assert!(again.items().is_empty(), "{again}");
    assert_eq!(again.bytes_before(), done.bytes_after());
    done
}

fn made_id(n: u64) -> ArtifactId {
    let bytes = vec![u8::try_from(n % 251).unwrap(); 100_000];
    let encoded = zen_runtime::codec::encode(&bytes).unwrap();
    ArtifactId::of("bincode2", &encoded)
}

#[test]
fn the_default_policy_keeps_every_result() {
    let repo = TestRepository::new();
    repo.scope(|| made(1));
    repo.quiet().run(&lengths(2)).unwrap();
    let report = gc(&repo, &GcPolicy::new());
    assert!(report.items().is_empty());
    assert_eq!(report.leftovers(), &zen_runtime::Leftovers::default());
    assert_eq!(repo.quiet().run(&lengths(2)).unwrap().summary().cached, 3);
}

#[test]
fn what_was_not_used_goes_and_what_is_pinned_or_of_the_last_run_stays() {
    let repo = TestRepository::new();
    repo.scope(|| (made(1), made(2)));
    repo.quiet().run(&lengths(3)).unwrap();
    repo.quiet().run(&lengths(4)).unwrap();
    assert!(repo.pin(&made_id(1)).unwrap());

    let report = gc(&repo, &drop_all().keep_runs(1));
    let steps: Vec<&str> = report.items().iter().map(GcItem::step).collect();
    assert_eq!(steps.len(), 4, "{report:#}");
    assert!(report.items().iter().all(|item| {
        item.action() == GcAction::Drop
            && item.reason() == GcReason::Age
            && item.fingerprint().is_some()
            && item.last_used().is_some()
    }));
    assert!(repo.artifact(&made_id(1)).unwrap().is_some());
    assert!(repo.artifact(&made_id(2)).unwrap().is_none());
    assert!(repo.artifact(&made_id(3)).unwrap().is_none());
    let warm = repo.quiet().run(&lengths(4)).unwrap();
    assert_eq!(warm.summary().cached, 3);

    // Who holds a run may still ask for its values.
    repo.unpin(&made_id(1)).unwrap();
    gc(&repo, &drop_all());
    assert!(repo.artifact(&made_id(1)).unwrap().is_none());
    assert!(repo.artifact(&made_id(4)).unwrap().is_some());
    drop(warm);
    repo.unpin(&made_id(1)).unwrap();
    gc(&repo, &drop_all());
    assert_eq!(blobs(&repo), 0);
    let cold = repo.quiet().run(&lengths(4)).unwrap();
    assert_eq!(cold.summary().computed, 3);
    assert_eq!(cold.outputs().unwrap(), 2 * LARGE);
}

#[test]
fn a_limit_is_met_by_what_is_cheapest_to_compute_again() {
    #[step]
    fn slow(n: u64) -> Vec<u8> {
        thread::sleep(Duration::from_millis(200));
        vec![u8::try_from(100 + n).unwrap(); 100_000]
    }
    let repo = TestRepository::new();
    repo.scope(|| (slow(1), made(1), slow(2), made(2)));
    let report = gc(&repo, &GcPolicy::new().max_size(2 * LARGE + 1_000));
    assert!(report.is_within_limit());
    assert_eq!(report.items().len(), 2);
    assert!(
        report
            .items()
            .iter()
            .all(|item| item.step().ends_with("made"))
    );
    let shown = report.to_string();
    assert!(
        shown.contains("drop") && shown.contains("over the size limit"),
        "{shown}"
    );

    let report = gc(&repo, &GcPolicy::new().max_size(0));
    assert!(report.is_within_limit());
    assert_eq!(report.bytes_after(), 0);
}

#[test]
fn a_limit_that_cannot_be_met_is_told() {
    let repo = TestRepository::new();
    repo.quiet().run(&lengths(1)).unwrap();
    let report = gc(&repo, &GcPolicy::new().max_size(10));
    assert!(!report.is_within_limit());
    assert!(report.items().is_empty());
    assert!(
        report.to_string().contains("still over the limit"),
        "{report}"
    );
}

#[test]
fn bytes_are_evicted_and_the_runs_still_hit() {
    let repo = TestRepository::new();
    repo.quiet().run(&lengths(1)).unwrap();
    let report = gc(&repo, &GcPolicy::new().evict(Evict::Intermediates));
    let evicted: Vec<_> = report.items().iter().map(GcItem::action).collect();
    assert_eq!(evicted, [GcAction::Evict; 2], "{report}");
    assert_eq!(blobs(&repo), 0);
    let warm = repo.quiet().run(&lengths(1)).unwrap();
    assert_eq!(warm.summary().cached, 3);
    assert_eq!(warm.outputs().unwrap(), 2 * LARGE);
    assert_eq!(warm.output::<Vec<u8>>("made").unwrap(), vec![1; 100_000]);
}

#[test]
fn runs_and_versions_are_forgotten_only_where_that_is_asked() {
    let repo = TestRepository::new();
    for n in [1, 2, 3] {
        repo.quiet().run(&lengths(n)).unwrap();
    }
    gc(&repo, &drop_all());
    assert_eq!(repo.runs().unwrap().len(), 3);
    assert_eq!(repo.versions("lengths").unwrap().len(), 3);
    next_millisecond();
    let forget = GcPolicy::new().drop_runs_after(Duration::ZERO);
    let report = gc(&repo, &forget);
    assert_eq!((report.dropped_runs(), report.dropped_versions()), (2, 2));
    assert_eq!(repo.runs().unwrap().len(), 1);
    let left = repo.versions("lengths").unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].version(), Some(3));
}

#[test]
fn leftovers_of_the_dead_go_and_those_of_the_living_stay() {
    let repo = TestRepository::new();
    repo.scope(|| made(1));
    repo.flush().unwrap();
    let zen = repo.dir().to_owned();
    let writer = files_in(&zen.join("locks"))
        .into_iter()
        .find_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            Some(name.strip_prefix("writer-")?.to_owned())
        })
        .expect("this process writes blobs");
    let write = |path: &str| fs::write(zen.join(path), "left").unwrap();
    write(&format!("tmp/{writer}.x"));
    write("tmp/0123456789abcdef01234567.x");
    write("tmp/of another release");
    write("locks/run-0123456789abcdef01234567");
    write("locks/writer-0123456789abcdef01234567");
    write("locks/waits-0123456789abcdef01234567");
    write(&format!("locks/{}", "ab".repeat(32)));
    fs::create_dir_all(zen.join("quarantine")).unwrap();
    write("quarantine/damaged");
    fs::create_dir_all(zen.join("blobs/ab")).unwrap();
    write(&format!("blobs/ab/{}", "cd".repeat(31)));

    let policy = GcPolicy::new().quarantine_age(Duration::ZERO);
    let told = repo.gc(&policy.clone().dry_run(true)).unwrap();
    let done = repo.gc(&policy).unwrap();
    assert_eq!(told.leftovers(), done.leftovers());
    let left = done.leftovers();
    assert_eq!((left.temporary, left.locks), (1, 4));
    assert_eq!((left.quarantined, left.orphans), (1, 1));
    assert_eq!(left.bytes, 7 * 4);
    assert_eq!(files_in(&zen.join("tmp")).len(), 2);
    assert_eq!(blobs(&repo), 1);
    assert_eq!(
        repo.gc(&policy).unwrap().leftovers(),
        &zen_runtime::Leftovers::default()
    );
}

/// While a run goes on, nothing goes that it has touched: neither what it hit, nor
/// what it computed, nor what no record leads to.
#[test]
fn what_a_live_run_has_touched_stays() {
    static HERE: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    static UNCACHED: Count = Count::new();

    #[step(cache = false)]
    fn uncached(n: u64) -> Vec<u8> {
        UNCACHED.add();
        vec![u8::try_from(n).unwrap(); 50_000]
    }

    #[step]
    fn stops(bytes: &[u8]) -> u64 {
        HERE.wait();
        HERE.wait();
        bytes.len() as u64
    }

    #[step]
    fn last(a: &[u8], b: &[u8], c: u64) -> u64 {
        a.len() as u64 + b.len() as u64 + c
    }

    let repo = TestRepository::new();
    repo.scope(|| made(7));
    let pipeline = pipeline!("live", {
        let hit = made(7);
        let free = uncached(3);
        let stopped = stops(hit);
        let sum = last(hit, free, stopped);
        sum
    });
    next_millisecond();
    let before = repo.clone();
    thread::scope(|scope| {
        let running = scope.spawn(|| {
            let run = before.runner().quiet().threads(1).run(&pipeline).unwrap();
            (run.summary().cached, run.outputs().unwrap())
        });
        HERE.wait();
        let policy = drop_all().max_size(0).evict(Evict::All);
        let report = repo.gc(&policy).unwrap();
        assert!(report.items().is_empty(), "{report:#}");
        assert!(!report.is_within_limit());
        HERE.wait();
        let (cached, sum) = running.join().unwrap();
        assert_eq!(cached, 1);
        assert_eq!(sum, 2 * LARGE + 50_000);
        assert_eq!(UNCACHED.get(), 1);
    });
    let report = gc(&repo, &drop_all().max_size(0));
    assert!(report.is_within_limit(), "{report}");
    assert_eq!(blobs(&repo), 0);
}
