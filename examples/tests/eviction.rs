//! Every intermediate table of the example is given up: a warm run is still all
//! hits and reads no artifact, and a table that is asked for is computed again
//! from the data files, with the ID that it had.

#![allow(missing_docs)]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracing::{Event, Metadata, Subscriber, field, span};
use zen_examples::flights::{Dataset, by_tree};
use zen_runtime::{Evict, GcPolicy, Repository};

/// Counts the events in which the store says that it reads an artifact.
#[derive(Clone, Default)]
struct Reads(Arc<AtomicUsize>);

impl Subscriber for Reads {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "zen"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        let mut is_read = false;
        event.record(&mut |field: &field::Field, value: &dyn std::fmt::Debug| {
            is_read |= field.name() == "message" && format!("{value:?}") == "read";
        });
        if is_read {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

impl Reads {
    /// How many artifacts `f` reads on this thread.
    fn during<R>(f: impl FnOnce() -> R) -> (usize, R) {
        let reads = Self::default();
        let result = tracing::subscriber::with_default(reads.clone(), f);
        (reads.0.load(Ordering::SeqCst), result)
    }
}

#[test]
fn the_tables_are_evicted_and_everything_still_hits() {
    let folder = tempfile::tempdir().expect("a folder");
    let repo = Repository::open(folder.path()).expect("a repository");
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let pipeline = by_tree(&data, 8, 200);
    let first = repo.runner().quiet().run(&pipeline).expect("a run");
    let outcome = first.outputs().expect("the outputs");
    let id_of = |name: &str| first.output_id(name).expect("an output");
    let (id, tree) = (id_of("dataset"), id_of("model"));
    // Nothing that a held run has touched would go.
    drop(first);

    let report = repo
        .gc(&GcPolicy::new().evict(Evict::Intermediates))
        .expect("a collection");
    // All but the picture; the score is an output, and taken by the picture.
    let evicted = report.items().len();
    assert_eq!(evicted, 10, "{report}");
    assert!(
        report.bytes_after() < report.bytes_before() / 100,
        "{report}"
    );

    // One thread: the counter sees this one only.
    let (reads, warm) = Reads::during(|| {
        let runner = repo.runner().quiet().threads(1);
        runner.run(&pipeline).expect("a warm run")
    });
    assert_eq!((warm.summary().cached, warm.summary().steps), (11, 11));
    assert_eq!(reads, 0);
    assert!(repo.plan(&pipeline).expect("a plan").is_all_cached());

    let (reads, again) = Reads::during(|| warm.outputs().expect("the outputs"));
    assert_eq!(reads, 2, "the counter counts");
    assert_eq!(format!("{again:?}"), format!("{outcome:?}"));

    let artifact = repo.artifact(&id).expect("a store").expect("an artifact");
    assert!(artifact.is_evicted().expect("a store"));
    let dataset: Dataset = warm.output("dataset").expect("the dataset");
    assert_eq!(warm.output_id("dataset"), Some(id));
    assert!(!artifact.is_evicted().expect("a store"));
    assert_eq!(
        artifact.bytes().expect("its bytes").len() as u64,
        artifact.size()
    );
    drop(dataset);
    let tree = repo.artifact(&tree);
    assert!(
        tree.expect("a store")
            .expect("a tree")
            .is_evicted()
            .expect("a store")
    );
}
