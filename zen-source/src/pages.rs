//! A list that grows while what is in it is borrowed.

use std::cell::{Cell, OnceCell};

/// The length of the first page; each is twice as long as the one before it.
const FIRST: usize = 64;
const PAGES: usize = 26;

#[derive(Debug)]
pub(crate) struct Pages<T> {
    pages: [OnceCell<Box<[OnceCell<T>]>>; PAGES],
    length: Cell<usize>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            pages: [const { OnceCell::new() }; PAGES],
            length: Cell::new(0),
        }
    }
}

impl<T> Pages<T> {
    pub(crate) fn len(&self) -> usize {
        self.length.get()
    }

    /// Asked for each name that is looked at. So it calls little, as a macro runs
    /// unoptimised.
    pub(crate) fn get(&self, position: usize) -> Option<&T> {
        if position >= self.length.get() {
            return None;
        }
        let (page, slot) = place(position);
        match self.pages[page].get() {
            Some(page) => page[slot].get(),
            None => None,
        }
    }

    pub(crate) fn push(&self, value: T) {
        let (page, slot) = place(self.length.get());
        let new = || (0..FIRST << page).map(|_| OnceCell::new()).collect();
        // No machine has the memory for more pages, and no slot is filled twice.
        if let Some(page) = self.pages.get(page)
            && page.get_or_init(new)[slot].set(value).is_ok()
        {
            self.length.set(self.length.get() + 1);
        }
    }
}

/// The page of a position, and the slot in it.
fn place(position: usize) -> (usize, usize) {
    let position = position + FIRST;
    let page = FIRST.leading_zeros() - position.leading_zeros();
    (page as usize, position - (FIRST << page))
}

#[cfg(test)]
mod tests {
    use super::{FIRST, Pages};

    #[test]
    fn what_is_pushed_is_found_at_its_position() {
        let pages = Pages::default();
        let borrowed = pages.get(0);
        assert!(borrowed.is_none());
        for number in 0..FIRST * 9 {
            assert_eq!(pages.len(), number);
            pages.push(number);
        }
        for number in 0..FIRST * 9 {
            assert_eq!(pages.get(number), Some(&number));
        }
        assert_eq!(pages.get(FIRST * 9), None);
    }
}
