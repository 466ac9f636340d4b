//! The steps that are linked into this binary.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::{Step, StepId};

/// Makes a step known to the binary it is linked into.
#[derive(Debug)]
pub struct Registration {
    /// Gives the step.
    pub step: fn() -> Step,
}

inventory::collect!(Registration);

static STEPS: LazyLock<Mutex<HashMap<StepId, Vec<Step>>>> = LazyLock::new(|| {
    let mut steps: HashMap<StepId, Vec<Step>> = HashMap::new();
    for registration in inventory::iter::<Registration> {
        let step = (registration.step)();
        steps.entry(step.id()).or_default().push(step);
    }
    Mutex::new(steps)
});

/// The step of this binary that goes by `id`, if there is exactly one.
pub(crate) fn linked(id: &StepId) -> Option<Step> {
    let steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    match steps.get(id)?.as_slice() {
        [step] => Some(step.clone()),
        _ => None,
    }
}

/// Makes a step known that the linker could not: an instance of a generic one,
/// or a method.
pub(crate) fn remember(step: &Step) {
    let mut steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = steps.entry(step.id()).or_default();
    if known
        .iter()
        .all(|other| !std::ptr::eq(other.definition(), step.definition()))
    {
        known.push(step.clone());
    }
}
