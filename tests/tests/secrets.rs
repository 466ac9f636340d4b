//! A secret counts in a key, and its bytes are nowhere: not in the store, not
//! in a pipeline, not in a message.

#![allow(missing_docs)]

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};
use zen_runtime::{PipelineError, Repository, RunError, Secret, pipeline, step};
use zen_tests::{Count, TestRepository};

/// Long enough to be nowhere by chance.
const TOKEN: &str = "correct horse battery staple";

static CALLS: Count = Count::new();

#[step]
fn fetch(page: u32, token: &Secret<String>) -> usize {
    CALLS.add();
    token.expose().len() + page as usize
}

#[step]
fn double(count: usize) -> usize {
    count * 2
}

#[derive(Clone, Serialize, Deserialize)]
struct Login {
    user: String,
    password: Secret<String>,
}

#[step]
fn log_in(login: Login) -> String {
    CALLS.add();
    format!("{} with {}", login.user, login.password)
}

#[step]
fn leak(token: &Secret<String>) -> Secret<String> {
    token.clone()
}

fn token() -> Secret<String> {
    Secret::new(TOKEN.to_owned())
}

/// Whether any file under `folder` holds the token, whole or in part.
fn holds_the_token(folder: &Path) -> bool {
    let part = &TOKEN.as_bytes()[..12];
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_the_token(&path);
        }
        let bytes = fs::read(&path).unwrap();
        bytes.windows(part.len()).any(|window| window == part)
    })
}

/// Tests count calls, so each holds this.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn calls_of(body: impl FnOnce()) -> usize {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = CALLS.get();
    body();
    CALLS.get() - before
}

#[test]
fn a_secret_counts_and_is_not_in_the_store() {
    let repo = TestRepository::new();
    let calls = calls_of(|| {
        repo.scope(|| {
            assert_eq!(fetch(1, &token()), TOKEN.len() + 1);
            assert_eq!(fetch(1, &token()), TOKEN.len() + 1);
            assert_eq!(fetch(1, &Secret::new("other".to_owned())), 6);
            let login = Login {
                user: "me".to_owned(),
                password: token(),
            };
            assert_eq!(log_in(login.clone()), "me with ***");
            assert_eq!(log_in(login), "me with ***");
        });
    });
    assert_eq!(calls, 3);
    assert!(!holds_the_token(repo.folder()));
}

#[test]
fn a_key_is_one_stores_own() {
    let (a, b) = (TestRepository::new(), TestRepository::new());
    let fingerprint = |repo: &Repository| {
        let pipeline = pipeline!("p", {
            let pages = fetch(1, token());
            pages
        });
        let run = repo.runner().quiet().run(&pipeline).unwrap();
        run.steps()[0].fingerprint.unwrap()
    };
    let _ = calls_of(|| {
        assert_eq!(fingerprint(&a), fingerprint(&a));
        assert_ne!(fingerprint(&a), fingerprint(&b));
    });
}

#[test]
fn a_pipeline_that_is_read_back_asks_for_its_secret() {
    let repo = TestRepository::new();
    let pipeline = pipeline!("secret", {
        let pages = fetch(3, token());
        let twice = double(pages);
        twice
    });
    let calls = calls_of(|| {
        let run = repo.quiet().run(&pipeline).unwrap();
        assert_eq!(run.outputs().unwrap(), (TOKEN.len() + 3) * 2);

        let read = repo.pipeline("secret").unwrap();
        let RunError::Pipeline(error @ PipelineError::SecretMissing { .. }) =
            repo.quiet().run(&read).unwrap_err()
        else {
            panic!("another error");
        };
        let message = error.to_string();
        assert!(
            message.contains("`token` of the step `pages` is not stored"),
            "{message}"
        );
        assert!(
            message.contains(".set_param(\"pages\", \"token\", ...)"),
            "{message}"
        );

        let given = read.set_param("pages", "token", token()).unwrap();
        let run = repo.quiet().run(&given).unwrap();
        assert_eq!(run.summary().cached, 2);
        assert_eq!(run.output::<usize>("twice").unwrap(), (TOKEN.len() + 3) * 2);
    });
    assert_eq!(calls, 1);
    assert!(!holds_the_token(repo.folder()));
}

#[test]
fn a_step_that_takes_a_secret_by_value_is_handed_it() {
    let repo = TestRepository::new();
    let login = || Login {
        user: "me".to_owned(),
        password: token(),
    };
    let pipeline = pipeline!("by value", {
        let greeting = log_in(login());
        greeting
    });
    let calls = calls_of(|| {
        let run = repo.quiet().run(&pipeline).unwrap();
        assert_eq!(run.outputs().unwrap(), "me with ***");
    });
    assert_eq!(calls, 1);
    assert!(!holds_the_token(repo.folder()));
}

#[test]
fn a_secret_that_a_step_returns_is_not_kept() {
    let repo = TestRepository::new();
    let leaked = repo.scope(|| leak(&token()));
    assert_eq!(leaked.expose(), TOKEN);
    assert!(!holds_the_token(repo.folder()));
}

#[test]
fn a_secret_is_not_shown() {
    let login = Login {
        user: "me".to_owned(),
        password: token(),
    };
    let shown = format!(
        "{:?} {:#?} {}",
        login.password, login.password, login.password
    );
    assert_eq!(shown, "Secret(..) Secret(..) ***");
    let pipeline = pipeline!("shown", {
        let greeting = log_in(login);
        greeting
    });
    let steps: Vec<_> = pipeline.steps().collect();
    assert!(!format!("{pipeline} {pipeline:?} {steps:?}").contains("battery"));
}
