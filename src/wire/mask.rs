//! Masks such as `al*` and `b?b`: whether a name fits, and which people one is about. RFC 2812,
//! 2.5.

use std::str::Chars;

/// Whether all of `name` fits `mask`, where `*` stands for any characters and `?` for one, and the
/// ASCII letter case does not matter.
///
/// Only the last `*` is ever tried again, so no step is taken more often than `name` is long, and
/// every name here is short: the time grows with the mask alone, however many stars a stranger
/// sends.
pub fn fits(mask: &str, name: &str) -> bool {
    let (mut mask, mut name) = (mask.chars(), name.chars());
    let mut last_star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        match (mask.next(), name.clone().next()) {
            (Some('*'), _) => last_star = Some((mask.clone(), name.clone())),
            (None, None) => return true,
            (Some(wanted), Some(c)) if wanted == '?' || wanted.eq_ignore_ascii_case(&c) => {
                name.next();
            }
            _ => {
                let Some((after_star, tried)) = &mut last_star else {
                    return false;
                };
                if tried.next().is_none() {
                    return false;
                }
                mask = after_star.clone();
                name = tried.clone();
            }
        }
    }
}

/// A mask for `nick!user@host`, made whole where a part is missing; `None` for what cannot stand
/// in a line as one parameter.
pub fn whole(mask: &str) -> Option<String> {
    let bad = |c: char| c.is_control() || c == ' ';
    if mask.is_empty() || mask.starts_with(':') || mask.contains(bad) {
        return None;
    }
    Some(match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        // What no nick can have in it is part of an address.
        (false, false) if mask.contains(['.', ':']) => format!("*!*@{mask}"),
        (false, false) => format!("{mask}!*@*"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_what_they_should() {
        for (mask, name) in [
            ("*", ""),
            ("*", "alice"),
            ("alice", "ALICE"),
            ("al*", "alice"),
            ("*ce", "alice"),
            ("a*i*e", "alice"),
            ("?lice", "alice"),
            ("a**e", "ae"),
            ("*b*b", "abcb"),
        ] {
            assert!(fits(mask, name), "{mask} {name}");
        }
        for (mask, name) in [
            ("", "a"),
            ("?", ""),
            ("al", "alice"),
            ("lice", "alice"),
            ("a*x", "alice"),
            ("?", "ab"),
            ("*b?", "ab"),
        ] {
            assert!(!fits(mask, name), "{mask} {name}");
        }
    }

    #[test]
    fn many_stars_do_not_cost_much() {
        let mask = format!("{}b", "*a".repeat(200));
        assert!(!fits(&mask, &"a".repeat(400)));
    }
}
