//! Masks such as `al*` and `b?b`: whether a name fits. RFC 2812, 2.5.

use std::str::Chars;

use crate::wire::Key;

/// Whether all of `name` fits `mask`, where `*` stands for any characters and `?` for one, and the
/// ASCII letter case does not matter.
///
/// Only the last `*` is ever tried again, so the time is at most the product of both lengths,
/// however many stars a stranger sends.
pub(super) fn fits(mask: &str, name: &str) -> bool {
    let (mask, name) = (Key::folded(mask), Key::folded(name));
    let (mut mask, mut name) = (mask.chars(), name.chars());
    let mut last_star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        match (mask.next(), name.clone().next()) {
            (Some('*'), _) => last_star = Some((mask.clone(), name.clone())),
            (None, None) => return true,
            (Some(wanted), Some(c)) if wanted == '?' || wanted == c => {
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
