//! Pipelines: composed, kept by name, read back, copied, changed, and run.

#![allow(missing_docs)]
// The numbers are small, and those of a hit are the computed ones bit by bit.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp
)]

use serde::{Deserialize, Serialize};
use zen_runtime::{
    MissReason, PastRun, Pipeline, PipelineBuilder, PipelineError, PlannedStep, RunError,
    StepOutcome, StepStatus, call, pipeline, step, step_ref,
};
use zen_tests::{Count, TestRepository};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    slope: f64,
    kind: String,
}

#[step]
fn load(rows: u32) -> Vec<f64> {
    (0..rows).map(f64::from).collect()
}

#[step(outputs(train, test))]
fn split(rows: &[f64], fraction: f64) -> (Vec<f64>, Vec<f64>) {
    let at = (rows.len() as f64 * fraction) as usize;
    (rows[at..].to_vec(), rows[..at].to_vec())
}

#[step]
fn fit_line(rows: &[f64], steps: u32) -> Model {
    Model {
        slope: rows.iter().sum::<f64>() * f64::from(steps),
        kind: "line".to_owned(),
    }
}

#[step]
fn fit_curve(data: Vec<f64>, bend: f64) -> Model {
    Model {
        slope: data.iter().sum::<f64>() * bend,
        kind: "curve".to_owned(),
    }
}

#[step]
fn fit_nothing(seed: u64) -> Model {
    Model {
        slope: seed as f64,
        kind: "nothing".to_owned(),
    }
}

#[step]
fn evaluate(model: &Model, rows: &[f64]) -> f64 {
    model.slope + rows.len() as f64
}

fn lines(rows: u32, steps: u32) -> Pipeline<(Model, f64)> {
    pipeline!("Lines", {
        let rows = load(rows);
        let (train_set, test_set) = split(&rows, 0.25);
        let model = fit_line(train_set, steps);
        let score = evaluate(&model, test_set);
        (model, score)
    })
}

fn outcomes(steps: &[zen_runtime::StepRun]) -> Vec<(&str, bool)> {
    let outcome = |step: &zen_runtime::StepRun| step.is_cached();
    steps
        .iter()
        .map(|s| (s.name.as_str(), outcome(s)))
        .collect()
}

#[test]
fn a_second_run_reuses_everything_and_a_changed_parameter_only_what_is_before_it() {
    let repo = TestRepository::new();
    let first = repo.quiet().run(&lines(8, 3)).unwrap();
    assert_eq!(first.summary().computed, 4);
    let (model, score) = first.outputs().unwrap();
    assert_eq!((model.slope, score), (81.0, 83.0));

    let second = repo.quiet().run(&lines(8, 3)).unwrap();
    assert_eq!(second.summary().cached, 4);
    assert!(second.summary().bytes_reused > 0);
    assert_eq!(second.outputs().unwrap(), (model, score));

    let third = repo.quiet().run(&lines(8, 4)).unwrap();
    let expected = [
        ("rows", true),
        ("split", true),
        ("model", false),
        ("score", false),
    ];
    assert_eq!(outcomes(third.steps()), expected);
    assert_eq!(
        third.why("model").unwrap().to_string(),
        "`model` was computed:\n  the parameter `steps` changed"
    );
    assert_eq!(
        third.why("score").unwrap().to_string(),
        "`score` was computed:\n  the input `model` changed"
    );
}

#[test]
fn a_pipeline_is_found_again_by_name_copied_and_changed_in_one_step() {
    let repo = TestRepository::new();
    repo.quiet().run(&lines(8, 3)).unwrap();

    let a = repo.pipeline("Lines").unwrap();
    assert_eq!(a.version(), Some(1));
    assert!(a.steps().all(|step| step.status() == StepStatus::Current));
    let b = a
        .copy("Curves")
        .replace("model", step_ref!(fit_curve).with("bend", 0.5))
        .unwrap();
    let run = repo.quiet().run(&b).unwrap();
    assert_eq!(run.summary().cached, 2);
    assert_eq!(run.output::<Model>("model").unwrap().kind, "curve");
    assert_eq!(run.output::<Vec<f64>>("test_set").unwrap(), [0.0, 1.0]);
    assert_eq!(a.to_string(), repo.pipeline("Lines").unwrap().to_string());
    let names: Vec<_> = repo
        .pipelines()
        .unwrap()
        .iter()
        .map(|p| p.name().to_owned())
        .collect();
    assert_eq!(names, ["Curves", "Lines"]);

    let c = a
        .copy("More rows")
        .set_param("rows", "rows", 12_u32)
        .unwrap();
    let run = repo.quiet().run(&c).unwrap();
    assert_eq!(run.summary().computed, 4);
    assert_eq!(run.output::<Vec<f64>>("rows").unwrap().len(), 12);
}

#[test]
fn every_version_of_a_name_is_kept() {
    let repo = TestRepository::new();
    for steps in [3, 4, 3, 5] {
        repo.quiet().run(&lines(8, steps)).unwrap();
    }
    let versions: Vec<_> = repo
        .versions("Lines")
        .unwrap()
        .iter()
        .map(Pipeline::version)
        .collect();
    assert_eq!(versions, [Some(1), Some(2), Some(3)]);
    let runs: Vec<_> = repo.runs().unwrap().iter().map(PastRun::version).collect();
    assert_eq!(runs, [Some(1), Some(2), Some(1), Some(3)]);
}

#[test]
fn a_taken_name_is_an_error_and_an_identical_pipeline_is_not() {
    let repo = TestRepository::new();
    repo.quiet().run(&lines(8, 3)).unwrap();
    let copy = |steps: u32| {
        let a = repo.pipeline("Lines").unwrap();
        a.copy("Copy").set_param("model", "steps", steps).unwrap()
    };
    repo.save(&copy(7)).unwrap();
    assert_eq!(repo.save(&copy(7)).unwrap(), 1, "an identical one is fine");
    let error = repo.save(&copy(8)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name `Copy` is taken by another pipeline (version 1): `steps` of its step `model` \
         differs; choose another name, or call `.allow_new_version()` to add a version to that one"
    );
    let onto_code = repo.pipeline("Lines").unwrap().copy("Lines");
    let onto_code = onto_code.set_param("model", "steps", 9_u32).unwrap();
    let error = repo.run(&onto_code).unwrap_err();
    assert!(matches!(
        error,
        RunError::Pipeline(PipelineError::NameTaken { .. })
    ));
    let revised = repo.save(&copy(8).allow_new_version()).unwrap();
    assert_eq!(revised, 2);
}

#[test]
fn a_wrong_change_says_what_was_expected_and_what_was_given() {
    let a = lines(8, 3);
    let told =
        |result: Result<Pipeline<(Model, f64)>, PipelineError>| result.unwrap_err().to_string();
    let cases = [
        (
            told(a.clone().replace("modle", step_ref!(fit_curve))),
            "the pipeline `Lines` has no step `modle`; it has `rows`, `split`, `model`, `score`",
        ),
        (
            told(a.clone().replace("model", step_ref!(fit_curve))),
            "`bend: f64` of `pipelines::fit_curve` has no counterpart in the step `model`, \
             which is `pipelines::fit_line`; give it with `.with(\"bend\", ...)`",
        ),
        (
            told(a.clone().replace("model", step_ref!(evaluate))),
            "the output of the step `model` is `pipelines::Model`, but `f64` by \
             `pipelines::evaluate` was given",
        ),
        (
            told(
                a.clone()
                    .replace("model", step_ref!(fit_nothing).with("seed", 1_u64)),
            ),
            "the step `model` takes the input `train_set`, which `pipelines::fit_nothing` does \
             not take; a replacement has the same inputs",
        ),
        (
            told(a.clone().set_param("model", "stepz", 1_u32)),
            "the step `model` has no parameter `stepz`; it has `rows`, `steps`",
        ),
        (
            told(a.clone().set_param("model", "steps", "four".to_owned())),
            "the parameter `steps` of the step `model` is `u32`, but `alloc::string::String` was \
             given",
        ),
        (
            told(a.clone().set_param("model", "rows", vec![1.0])),
            "`rows` of the step `model` is an input, the output of `train_set`: only parameters \
             can be set",
        ),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}

#[test]
fn runs_steps_artifacts_and_lineage_are_given_back() {
    let repo = TestRepository::new();
    let run = repo.quiet().run(&lines(8, 3)).unwrap();
    let past = repo.past_run(run.id()).unwrap().unwrap();
    assert_eq!(past.steps(), run.steps());
    assert_eq!(repo.last_run("Lines").unwrap().unwrap().id(), run.id());
    assert!(repo.last_run("Other").unwrap().is_none());

    let id = past.output_id("score").unwrap();
    let artifact = repo.artifact(&id).unwrap().unwrap();
    assert_eq!(artifact.value::<f64>().unwrap(), 83.0);
    let train = past.artifact("train_set").unwrap().unwrap();
    assert_eq!(train.value::<Vec<f64>>().unwrap().len(), 6);
    let split = past.step("split").unwrap();
    assert_eq!(split.artifacts().unwrap().len(), 2);

    let lineage = artifact.lineage().unwrap();
    assert_eq!(lineage.step(), Some("pipelines::evaluate"));
    let model = &lineage.inputs()[0];
    assert_eq!(model.step(), Some("pipelines::fit_line"));
    assert_eq!(model.parameters(), ["steps"]);
    assert_eq!(
        model.inputs()[0].inputs()[0].step(),
        Some("pipelines::load")
    );
}

#[test]
fn a_plan_says_what_a_run_would_do() {
    let repo = TestRepository::new();
    let plan = repo.plan(&lines(8, 3)).unwrap();
    let first = PlannedStep::Computed {
        name: "rows".to_owned(),
        reasons: vec![MissReason::NeverRun],
    };
    assert_eq!(plan.steps()[0], first);
    assert!(matches!(plan.steps()[3], PlannedStep::Undecided { .. }));
    repo.quiet().run(&lines(8, 3)).unwrap();
    assert!(repo.plan(&lines(8, 3)).unwrap().is_all_cached());
    let plan = repo.plan(&lines(8, 4)).unwrap().to_string();
    assert!(plan.contains("model: to compute, as the parameter `steps` changed"));
    assert!(plan.contains("score: known after model"));
}

static LOADS: Count = Count::new();

#[step]
fn load_counted(rows: u32) -> Vec<u8> {
    LOADS.add();
    vec![7; rows as usize]
}

#[step]
fn length(rows: &[u8]) -> usize {
    rows.len()
}

#[step]
fn length_twice(rows: &[u8]) -> usize {
    rows.len() * 2
}

#[test]
fn a_value_whose_bytes_are_gone_is_computed_again() {
    let repo = TestRepository::new();
    let a = pipeline!("Gone", {
        let rows = load_counted(100_000);
        let length = length(rows);
        length
    });
    repo.quiet().run(&a).unwrap();
    assert_eq!(LOADS.get(), 1);
    std::fs::remove_dir_all(repo.dir().join("blobs")).unwrap();

    let run = repo.quiet().run(&a).unwrap();
    assert_eq!(
        LOADS.get(),
        2,
        "the record is there, its bytes are not: a miss"
    );
    assert_eq!(run.summary().cached, 1, "what follows is a hit by its ID");
    let StepOutcome::Computed { reasons } = &run.steps()[0].outcome else {
        panic!("not computed");
    };
    assert!(matches!(reasons[..], [MissReason::ArtifactMissing(_)]));
    let b = a
        .copy("Twice")
        .replace("length", step_ref!(length_twice))
        .unwrap();
    assert_eq!(repo.quiet().run(&b).unwrap().outputs().unwrap(), 200_000);
    assert_eq!(LOADS.get(), 2, "its bytes are back");
}

#[step]
fn half(x: u32) -> Result<u32, std::num::TryFromIntError> {
    u8::try_from(x).map(|x| u32::from(x) / 2)
}

#[step]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[test]
fn a_failed_run_names_the_step_its_cause_and_what_was_skipped() {
    let repo = TestRepository::new();
    let broken = pipeline!("Broken", {
        let good = half(8);
        let bad = half(800);
        let sum = add(good, bad);
        let twice = add(good, good);
        (sum, twice)
    });
    let error = repo.quiet().run(&broken).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pipeline `Broken` failed\n  step `bad` failed: out of range integral type conversion \
         attempted\n  skipped: `sum`\n  2 other steps are done and kept; running it again takes up \
         from there"
    );
    let last = repo.last_run("Broken").unwrap().unwrap();
    assert_eq!(last.summary().failed, 1);
}

#[test]
fn mistakes_in_a_builder_are_told() {
    let mut builder = PipelineBuilder::new("Twice the same");
    builder.add("x", call!(half(1)));
    let x = builder.add("x", call!(half(2)));
    let error = builder.try_finish(x).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pipeline `Twice the same` has two steps named `x`"
    );
    let mut other = PipelineBuilder::new("Other");
    let foreign = other.add("x", call!(half(1)));
    let mut builder = PipelineBuilder::new("Mine");
    builder.add("y", call!(add(foreign, 1)));
    let error = builder.try_finish(()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the step `y` is passed a handle of another pipeline"
    );
    let repo = TestRepository::new();
    let error = repo.run(&PipelineBuilder::new("").finish(())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`` cannot be the name of a pipeline: it is empty"
    );
    let error = repo.pipeline("None").unwrap_err();
    assert!(error.to_string().contains("there is no pipeline `None`"));
}

#[step]
async fn fetch(name: &str) -> String {
    format!("<{name}>")
}

#[step(ignore(threads), cache = false)]
fn uncached(text: String, threads: usize) -> usize {
    text.len() * threads
}

#[step]
fn generic<T: zen_runtime::codec::Storable + Clone>(items: &[T], times: usize) -> Vec<T> {
    items
        .iter()
        .cycle()
        .take(items.len() * times)
        .cloned()
        .collect()
}

impl Model {
    #[step]
    fn bent(&self, by: f64) -> Model {
        Model {
            slope: self.slope * by,
            kind: self.kind.clone(),
        }
    }
}

#[test]
fn async_generic_uncached_steps_and_methods_run_in_a_pipeline() {
    let repo = TestRepository::new();
    let all = || {
        pipeline!("All kinds", {
            let page = fetch("a");
            let length = uncached(&page, 3);
            let many = generic::<u8>(vec![1, 2], 2);
            let model = fit_nothing(4);
            let bent = Model::bent(&model, 0.5);
            (page, length, many, bent)
        })
    };
    let first = repo.quiet().run(&all()).unwrap();
    let (page, length, many, bent) = first.outputs().unwrap();
    assert_eq!((page.as_str(), length, many), ("<a>", 9, vec![1, 2, 1, 2]));
    assert_eq!(bent.slope, 2.0);
    let second = repo.quiet().run(&all()).unwrap();
    assert_eq!(second.summary().cached, 4);
    assert_eq!(
        second.summary().computed,
        1,
        "`cache = false` runs each time"
    );
    let error = repo.run(&repo.pipeline("All kinds").unwrap()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`threads` of the step `length` is ignored")
    );
}

#[test]
fn a_value_and_the_same_value_from_a_step_give_the_same_fingerprint() {
    let repo = TestRepository::new();
    let from_step = pipeline!("From a step", {
        let rows = load(4);
        let model = fit_line(rows, 2);
        model
    });
    let by_value = pipeline!("By value", {
        let model = fit_line(vec![0.0, 1.0, 2.0, 3.0], 2);
        model
    });
    repo.quiet().run(&from_step).unwrap();
    let run = repo.quiet().run(&by_value).unwrap();
    assert_eq!(run.summary().cached, 1);
    let before = repo.runs().unwrap().len();
    let model = repo.scope(|| fit_line(&[0.0, 1.0, 2.0, 3.0], 2));
    assert_eq!(model, run.outputs().unwrap(), "a plain call hits it too");
    assert_eq!(repo.runs().unwrap().len(), before);
}
