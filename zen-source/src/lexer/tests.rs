//! The lexer beside that of `proc_macro2`, which has the compiler's rules.

use std::{fs, path::Path};

use proc_macro2::TokenStream;

use super::{Lexer, NotRust};
use crate::{
    outline::Outline,
    syntax,
    tree::{Names, Tree},
};

fn expected(text: &str, names: &Names) -> Vec<Tree> {
    let tokens: TokenStream = text.parse().expect(text);
    names.trees(tokens)
}

#[test]
fn tokens_are_those_of_the_compiler() {
    let cases = [
        "",
        "a r#b r#fn _ été ñ1",
        "0 1_000 0x1F_u8 0b1 0o7 1u8 1f32 1. 1.5 1.5e10 1e-5_f64 1e+_5 2._x 1..2 1.max(2) x.0.1 1else 1.0e",
        "\"\" \"a\\\"b\" \"\\\\\" \"é\"suffix b\"a\" c\"b\" br\"\\\" cr#\"\"\"# r\"\\\" r##\"\"#\"##",
        "'a' '\\'' '\\\\' '\\u{1F600}' 'é' '\u{1F600}' b'\\'' b'a' '\"' '{'",
        "'a 'static &'a T<'_, 'b> 'r#fn",
        "a+b a += b && !c <<= -> => .. ..= ::<T> &'a $x #[a] #![b]",
        "a/b a/ /b /= // comment\n/* { /* nested */ \" */ /**/ /***/ /*** x */ //// none\n",
        "/// outer \"quoted\" \\ 'é' \u{200b}\nfn f() {} //! inner\n/** block */ /*! inner */ ///\n",
        "m! { } (a, [b, {c}]) {}",
        "a\u{200e}b\u{2028}c\u{a0}d",
        "r r#\"a\"# br b r # c",
    ];
    let names = Names::default();
    for text in cases {
        assert_eq!(
            Lexer::new(&names, text).trees(),
            Ok(expected(text, &names)),
            "{text}"
        );
    }
}

#[test]
fn what_does_not_close_is_no_rust() {
    let names = Names::default();
    for text in [
        "(", ")", "{ ]", "\"a", "r#\"a\"", "/* /* */", "'\\", "`", "\\", "r##a", "'1", "“a”",
    ] {
        assert_eq!(Lexer::new(&names, text).trees(), Err(NotRust), "{text}");
    }
}

#[test]
fn a_block_is_passed_over_to_its_end() {
    let names = Names::default();
    for block in [
        "{}",
        "{ { } { { } } }",
        "{ '{' '\\'' '\\\\' b'{' \"}\" \"\\\"}\" r\"}\\\" r#\"\"}\"# br#\"}\"# }",
        "{ 'a: loop { x::<'b>() } &'c }",
        "{ // }\n /* } /* } */ */ /// }\n }",
        "{ /**/ a / b /= c }",
        "{ r#if été r\"}\" 1r 'é' }",
        "{ a\u{a0}r\"\\\" }",
    ] {
        let text = format!("{block} after");
        let mut lexer = Lexer::new(&names, &text);
        assert_eq!(lexer.pass_block(), Ok(()), "{block}");
        assert_eq!(lexer.position(), block.len(), "{block}");
    }
    let mut lexer = Lexer::new(&names, "{ \"}\"");
    assert_eq!(lexer.pass_block(), Err(NotRust));
}

/// That what is left out of an outline is found again in the parts of the text.
fn compare_outline(text: &str, names: &Names) {
    let trees = expected(text, names);
    let items = syntax::items(&trees, names);
    let outline = Outline::of(text, names).expect(text);
    let outlined = outline.items(names);
    assert_eq!(items.len(), outlined.len(), "{text}");
    for (item, outlined) in items.iter().zip(outlined) {
        let part = &text[outlined.bytes.clone()];
        assert_eq!(
            (item.kind, item.name),
            (outlined.item.kind, outlined.item.name),
            "{part}"
        );
        assert_eq!(item.tokens, expected(part, names), "{part}");
        let body = outlined.body.map(|body| expected(&text[body], names));
        assert_eq!(item.body.map(<[_]>::to_vec), body, "{part}");
        let has = |word: &str| contains(item.tokens, names.intern(word));
        assert_eq!(outlined.met.impls > 0, has("impl"), "{part}");
        assert_eq!(outlined.met.steps > 0, has("step"), "{part}");
    }
}

fn contains(trees: &[Tree], word: crate::tree::Name) -> bool {
    trees.iter().any(|tree| match tree {
        Tree::Group(_, inner) => contains(inner, word),
        tree => tree.ident() == Some(word),
    })
}

#[test]
fn this_packages_sources_are_read_as_by_the_compiler() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let names = Names::default();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).expect("a text");
            let text = crate::tree::normalized(text);
            let trees = Lexer::new(&names, &text).trees();
            assert_eq!(trees, Ok(expected(&text, &names)));
            compare_outline(&text, &names);
        }
    }
}

#[test]
fn an_outline_has_the_items_of_its_text() {
    let names = Names::default();
    for text in [
        "//! Inner.\n#![allow(a)]\n/// Outer.\n#[a]\n/// More.\nfn f() { 1 } // after\n/// Next.\nstruct S;",
        "fn f<const N: usize>() where [u8; { N }]: Sized, {} impl A for B<{ 1 }> { fn g() {} }",
        "const C: u8 = { struct S; impl S {} 1 }; static D: [u8; 1] = [{ 1 }];",
        "use a::{b, c}; macro_rules! m { () => {} } m! { x } m!(y); extern \"C\" { fn g(); }",
        "mod m { #[step] fn f() {} } trait T { fn f() {} } fn g() { #[step] fn f() {} }",
        ";; fn f(); union U { a: u8 }",
    ] {
        compare_outline(text, &names);
    }
}
