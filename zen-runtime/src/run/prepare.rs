//! From a node and the artifacts of its inputs to a call that can be decided on.

use std::borrow::Cow;

use crate::{
    codec::ArtifactId,
    fingerprint::{ArgumentPart, Content, Origin},
    pipeline::{Bound, Node, OutputRef},
    step::{MissReason, ParameterType, PreparedCall, Step, Watch},
    store::Repository,
};

/// The call that `node` makes, `artifact` giving the ID of each input.
///
/// # Errors
/// If an argument has no identity: an input file cannot be read, or the step
/// that gives an input could not be stored.
pub(super) fn prepare(
    repository: &Repository,
    node: &Node,
    step: &Step,
    artifact: &dyn Fn(OutputRef) -> Option<ArtifactId>,
) -> Result<PreparedCall, MissReason> {
    let watch = Watch::new(&**repository.store());
    let parameters = step.definition().parameters();
    let mut parts = Vec::with_capacity(parameters.len());
    let arguments = node.arguments.iter().zip(step.parameter_types());
    for ((argument, kind), parameter) in arguments.zip(parameters) {
        let identified = identify(argument, *kind, &watch, artifact);
        let identified = identified.map_err(|why| MissReason::NotIdentified {
            argument: parameter.name.to_owned(),
            why,
        })?;
        if let Some((content, origin)) = identified {
            parts.push(ArgumentPart {
                name: Cow::Borrowed(parameter.name),
                content,
                origin,
            });
        }
    }
    Ok(PreparedCall::new(
        step.definition(),
        step.generics().to_vec(),
        parts,
        watch.into_seen(),
    ))
}

/// What goes into the key for an argument; nothing for an ignored one.
fn identify(
    argument: &Bound,
    kind: ParameterType,
    watch: &Watch<'_>,
    artifact: &dyn Fn(OutputRef) -> Option<ArtifactId>,
) -> Result<Option<(Content, Origin)>, String> {
    let input = |input: &OutputRef| {
        artifact(*input).ok_or_else(|| "the step that gives it was not stored".to_owned())
    };
    match argument {
        Bound::Ignored(_) => Ok(None),
        Bound::Input(output) => Ok(Some((Content::One(input(output)?), Origin::Input))),
        Bound::Inputs(outputs) => {
            let ids = outputs.iter().map(input).collect::<Result<_, _>>()?;
            Ok(Some((Content::List(ids), Origin::Input)))
        }
        Bound::Parameter { value, .. } => {
            let (value, operations) = value
                .as_ref()
                .zip(kind.operations)
                .ok_or_else(|| "its value is not known".to_owned())?;
            let id = (operations.identify)(value, watch).map_err(|error| error.to_string())?;
            Ok(Some((Content::One(id), Origin::Parameter)))
        }
    }
}
