//! Numbers that look random and are the same each time.

/// A small generator of the xorshift family (Marsaglia, 2003).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        // Mixed, so that seeds that are near each other start far apart.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next one, below `limit`.
    ///
    /// # Panics
    /// If `limit` is zero.
    pub fn number(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % limit
    }

    /// As [`Random::number`], for an index.
    ///
    /// # Panics
    /// If `limit` is zero.
    pub fn below(&mut self, limit: usize) -> usize {
        let number = self.number(limit as u64);
        usize::try_from(number).expect("a number below a usize")
    }
}
