//! Tokens as text, and text as tokens.

use std::str::Chars;

use proc_macro2::Delimiter;

use crate::tree::{Names, Tree};

/// Tokens as text, in one form.
pub(crate) fn source(trees: &[Tree], names: &Names) -> String {
    let mut text = String::new();
    for tree in trees {
        match tree {
            Tree::Ident(name) => {
                if text.ends_with(is_word) {
                    text.push(' ');
                }
                text.push_str(names.text(*name));
            }
            Tree::Punct(mark, _) => text.push(*mark),
            Tree::Literal(literal) => text.push_str(literal),
            Tree::Group(delimiter, inner) => {
                let (open, close) = match delimiter {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    _ => ('[', ']'),
                };
                text.push(open);
                text.push_str(&source(inner, names));
                text.push(close);
            }
        }
    }
    text
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(crate) fn is_colons(trees: &[Tree]) -> bool {
    matches!(trees, [a, b, ..] if a.is_punct(':') && b.is_punct(':'))
}

/// The content of a string literal.
pub(crate) fn string(literal: &str) -> Option<String> {
    let raw = literal.strip_prefix('r').map(|text| text.trim_matches('#'));
    match raw {
        Some(raw) => Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
        None => Some(unescaped(literal.strip_prefix('"')?.strip_suffix('"')?)),
    }
}

/// What a text with escapes stands for. One that is not known is left out.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            plain.extend(escape(&mut rest));
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Reads what follows a backslash.
fn escape(rest: &mut Chars<'_>) -> Option<char> {
    let code = |digits: &str| {
        u32::from_str_radix(digits, 16)
            .ok()
            .and_then(char::from_u32)
    };
    match rest.next()? {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '0' => Some('\0'),
        'x' => code(&rest.by_ref().take(2).collect::<String>()),
        'u' => {
            let digits = rest.by_ref().skip(1).take_while(|c| *c != '}');
            code(&digits.filter(|c| *c != '_').collect::<String>())
        }
        '\n' => {
            // A line that goes on in the next one.
            let more = rest.as_str().trim_start();
            *rest = more.chars();
            None
        }
        c => Some(c),
    }
}

/// What of a text may be a path or a type, with blanks for the rest.
/// A message such as "can't" is none.
pub(super) fn code_in(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut in_number = false;
    for c in text.chars() {
        let begins = !code.ends_with(is_word);
        in_number = is_word(c) && (in_number || (begins && c.is_numeric()));
        let fits = c.is_alphabetic() || c.is_ascii_digit() || "_:<>,&()[]+=".contains(c);
        code.push(if fits && !in_number { c } else { ' ' });
    }
    code
}

#[cfg(test)]
mod tests {
    use super::{code_in, string};

    #[test]
    fn escapes_are_read() {
        let cases = [
            (r#""a\\b\"c""#, r#"a\b"c"#),
            (r#""\x7bW\x69dth\x7d""#, "{Width}"),
            (r#""\u{7b}a\u{7_d}""#, "{a}"),
            ("\"a\\\n   b\"", "ab"),
            (r##"r#"\x7b"#"##, r"\x7b"),
        ];
        for (literal, text) in cases {
            assert_eq!(string(literal).as_deref(), Some(text), "{literal}");
        }
    }

    #[test]
    fn paths_and_types_are_code_and_messages_are_not() {
        for code in ["a::b::c", "Vec<T>, U: Default + Foo<u8>", "i64"] {
            assert_eq!(code_in(code), code);
        }
        assert_eq!(code_in("can't"), "can t");
        assert_eq!(code_in("a 0x b 1e"), "a    b   ");
        assert_eq!(code_in("r#\"x\" /* y"), "r  x     y");
        assert_eq!(code_in("T: 'de"), "T:  de");
    }
}
