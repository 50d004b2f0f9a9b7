//! Masks such as `al*` and `b?b`: whether a name fits, and which people one is about. RFC 2812,
//! 2.5.

/// How many places of a text one number tells of.
const PLACES: usize = u64::BITS as usize;
/// How many characters of ASCII there are.
const ASCII: usize = 128;

/// Whether all of `text` fits `mask`, where `*` stands for any characters and `?` for one, and the
/// ASCII letter case does not matter.
pub fn matches(mask: &str, text: &str) -> bool {
    // Most masks say with their first words that they do not fit.
    let (start, rest) = mask.split_at(mask.find(['*', '?']).unwrap_or(mask.len()));
    let same = text.get(..start.len());
    let is_same = same.is_some_and(|same| same.eq_ignore_ascii_case(start));
    is_same && (rest == "*" || leads_to_end(rest, text.get(start.len()..).unwrap_or_default()))
}

/// The same, step by step.
///
/// A set of places in the text is a row of bits, and a step along the mask moves all places at once
/// that the mask so far can lead to. So the time is that of going through the text once and through
/// the mask once, whatever stands in them; a step has as many numbers to look at as the text has
/// 64 characters.
fn leads_to_end(mask: &str, text: &str) -> bool {
    let mut others: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
    others.sort_unstable();
    others.dedup();
    let end = text.chars().count();
    let row = end / PLACES + 1;
    // A row for each character of ASCII, for each other one, and for all that are not in the text.
    let row_of = |c: char| match c.is_ascii() {
        true => c.to_ascii_lowercase() as usize * row,
        false => (ASCII + others.binary_search(&c).unwrap_or(others.len())) * row,
    };
    let mut places = vec![0; (ASCII + others.len() + 1) * row];
    for (at, c) in text.chars().enumerate() {
        add(&mut places, row_of(c) * PLACES + at);
    }
    let mut reached = vec![0; row];
    add(&mut reached, 0);
    for c in mask.chars() {
        match c {
            '*' => {
                // From the first of them on, all.
                let mut behind = 0;
                for place in &mut reached {
                    *place |= place.wrapping_neg() | behind;
                    behind = if *place == 0 { 0 } else { u64::MAX };
                }
            }
            '?' => move_on(&mut reached),
            c => {
                let both = reached.iter_mut().zip(places.iter().skip(row_of(c)));
                both.for_each(|(at, place)| *at &= place);
                move_on(&mut reached);
            }
        }
    }
    let at_end = reached.get(end / PLACES);
    at_end.is_some_and(|places| places & 1 << (end % PLACES) != 0)
}

fn add(places: &mut [u64], at: usize) {
    if let Some(places) = places.get_mut(at / PLACES) {
        *places |= 1 << (at % PLACES);
    }
}

/// Moves all places on by one.
fn move_on(places: &mut [u64]) {
    let mut carried = 0;
    for place in places {
        let last = *place >> (PLACES - 1);
        *place = *place << 1 | carried;
        carried = last;
    }
}

/// A mask for `nick!user@host`, made whole where a part is missing; `None` for what cannot stand
/// in a line as one parameter.
pub fn normalize(mask: &str) -> Option<String> {
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
            assert!(matches(mask, name), "{mask} {name}");
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
            assert!(!matches(mask, name), "{mask} {name}");
        }
    }

    /// The rule as it is written down, whatever it costs.
    fn fits_plainly(mask: &[char], text: &[char]) -> bool {
        match (mask.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some(('*', rest)), behind) => {
                fits_plainly(rest, text) || behind.is_some_and(|(_, text)| fits_plainly(mask, text))
            }
            (Some((wanted, rest)), Some((c, text))) => {
                (*wanted == '?' || wanted.eq_ignore_ascii_case(c)) && fits_plainly(rest, text)
            }
            (Some(_), None) => false,
        }
    }

    #[test]
    fn any_mask_and_any_text_fit_as_the_rule_says() {
        let mut seed = 1_u32;
        let mut any = |letters: &[char], most: u32| -> Vec<char> {
            let mut next = |bound: u32| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) % bound
            };
            let length = next(most + 1);
            let letter = |_| letters[next(letters.len() as u32) as usize];
            (0..length).map(letter).collect()
        };
        for _ in 0..20_000 {
            let mask = any(&['a', 'B', 'é', '😀', '*', '?'], 8);
            let text = any(&['A', 'b', 'é', '😀'], 10);
            let expected = fits_plainly(&mask, &text);
            let (mask, text) = (String::from_iter(mask), String::from_iter(text));
            assert_eq!(matches(&mask, &text), expected, "{mask} {text}");
            // The same at the border between two numbers.
            let (long_mask, long_text) = ("x".repeat(60) + &mask, "x".repeat(60) + &text);
            let long = leads_to_end(&long_mask, &long_text);
            assert_eq!(long, expected, "{long_mask} {long_text}");
        }
    }
}
