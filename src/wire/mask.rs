//! Masks such as `al*` and `b?b`: whether a name fits, and which people one is about. RFC 2812,
//! 2.5.

/// The longest text that is compared in linear time, in bytes: longer than any source, room name or
/// real name of a server of ours.
const LINEAR_BYTES_MAX: usize = 127;

/// The steps that a comparison costs at least, and that `Subject` costs to prepare a text for many
/// comparisons.
const STEPS_TO_BEGIN: usize = 4;
const STEPS_TO_PREPARE: usize = 100;
/// The bytes of a mask that are compared with a prepared text in the time of one step.
const PREPARED: usize = 2;
/// After this many steps for each byte of a text, it is cheaper to prepare the text.
const SEARCHED: usize = 4;
/// The bytes that are skipped in the time of one step.
const BYTES_A_STEP: usize = 4;

/// Whether all of `text` fits `mask`, where `*` stands for any characters and `?` for one, and the
/// ASCII letter case does not matter.
pub fn matches(mask: &str, text: &str) -> bool {
    Subject::new(text).matches(mask)
}

/// A text that masks are compared with, one after the other. Nothing is allocated for it.
///
/// ```
/// use chatting_room::wire::mask::Subject;
///
/// let mut source = Subject::new("alice!~alice@10.0.0.1");
/// assert!(source.matches("al*!*@10.*"));
/// assert!(!source.matches("bob!*@*"));
/// ```
#[derive(Debug)]
pub struct Subject<'t> {
    text: &'t [u8],
    places: Option<Positions>,
    steps: usize,
}

impl<'t> Subject<'t> {
    /// A text that no mask was compared with yet.
    pub fn new(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            places: None,
            steps: 0,
        }
    }

    /// How many steps all comparisons so far took, each about as long as looking at one byte.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Whether all of the text fits `mask`; see [`matches()`].
    pub fn matches(&mut self, mask: &str) -> bool {
        let (text, mask) = (self.text, mask.as_bytes());
        self.steps += STEPS_TO_BEGIN;
        let Some(first) = mask.iter().position(|byte| is_wildcard(*byte)) else {
            return mask.eq_ignore_ascii_case(text);
        };
        // Most masks say with their first or last words that they do not fit.
        let last = mask.iter().rposition(|byte| is_wildcard(*byte));
        let (start, rest) = mask.split_at(first);
        let (middle, end) = rest.split_at(last.map_or(rest.len(), |last| last + 1 - first));
        let Some(open_end) = text.len().checked_sub(end.len()) else {
            return false;
        };
        let Some(open) = text.get(start.len()..open_end) else {
            return false;
        };
        let (head, tail) = (text.get(..start.len()), text.get(open_end..));
        if !head.is_some_and(|head| head.eq_ignore_ascii_case(start))
            || !tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        {
            return false;
        }
        if middle == b"*" {
            return true;
        }
        let is_long = text.len() > LINEAR_BYTES_MAX;
        if is_long || self.steps < SEARCHED * text.len() {
            let once = middle.len() + open.len();
            let (outcome, steps) = search(middle, open, if is_long { usize::MAX } else { once });
            self.steps += steps;
            if let Some(fits) = outcome {
                return fits;
            }
        }
        if self.places.is_none() {
            self.steps += STEPS_TO_PREPARE + text.len();
        }
        self.steps += middle.len() / PREPARED;
        let places = self.places.get_or_insert_with(|| Positions::of(text));
        places.lead_through(middle, start.len(), open_end)
    }
}

fn is_wildcard(byte: u8) -> bool {
    byte == b'*' || byte == b'?'
}

/// How many bytes the character has that begins with this one.
fn width(first_byte: u8) -> usize {
    match first_byte {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Whether the text fits, found by trying the next place for the last `*` each time something does
/// not fit: for most masks and texts the quickest way by far. It gives up after `steps_max` steps.
fn search(mask: &[u8], text: &[u8], steps_max: usize) -> (Option<bool>, usize) {
    let (mut in_mask, mut in_text, mut steps) = (0, 0, 0);
    let mut star = None;
    while steps < steps_max {
        steps += 1;
        let after_star = match (mask.get(in_mask), text.get(in_text)) {
            (Some(b'*'), _) if in_mask + 1 == mask.len() => return (Some(true), steps),
            (Some(b'*'), _) => (in_mask + 1, in_text),
            (Some(b'?'), Some(byte)) => {
                (in_mask, in_text) = (in_mask + 1, in_text + width(*byte));
                continue;
            }
            (Some(wanted), Some(byte)) if wanted.eq_ignore_ascii_case(byte) => {
                (in_mask, in_text) = (in_mask + 1, in_text + 1);
                continue;
            }
            (None, None) => return (Some(true), steps),
            _ => match star {
                Some((in_mask, from)) => {
                    let passed = text.get(from).map_or(1, |byte| width(*byte));
                    (in_mask, from + passed)
                }
                None => return (Some(false), steps),
            },
        };
        let (wanted, from) = (mask.get(after_star.0), after_star.1);
        let Some(open) = text.get(from..) else {
            return (Some(false), steps);
        };
        // The part after a star begins no earlier than its first byte.
        let skipped = match wanted {
            None | Some(b'*' | b'?') => Some(0),
            Some(wanted) => open
                .iter()
                .position(|byte| byte.eq_ignore_ascii_case(wanted)),
        };
        steps += skipped.unwrap_or(open.len()) / BYTES_A_STEP;
        let Some(skipped) = skipped else {
            return (Some(false), steps);
        };
        (in_mask, in_text) = (after_star.0, from + skipped);
        star = Some((in_mask, in_text));
    }
    (None, steps)
}

/// The places of each byte in a text, as bit sets: bit 3 is for the place before its byte 3,
/// counted from 0.
#[derive(Debug)]
struct Positions {
    /// By the byte in lower case.
    of_byte: [u128; 256],
    /// The places before, between and after its characters.
    between: u128,
}

impl Positions {
    fn of(text: &[u8]) -> Self {
        let mut places = Self {
            of_byte: [0; 256],
            between: 1 << text.len(),
        };
        let mut place = 1;
        for byte in text {
            if let Some(of_byte) = places
                .of_byte
                .get_mut(usize::from(byte.to_ascii_lowercase()))
            {
                *of_byte |= place;
            }
            if !(0x80..0xc0).contains(byte) {
                places.between |= place;
            }
            place <<= 1;
        }
        places
    }

    /// Whether a mask leads from one place of the text to another.
    ///
    /// A step along the mask moves all places at once that the mask so far can lead to. So the time
    /// is that of going through the mask once, whatever stands in it and in the text.
    fn lead_through(&self, mask: &[u8], from: usize, to: usize) -> bool {
        let mut reached: u128 = 1 << from;
        for byte in mask {
            reached = match byte {
                // From the first of them on, all.
                b'*' => (reached | reached.wrapping_neg()) & self.between,
                b'?' => self.pass_character(reached),
                byte => {
                    let of_byte = self.of_byte.get(usize::from(byte.to_ascii_lowercase()));
                    (reached & of_byte.copied().unwrap_or(0)) << 1
                }
            };
            if reached == 0 {
                return false;
            }
        }
        reached & 1 << to != 0
    }

    /// All places one character further on; it has up to four bytes.
    fn pass_character(&self, reached: u128) -> u128 {
        let (mut passed, mut inside) = (0, reached);
        for _ in 0..4 {
            inside <<= 1;
            passed |= inside & self.between;
            inside &= !self.between;
            if inside == 0 {
                break;
            }
        }
        passed
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
        // No nick contains these characters, so the mask is part of an address.
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
            (Some(('*', rest)), next) => {
                fits_plainly(rest, text) || next.is_some_and(|(_, text)| fits_plainly(mask, text))
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
            // The same without the quick ways, and in texts around the longest that has another one.
            for bytes in [0, 60, 100, 120] {
                let (start, end) = ("?".repeat(bytes), "x".repeat(bytes));
                let (long_mask, long_text) = (start + &mask, end + &text);
                assert_eq!(matches(&long_mask, &long_text), expected, "{mask} {text}");
                if long_text.len() <= LINEAR_BYTES_MAX {
                    let places = Positions::of(long_text.as_bytes());
                    let leads = places.lead_through(long_mask.as_bytes(), 0, long_text.len());
                    assert_eq!(leads, expected, "{mask} {text}");
                }
            }
        }
    }
}
