//! Suggestions for typing errors: the known name that is closest to an unknown one.

/// The number of edits between a typed name and a known one, if they are few enough that the known
/// name was probably meant: at most two, and one for each three letters.
pub(crate) fn distance(typed: &str, known: &str) -> Option<usize> {
    let edits = strsim::osa_distance(known, typed);
    let letters = known.len().max(typed.len());
    (edits <= 2 && edits <= letters / 3).then_some(edits)
}

/// The known name that was probably meant. Of several at the same distance the first in the order
/// of the alphabet is returned.
pub(crate) fn nearest<'n>(typed: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = known.filter_map(|name| Some((distance(typed, name)?, name)));
    near.min().map(|(_, name)| name)
}

#[cfg(test)]
#[test]
fn the_nearest_known_name_is_suggested_if_it_is_near() {
    let known = || ["listen", "name"].into_iter();
    assert_eq!(nearest("nmae", known()), Some("name"));
    assert_eq!(nearest("xyzzy", known()), None);
    for (typed, other) in [
        ("foo", "room"),
        ("win", "join"),
        ("say", "away"),
        ("x", "me"),
    ] {
        assert_eq!(distance(typed, other), None, "{typed}");
    }
    for (typed, meant) in [("quti", "quit"), ("loog", "log"), ("tpoics", "topic")] {
        assert!(distance(typed, meant).is_some(), "{typed}");
    }
}
