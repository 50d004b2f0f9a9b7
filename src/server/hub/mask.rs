//! Masks such as `al*` and `b?b`: whether a name fits, and which masks a room can keep. RFC 2812,
//! 2.5.

use std::str::Chars;

/// The longest mask that a room keeps, in bytes.
const KEPT_BYTES_MAX: usize = 120;

/// What stands before a mask that keeps nobody out and only silences; announced as `EXTBAN`.
pub(super) const MUTE: &str = "m:";

/// Whether all of `name` fits `mask`, where `*` stands for any characters and `?` for one, and the
/// ASCII letter case does not matter.
///
/// Only the last `*` is ever tried again, so no step is taken more often than `name` is long, and
/// every name here is short: the time grows with the mask alone, however many stars a stranger
/// sends.
pub(super) fn fits(mask: &str, name: &str) -> bool {
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
/// in a line as one parameter, or is too long.
pub(super) fn whole(mask: &str) -> Option<String> {
    let bad = |c: char| c.is_control() || c == ' ';
    if mask.is_empty() || mask.starts_with(':') || mask.contains(bad) {
        return None;
    }
    if let Some(muted) = mask.strip_prefix(MUTE) {
        return whole(muted).map(|mask| format!("{MUTE}{mask}"));
    }
    let whole = match (mask.contains('!'), mask.contains('@')) {
        (true, true) => mask.to_owned(),
        (true, false) => format!("{mask}@*"),
        (false, true) => format!("*!{mask}"),
        // What no nick can have in it is part of an address.
        (false, false) if mask.contains(['.', ':']) => format!("*!*@{mask}"),
        (false, false) => format!("{mask}!*@*"),
    };
    (whole.len() <= KEPT_BYTES_MAX).then_some(whole)
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

    #[test]
    fn a_mask_is_made_whole_and_stays_one_parameter() {
        for (given, kept) in [
            ("bar", Some("bar!*@*")),
            ("bar!*@*", Some("bar!*@*")),
            ("u@h", Some("*!u@h")),
            ("n!u", Some("n!u@*")),
            ("10.0.*", Some("*!*@10.0.*")),
            ("1.2.3.4/-1", Some("*!*@1.2.3.4/-1")),
            ("m:bar", Some("m:bar!*@*")),
            ("m:", None),
            ("", None),
            (":x", None),
            ("a b", None),
            ("a\u{7}", None),
        ] {
            assert_eq!(whole(given).as_deref(), kept, "{given:?}");
        }
        assert!(whole(&"x".repeat(116)).is_some());
        assert!(whole(&"x".repeat(117)).is_none());
    }
}
