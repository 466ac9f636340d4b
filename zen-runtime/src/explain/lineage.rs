//! Where an artifact came from.

use std::fmt;

use crate::{
    codec::ArtifactId,
    fingerprint::Origin,
    run::Artifact,
    store::{Record, Repository, StoreError},
};

/// How deep a lineage is followed. Chains of artifacts have no cycles, so this
/// bounds the text, not the search.
const DEPTH: usize = 64;

/// Where an artifact came from: the call that gave it, and the lineage of each
/// of that call's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    id: ArtifactId,
    /// The argument that it was passed as; empty at the root.
    argument: String,
    step: Option<String>,
    parameters: Vec<String>,
    inputs: Vec<Lineage>,
}

impl Repository {
    /// Where the artifact `id` came from. If several calls gave the same
    /// content, the earliest that is stored is followed.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, pipeline, step};
    ///
    /// #[step]
    /// fn squares(n: u64) -> Vec<u64> {
    ///     (0..n).map(|x| x * x).collect()
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let pipeline = pipeline!("squares", {
    ///     let squares = squares(4);
    ///     squares
    /// });
    /// let run = repo.run(&pipeline)?;
    /// let id = run.output_id("squares").expect("a step of this name");
    /// let lineage = repo.lineage(&id)?;
    /// assert!(lineage.step().is_some_and(|step| step.ends_with("squares")));
    /// assert_eq!(lineage.parameters(), ["n"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn lineage(&self, id: &ArtifactId) -> Result<Lineage, StoreError> {
        follow(self, *id, String::new(), DEPTH)
    }
}

impl Artifact {
    /// Where it came from.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn lineage(&self) -> Result<Lineage, StoreError> {
        self.repository().lineage(&self.id())
    }
}

impl Lineage {
    /// The artifact.
    pub fn id(&self) -> ArtifactId {
        self.id
    }

    /// The step that gave it; `None` if no stored call did.
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// The names of the parameters that the call had besides its inputs.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// The lineage of each of the call's inputs.
    pub fn inputs(&self) -> &[Lineage] {
        &self.inputs
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        let name = if self.argument.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.argument)
        };
        let step = self.step.as_deref().unwrap_or("not made by a stored call");
        write!(f, "{indent}{name}{:#} {step}", self.id)?;
        if !self.parameters.is_empty() {
            write!(f, " ({})", self.parameters.join(", "))?;
        }
        for input in &self.inputs {
            writeln!(f)?;
            input.write(f, depth + 1)?;
        }
        Ok(())
    }
}

fn follow(
    repository: &Repository,
    id: ArtifactId,
    argument: String,
    depth: usize,
) -> Result<Lineage, StoreError> {
    let mut lineage = Lineage {
        id,
        argument,
        step: None,
        parameters: Vec::new(),
        inputs: Vec::new(),
    };
    let Some(record) = producer(repository, &id)? else {
        return Ok(lineage);
    };
    lineage.step = Some(record.parts.step.to_string());
    for argument in &record.parts.arguments {
        match argument.origin {
            Origin::Parameter => lineage.parameters.push(argument.name.to_string()),
            Origin::Input if depth > 0 => {
                for input in argument.content.ids() {
                    let name = argument.name.to_string();
                    lineage
                        .inputs
                        .push(follow(repository, *input, name, depth - 1)?);
                }
            }
            Origin::Input => {}
        }
    }
    Ok(lineage)
}

/// The earliest stored call that gave the artifact.
fn producer(repository: &Repository, id: &ArtifactId) -> Result<Option<Record>, StoreError> {
    let store = repository.store();
    let mut earliest: Option<Record> = None;
    for fingerprint in store.producers(id)? {
        let Some(record) = store.record(&fingerprint)? else {
            continue;
        };
        let earlier = earliest
            .as_ref()
            .is_none_or(|known| record.created < known.created);
        if earlier {
            earliest = Some((*record).clone());
        }
    }
    Ok(earliest)
}

/// The lineage as an indented tree, the artifact first.
impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
