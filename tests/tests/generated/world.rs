//! A world: a tree of modules with random items, and the edits of it.

use zen_tests::random::Random;

use crate::kinds::Kind;

pub(crate) const ITEMS: usize = 28;
pub(crate) const STEPS: usize = 4;

/// Where items stand. The last is a module of the crate that the program depends on.
pub(crate) const MODULES: [Module; 5] = [
    Module::Inline,
    Module::File,
    Module::Nested,
    Module::Moved,
    Module::Beside,
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Inline,
    /// A file of its own.
    File,
    /// A module in a module that gives out all that it has.
    Nested,
    /// A file that a `#[path]` names.
    Moved,
    /// In another crate.
    Beside,
}

/// One item: what it is, where, and which earlier ones it uses.
pub(crate) struct Item {
    pub(crate) kind: usize,
    pub(crate) module: usize,
    pub(crate) uses: Vec<usize>,
    pub(crate) value: u64,
}

impl Item {
    pub(crate) fn is_beside(&self) -> bool {
        MODULES[self.module] == Module::Beside
    }
}

pub(crate) struct World {
    pub(crate) number: usize,
    pub(crate) items: Vec<Item>,
    /// What each step uses.
    pub(crate) steps: Vec<Vec<usize>>,
    /// How each use is written.
    pub(crate) styles: Vec<usize>,
}

impl World {
    pub(crate) fn new(number: usize, kinds: &[Kind], random: &mut Random) -> Self {
        let mut world = Self {
            number,
            items: Vec::new(),
            steps: Vec::new(),
            styles: (0..97).map(|_| random.below(1 << 20)).collect(),
        };
        for position in 0..ITEMS {
            let kind = loop {
                let kind = random.below(kinds.len());
                if !kinds[kind].rare || number.is_multiple_of(10) {
                    break kind;
                }
            };
            // The other crate cannot be seen from a macro by its place in the text.
            let modules = MODULES.len() - usize::from(kinds[kind].early);
            let module = random.below(modules);
            world.items.push(Item {
                kind,
                module,
                uses: Vec::new(),
                value: 1 + random.below(90) as u64,
            });
            if kinds[kind].has_body() {
                world.items[position].uses = world.earlier(position, random);
            }
        }
        world.steps = (0..STEPS).map(|_| some(ITEMS, 3, random)).collect();
        world
    }

    /// Earlier items that an item can see: the other crate sees only its own.
    fn earlier(&self, position: usize, random: &mut Random) -> Vec<usize> {
        let beside = self.items[position].is_beside();
        let mut uses = some(position, 2, random);
        uses.retain(|used| !beside || self.items[*used].is_beside());
        uses
    }

    /// Changes an item, and says which: its value, or what it uses.
    pub(crate) fn edit(&mut self, kinds: &[Kind], random: &mut Random) -> usize {
        let position = self.reached(random);
        if kinds[self.items[position].kind].has_body() && random.below(4) == 0 {
            self.items[position].uses = self.earlier(position, random);
        } else {
            self.items[position].value += 1 + random.below(9) as u64;
        }
        position
    }

    /// Most often an item that a step reaches, near or far.
    fn reached(&self, random: &mut Random) -> usize {
        if random.below(5) == 0 {
            return random.below(ITEMS);
        }
        let mut uses = &self.steps[random.below(STEPS)];
        loop {
            let position = uses[random.below(uses.len())];
            uses = &self.items[position].uses;
            if uses.is_empty() || random.below(2) == 0 {
                return position;
            }
        }
    }
}

/// Up to `most` numbers below `limit`, and at least one where there is one.
fn some(limit: usize, most: usize, random: &mut Random) -> Vec<usize> {
    let count = (1 + random.below(most)).min(limit);
    (0..count).map(|_| random.below(limit)).collect()
}
