//! Expansions and errors, as text.

use super::{try_call, try_pipeline};

/// Tokens without the spaces that printers differ in.
fn text(tokens: &impl ToString) -> String {
    tokens.to_string().split_whitespace().collect()
}

fn errors(input: &str) -> Vec<String> {
    let errors = try_pipeline(input.parse().unwrap()).unwrap_err();
    errors.into_iter().map(|error| error.to_string()).collect()
}

#[test]
fn a_pipeline_is_the_calls_of_a_builder() {
    let input = r#""Training", {
        let rows = load(File::new("x"));
        let (train_set, _) = data::split(&rows, 0.2);
        let model: Handle<Model> = Model::fit::<f64>(train_set);
        store(model);
        store(model);
        (model, evaluate(model))
    }"#;
    let expected = r#"{
        let mut __zen_builder = ::zen_runtime::PipelineBuilder::new("Training")
            .defined_in(::core::module_path!());
        let rows = __zen_builder.add("rows", <load>::__zen_call(File::new("x")));
        let (train_set, _) = __zen_builder.add_bound(
            "split", &["train_set", ""], <data::split>::__zen_call(&rows, 0.2));
        let model: Handle<Model> =
            __zen_builder.add("model", <Model>::__zen_call_fit::<f64>(train_set));
        let __zen_3 = __zen_builder.add("store", <store>::__zen_call(model));
        let __zen_4 = __zen_builder.add("store_2", <store>::__zen_call(model));
        let __zen_5 = __zen_builder.add("evaluate", <evaluate>::__zen_call(model));
        __zen_builder.finish((model, __zen_5,))
    }"#;
    let expansion = try_pipeline(input.parse().unwrap()).unwrap();
    assert_eq!(text(&expansion), text(&expected));
}

#[test]
fn a_call_names_the_hidden_function() {
    let cases = [
        ("train(a, 1)", "<train>::__zen_call(a, 1)"),
        ("m::train::<u8>(a)", "<m::train>::__zen_call::<u8>(a)"),
        ("Self::fit()", "<Self>::__zen_call_fit()"),
        (
            "m::Model::<u8>::fit(a)",
            "<m::Model::<u8>>::__zen_call_fit(a)",
        ),
        ("<Model<u8>>::fit(a)", "<Model<u8>>::__zen_call_fit(a)"),
    ];
    for (input, expected) in cases {
        let call = try_call(input.parse().unwrap()).unwrap();
        assert_eq!(text(&call), text(&expected), "{input}");
    }
}

#[test]
fn mistakes_are_told_together() {
    let input = r#""x", {
        let a = 1 + 2;
        let mut b = f();
        let [c] = f();
        let d = f() else { return };
        let e = f();
        let e = f();
        if x {}
        a.fit();
        let g = <A as B>::f();
    }"#;
    let told = errors(input);
    let begins = [
        "expected a call of a step",
        "the output of a step does not change",
        "the output of a step is bound to a name",
        "the output of a step always has its type",
        "`e` is bound twice",
        "a pipeline is a list of",
        "a step is called by its path: write `Type::fit(..)`",
        "a method of a trait",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (told, begin) in told.iter().zip(begins) {
        assert!(told.starts_with(begin), "{told} / {begin}");
    }
}

#[test]
fn a_pipeline_has_a_name_a_block_and_a_step() {
    for input in ["{ let a = f(); }", "\"x\"", "\"x\", 3", "\"x\" { }"] {
        let told = errors(input);
        assert!(
            told[0].starts_with("a pipeline has a name"),
            "{input}: {told:?}"
        );
    }
    assert!(errors("\"x\", {}")[0].starts_with("a pipeline has at least one step"));
}
