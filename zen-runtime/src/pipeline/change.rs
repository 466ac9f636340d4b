//! Changed copies of a pipeline.

use std::{any::type_name, sync::Arc};

use super::{
    Bound, Graph, Node, Pipeline, PipelineError, Replacement,
    builder::parameter_of,
    graph::{NodeStep, RecordedStep},
    pipeline::Origin,
    replacement::Given,
};
use crate::{
    codec::Storable,
    step::{Step, remember},
};

impl<V> Pipeline<V> {
    /// The same pipeline under another name. The original stays as it is.
    ///
    /// That the name is free, or taken by an identical pipeline, is checked when
    /// the copy is saved or run: only then is it known what it holds.
    #[must_use]
    pub fn copy(&self, name: impl Into<String>) -> Self {
        let mut copy = self.clone();
        copy.origin = Origin::Copy {
            of: self.name.clone(),
        };
        copy.name = name.into();
        copy.version = None;
        copy
    }

    /// Puts another step in the place of the step `name`: one with the same
    /// inputs and the same output types.
    ///
    /// Each argument of the new step takes the value given by
    /// [`Replacement::with`], else what the old step has under the same name and
    /// type, else the next of the old step's inputs of that type.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, pipeline, step, step_ref};
    ///
    /// #[step]
    /// fn numbers(n: u64) -> Vec<u64> {
    ///     (1..=n).collect()
    /// }
    /// #[step]
    /// fn sum(numbers: &[u64]) -> u64 {
    ///     numbers.iter().sum()
    /// }
    /// #[step]
    /// fn product(numbers: &[u64]) -> u64 {
    ///     numbers.iter().product()
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let sums = pipeline!("sums", {
    ///     let numbers = numbers(4);
    ///     let result = sum(numbers);
    ///     result
    /// });
    /// assert_eq!(repo.run(&sums)?.outputs()?, 10);
    /// let products = sums.copy("products").replace("result", step_ref!(product))?;
    /// // The numbers are reused.
    /// assert_eq!(repo.run(&products)?.outputs()?, 24);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If there is no such step, or the new one takes other inputs or gives
    /// other outputs.
    pub fn replace(
        mut self,
        name: &str,
        replacement: impl Into<Replacement>,
    ) -> Result<Self, PipelineError> {
        let index = self.index_of(name)?;
        let replacement = replacement.into();
        remember(&replacement.step);
        let node = replaced(&self.graph.nodes[index], replacement, &self.graph)?;
        self.change(|graph| graph.nodes[index] = node);
        Ok(self)
    }

    /// Gives the parameter `parameter` of the step `step` another value.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, pipeline, step};
    ///
    /// #[step]
    /// fn scaled(x: f64, by: f64) -> f64 {
    ///     x * by
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let twice = pipeline!("twice", {
    ///     let result = scaled(1.5, 2.0);
    ///     result
    /// });
    /// let thrice = twice.copy("thrice").set_param("result", "by", 3.0)?;
    /// assert_eq!(repo.run(&thrice)?.outputs()?, 4.5);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If there is no such step or parameter, it is of another type, or it is an
    /// input.
    pub fn set_param<T: Storable>(
        mut self,
        step: &str,
        parameter: &str,
        value: T,
    ) -> Result<Self, PipelineError> {
        let index = self.index_of(step)?;
        let given = Given {
            parameter: parameter.to_owned(),
            type_name: type_name::<T>(),
            value: Arc::new(value),
        };
        let node = &self.graph.nodes[index];
        let position = position_of(node, parameter)?;
        if let Some(input) = node.arguments[position].inputs().first() {
            return Err(PipelineError::IsInput {
                step: step.to_owned(),
                parameter: parameter.to_owned(),
                from: self.graph.output_name(*input),
            });
        }
        let linked = require_linked(node)?;
        let bound = bind_given(step, linked, position, given)?;
        self.change(|graph| graph.nodes[index].arguments[position] = bound);
        Ok(self)
    }

    /// Gives an ignored argument its value again: it is not kept with a
    /// pipeline, so one that was read back lacks it.
    ///
    /// # Errors
    /// If there is no such step, or no such ignored argument of it.
    pub fn set_ignored<T: Clone + Send + Sync + 'static>(
        mut self,
        step: &str,
        parameter: &str,
        value: T,
    ) -> Result<Self, PipelineError> {
        let index = self.index_of(step)?;
        let node = &self.graph.nodes[index];
        let position = position_of(node, parameter)?;
        let expected = &node.step.recorded.parameters[position].1;
        let is_ignored = matches!(node.arguments[position], Bound::Ignored(_));
        if !is_ignored || expected != type_name::<T>() {
            let ignored = if is_ignored { "" } else { "not ignored, " };
            return Err(PipelineError::WrongType {
                step: step.to_owned(),
                what: format!("the argument `{parameter}`"),
                expected: format!("{ignored}{expected}"),
                given: type_name::<T>().to_owned(),
            });
        }
        let make = Arc::new(move || Box::new(value.clone()) as Box<dyn std::any::Any>);
        self.change(|graph| graph.nodes[index].arguments[position] = Bound::Ignored(Some(make)));
        Ok(self)
    }

    fn index_of(&self, step: &str) -> Result<usize, PipelineError> {
        self.graph
            .node(step)
            .map(|(index, _)| index)
            .ok_or_else(|| self.no_such_step(step))
    }

    /// Changes this value's own graph. A pipeline that was read from a
    /// repository is then no longer the version it was.
    fn change(&mut self, change: impl FnOnce(&mut Graph)) {
        let mut graph = (*self.graph).clone();
        change(&mut graph);
        self.graph = Arc::new(graph);
        self.version = None;
        if !matches!(self.origin, Origin::Revision) {
            self.origin = Origin::Copy {
                of: self.name.clone(),
            };
        }
    }
}

fn position_of(node: &Node, parameter: &str) -> Result<usize, PipelineError> {
    let parameters = &node.step.recorded.parameters;
    parameters
        .iter()
        .position(|(name, _)| name == parameter)
        .ok_or_else(|| PipelineError::NoSuchParameter {
            step: node.name.clone(),
            parameter: parameter.to_owned(),
            known: parameters.iter().map(|(name, _)| name.clone()).collect(),
        })
}

fn require_linked(node: &Node) -> Result<&Step, PipelineError> {
    node.step
        .linked
        .as_ref()
        .ok_or_else(|| PipelineError::NotLinked {
            step: node.name.clone(),
            id: node.step.recorded.id.to_string(),
        })
}

fn bind_given(
    name: &str,
    step: &Step,
    position: usize,
    given: Given,
) -> Result<Bound, PipelineError> {
    let kind = step.parameter_types()[position];
    if kind.name != given.type_name {
        return Err(PipelineError::WrongType {
            step: name.to_owned(),
            what: format!("the parameter `{}`", given.parameter),
            expected: kind.name.to_owned(),
            given: given.type_name.to_owned(),
        });
    }
    parameter_of(given.value, kind).map_err(|source| PipelineError::Parameter {
        step: name.to_owned(),
        parameter: given.parameter,
        source,
    })
}

fn replaced(old: &Node, replacement: Replacement, graph: &Graph) -> Result<Node, PipelineError> {
    let Replacement { step, given } = replacement;
    check_outputs(old, &step)?;
    check_given(old, &step, &given)?;
    let mut wiring = Wiring {
        old,
        step: &step,
        given,
        used: vec![false; old.arguments.len()],
    };
    let arguments = (0..step.parameter_types().len())
        .map(|position| wiring.argument(position))
        .collect::<Result<Vec<_>, _>>()?;
    wiring.check_all_inputs_used(graph)?;
    Ok(Node {
        name: old.name.clone(),
        bound: old.bound.clone(),
        step: NodeStep::of(step),
        arguments,
    })
}

fn check_outputs(old: &Node, step: &Step) -> Result<(), PipelineError> {
    let types = |outputs: &[(String, String)]| {
        let types: Vec<_> = outputs.iter().map(|(_, kind)| kind.clone()).collect();
        types.join(", ")
    };
    let expected = types(&old.step.recorded.outputs);
    let given = types(&RecordedStep::of(step).outputs);
    if expected == given {
        return Ok(());
    }
    Err(PipelineError::WrongType {
        step: old.name.clone(),
        what: "the output".to_owned(),
        expected,
        given: format!("{given}` by `{}", step.id()),
    })
}

fn check_given(old: &Node, step: &Step, given: &[Given]) -> Result<(), PipelineError> {
    let names: Vec<String> = step.parameters().map(|(n, _)| n.to_owned()).collect();
    match given.iter().find(|g| !names.contains(&g.parameter)) {
        None => Ok(()),
        Some(unknown) => Err(PipelineError::NoSuchParameter {
            step: format!("{}` as `{}", old.name, step.id()),
            parameter: unknown.parameter.clone(),
            known: names,
        }),
    }
}

/// Finds for each argument of the new step what goes there.
struct Wiring<'a> {
    old: &'a Node,
    step: &'a Step,
    given: Vec<Given>,
    used: Vec<bool>,
}

impl Wiring<'_> {
    fn argument(&mut self, position: usize) -> Result<Bound, PipelineError> {
        let parameter = self.step.definition().parameters()[position];
        let kind = self.step.parameter_types()[position].name;
        let given = self
            .given
            .iter()
            .position(|given| given.parameter == parameter.name);
        if let Some(index) = given {
            let given = self.given.swap_remove(index);
            return bind_given(&self.old.name, self.step, position, given);
        }
        if let Some(old) = self.counterpart(parameter.name, kind) {
            self.used[old] = true;
            return Ok(self.old.arguments[old].clone());
        }
        if parameter.ignored {
            return Ok(Bound::Ignored(None));
        }
        Err(PipelineError::NoCounterpart {
            step: self.old.name.clone(),
            old: self.old.step.recorded.id.to_string(),
            replacement: self.step.id().to_string(),
            argument: parameter.name.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// The old argument of the same name and type, else the next input of the
    /// type.
    fn counterpart(&self, name: &str, kind: &str) -> Option<usize> {
        let old = &self.old.step.recorded.parameters;
        let free = |index: &usize| !self.used[*index] && old[*index].1 == kind;
        let indices = || (0..old.len()).filter(free);
        let is_input = |index: &usize| !self.old.arguments[*index].inputs().is_empty();
        indices()
            .find(|index| old[*index].0 == name)
            .or_else(|| indices().find(is_input))
    }

    fn check_all_inputs_used(&self, graph: &Graph) -> Result<(), PipelineError> {
        let left_over = self
            .old
            .arguments
            .iter()
            .zip(&self.used)
            .filter(|(_, used)| !**used)
            .find_map(|(argument, _)| argument.inputs().first());
        match left_over {
            None => Ok(()),
            Some(input) => Err(PipelineError::InputLeftOver {
                step: self.old.name.clone(),
                replacement: self.step.id().to_string(),
                input: graph.output_name(*input),
            }),
        }
    }
}
