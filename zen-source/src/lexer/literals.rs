//! Strings, characters and numbers.

use super::{CLASS, DIGIT, Lexer, NotRust, WIDE, WORD};

impl Lexer<'_> {
    /// Passes over a string from its quote on.
    pub(super) fn pass_string(&mut self) -> Result<(), NotRust> {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    self.pass_suffix();
                    return Ok(());
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Err(NotRust)
    }

    /// Passes over a literal that the word before it is the prefix of: `b"..."`,
    /// `r#"..."#`. Whether there is one.
    pub(super) fn pass_prefixed(&mut self, word: usize) -> Result<bool, NotRust> {
        let next = self.byte(0);
        if !matches!(next, b'"' | b'\'' | b'#') {
            return Ok(false);
        }
        match (&self.text[word..self.at], next) {
            ("b" | "c", b'"') => self.pass_string()?,
            ("b", b'\'') => return self.pass_character(),
            ("r" | "br" | "cr", b'"' | b'#') => return self.pass_raw_string(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Passes over a raw string from its first `#` or its quote on; over nothing, if
    /// it is the `#` of a raw name.
    fn pass_raw_string(&mut self) -> Result<bool, NotRust> {
        let mut hashes = 0;
        while self.byte(hashes) == b'#' {
            hashes += 1;
        }
        if self.byte(hashes) != b'"' {
            return Ok(false);
        }
        let end = format!("\"{}", &self.text[self.at..self.at + hashes]);
        let begin = self.at + hashes + 1;
        let length = self.text[begin..].find(&end).ok_or(NotRust)?;
        self.at = begin + length + end.len();
        self.pass_suffix();
        Ok(true)
    }

    /// Passes over a character from its quote on; over nothing, if it is the quote of
    /// a lifetime.
    pub(super) fn pass_character(&mut self) -> Result<bool, NotRust> {
        let first = self.byte(1);
        if first == b'\\' {
            self.at += 3;
            while self.byte(0) != b'\'' {
                if self.at >= self.bytes.len() {
                    return Err(NotRust);
                }
                self.at += 1;
            }
        } else {
            let length = match first {
                0..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            if self.byte(1 + length) != b'\'' {
                return Ok(false);
            }
            self.at += 1 + length;
        }
        self.at += 1;
        self.pass_suffix();
        Ok(true)
    }

    /// Passes over a number. `1..2` and `1.max(2)` begin with one that has no point.
    pub(super) fn pass_number(&mut self) {
        if self.byte(0) == b'0' && matches!(self.byte(1), b'x' | b'o' | b'b') {
            self.pass_word();
            return;
        }
        self.pass_digits();
        let behind_point = self.byte(1);
        if self.byte(0) == b'.'
            && behind_point != b'.'
            && !matches!(CLASS[behind_point as usize], WORD | WIDE)
        {
            self.at += 1;
            self.pass_digits();
        }
        self.pass_exponent();
        self.pass_suffix();
    }

    fn pass_digits(&mut self) {
        while matches!(self.byte(0), b'0'..=b'9' | b'_') {
            self.at += 1;
        }
    }

    /// Without a digit in it, it is the beginning of a suffix.
    fn pass_exponent(&mut self) {
        if !matches!(self.byte(0), b'e' | b'E') {
            return;
        }
        let mut length = 1;
        while self.byte(length) == b'_' {
            length += 1;
        }
        if matches!(self.byte(length), b'+' | b'-') {
            length += 1;
        }
        while self.byte(length) == b'_' {
            length += 1;
        }
        if CLASS[self.byte(length) as usize] == DIGIT {
            self.at += length;
            self.pass_digits();
        }
    }

    fn pass_suffix(&mut self) {
        if matches!(CLASS[self.byte(0) as usize], WORD | WIDE) {
            self.pass_word();
        }
    }
}

/// A text as a string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\0' if chars.as_str().starts_with(|next: char| next.is_digit(8)) => {
                literal.push_str("\\x00");
            }
            '\0' => literal.push_str("\\0"),
            '\'' => literal.push('\''),
            c => literal.extend(c.escape_debug()),
        }
    }
    literal.push('"');
    literal
}
