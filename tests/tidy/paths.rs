//! Reads the paths that a file of code names: `use` declarations with their trees, and paths in
//! expressions and types. It knows no module; `imports` resolves the paths.

/// A path of at least one segment, as it stands in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    /// The name that it has in this file, when it stands in a `use` declaration.
    pub(crate) imported_as: Option<String>,
}

/// All paths in the code, without those in comments and literals.
pub(crate) fn paths_in(code: &str) -> Vec<NamedPath> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at].1 {
            Token::Word(word) if word == "use" => {
                at = use_tree(&tokens, at + 1, &[], &mut found);
            }
            // `pub(in …)` names a module and uses nothing of it.
            Token::Word(word) if word == "in" && is_visibility(&tokens, at) => {
                at = segments(&tokens, at + 1).1;
            }
            Token::Word(_) if !is_after_path(&tokens, at) => {
                let line = tokens[at].0;
                let (segments, next) = segments(&tokens, at);
                if segments.len() > 1 {
                    found.push(NamedPath {
                        line,
                        segments,
                        imported_as: None,
                    });
                }
                at = next;
            }
            _ => at += 1,
        }
    }
    found
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    PathSeparator,
    Other(char),
}

/// Whether the word at this place continues a path or names a field or method.
fn is_after_path(tokens: &[(usize, Token)], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before].1);
    matches!(before, Some(Token::PathSeparator | Token::Other('.')))
}

/// Whether the `in` at this place is the one of `pub(in …)`.
fn is_visibility(tokens: &[(usize, Token)], at: usize) -> bool {
    let before = at.checked_sub(2).and_then(|start| tokens.get(start..at));
    let pub_ = Token::Word("pub".to_owned());
    before.is_some_and(|before| before[0].1 == pub_ && before[1].1 == Token::Other('('))
}

/// The words joined by `::` from this place, and the place after them.
fn segments(tokens: &[(usize, Token)], mut at: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        segments.push(word.clone());
        at += 1;
        let is_separator = tokens.get(at).map(|(_, token)| token) == Some(&Token::PathSeparator);
        let goes_on = matches!(tokens.get(at + 1), Some((_, Token::Word(_))));
        if !(is_separator && goes_on) {
            break;
        }
        at += 1;
    }
    (segments, at)
}

/// Reads one branch of a `use` tree after `prefix`; returns the place after it.
fn use_tree(
    tokens: &[(usize, Token)],
    at: usize,
    prefix: &[String],
    found: &mut Vec<NamedPath>,
) -> usize {
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    let (own, mut at) = segments(tokens, at);
    let mut path = prefix.to_vec();
    path.extend(own);
    if tokens.get(at).map(|(_, token)| token) == Some(&Token::PathSeparator) {
        at += 1;
    }
    match tokens.get(at).map(|(_, token)| token) {
        Some(Token::Other('{')) => {
            at += 1;
            while !matches!(
                tokens.get(at).map(|(_, token)| token),
                None | Some(Token::Other('}'))
            ) {
                at = use_tree(tokens, at, &path, found);
                if tokens.get(at).map(|(_, token)| token) == Some(&Token::Other(',')) {
                    at += 1;
                }
            }
            return at + 1;
        }
        Some(Token::Other('*')) => at += 1,
        _ => {}
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let mut imported_as = path.last().cloned();
    if let Some((_, Token::Word(word))) = tokens.get(at)
        && word == "as"
    {
        if let Some((_, Token::Word(name))) = tokens.get(at + 1) {
            imported_as = Some(name.clone());
        }
        at += 2;
    }
    found.push(NamedPath {
        line,
        segments: path,
        imported_as,
    });
    at.max(1)
}

/// The code as words and signs, each with its line; literals and comments are left out.
fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c == '"' {
            string_bytes(rest)
        } else if c == '\'' {
            character_bytes(rest)
        } else if rest.starts_with("r\"") || rest.starts_with("r#\"") {
            raw_string_bytes(rest)
        } else if rest.starts_with("::") {
            tokens.push((line, Token::PathSeparator));
            2
        } else if c.is_alphanumeric() || c == '_' {
            let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
            let bytes = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            tokens.push((line, Token::Word(rest[..bytes].to_owned())));
            bytes
        } else {
            if !c.is_whitespace() {
                tokens.push((line, Token::Other(c)));
            }
            c.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

fn string_bytes(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

fn raw_string_bytes(text: &str) -> usize {
    let end = if text.starts_with("r#") { "\"#" } else { "\"" };
    let start = text.find('"').unwrap_or(0) + 1;
    text[start..]
        .find(end)
        .map_or(text.len(), |at| start + at + end.len())
}

/// A character literal, or the apostrophe of a lifetime.
fn character_bytes(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => {
            let after_escaped = text.get(3..).and_then(|rest| rest.find('\''));
            after_escaped.map_or(1, |at| 3 + at + 1)
        }
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[test]
fn trees_expressions_and_literals_are_read() {
    let code = "use crate::a::{self, b::C as D, e::*};\n\
                // use crate::comment::Not;\n\
                let x = 'c'; let l: &'a str = \"crate::text::Not\";\n\
                super::f::call(crate::g::H, i.crate_::not);\n\
                pub(in crate::h) fn f() {}";
    let found: Vec<(usize, String)> = paths_in(code)
        .into_iter()
        .map(|path| (path.line, path.segments.join("::")))
        .collect();
    let wanted = [
        (1, "crate::a"),
        (1, "crate::a::b::C"),
        (1, "crate::a::e"),
        (4, "super::f::call"),
        (4, "crate::g::H"),
    ];
    let wanted = wanted.map(|(line, path)| (line, path.to_owned()));
    assert_eq!(found, wanted);
}
