//! Keeps the reports of the terminal out of the typed line.
//!
//! A terminal answers questions, and reports its mouse and its focus, among the keys. Such a report
//! can come at any time, also for a question of a program that ran before, and the network can cut
//! it anywhere. Whole control sequences (`CSI`) and strings (`OSC`, `DCS`, `APC`, `PM`, `SOS`) that are
//! no keys are discarded here. ECMA-48, sections 5.4 and 5.6; xterm's control sequences.
//!
//! A string begins like a key with Alt, and can go on like text that the user types after it. So its
//! characters are put into the line until the string is certain, and are removed from it then.

use std::mem;
use std::time::Duration;

use rustyline::{KeyCode as K, KeyEvent, Modifiers as M};

use super::unknown_sequence::UnknownSequence;

/// The next part of a report comes within this time; later the user presses keys.
const PART_TIMEOUT: Duration = Duration::from_secs(5);
/// No user presses two keys within this time, measured from when the first one took effect.
pub(super) const BURST: Duration = Duration::from_millis(50);
/// The longest string, in bytes. More is no report.
const STRING_BYTES_MAX: usize = 64 * 1024;
/// The same for a string whose text can be any, while it is in the line.
const LINE_BYTES_MAX: usize = 1024;
/// Maximum number of pauses in such a string: the network cuts it in a few places, and a user pauses
/// after each key.
const PAUSES_MAX: u8 = 3;

/// The reports among the keys.
#[derive(Debug, Default)]
pub(super) struct Reports {
    state: ReportState,
}

/// The part of a report that was read so far.
#[derive(Debug, Default)]
enum ReportState {
    /// Nothing.
    #[default]
    None,
    /// An Esc without a next byte: a key, or the cut beginning of a report.
    Esc,
    /// After that a character which can begin a report. It is in the line already.
    Introducer(char),
    /// An unknown sequence of which it is not known whether it is complete.
    Unknown,
    /// The introducer of a control sequence in one character, U+009B.
    Csi,
    /// A part of a control sequence.
    Sequence,
    /// A mouse report of which this many characters follow.
    Mouse(u8),
    /// Perhaps a part of a string. It is in the line already.
    Candidate(Candidate),
    /// A part of a string: its introducer, its text, and whether an Esc has followed.
    String(char, String, bool),
}

/// Characters in the line that are perhaps a part of a string.
#[derive(Debug)]
struct Candidate {
    introducer: char,
    /// Whether the introducer is in the line, too.
    shows_introducer: bool,
    text: String,
    /// How many of the characters came after a pause.
    pauses: u8,
    /// Whether an Esc has followed.
    escaped: bool,
}

/// The role of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReportByte {
    /// A key that the user pressed.
    Key,
    /// A part of a report.
    Part,
    /// A part of a report, of which this text is in the line before the cursor.
    Retract(String),
    /// The end of a string: its introducer and its text.
    End(char, String),
    /// The keys before it were no report: this is their text and that of the key.
    Typed(String),
}

impl Reports {
    /// Reads a key, which came `idle` after the one before it. `unknown` is what is known about a
    /// sequence that the library does not know, and `is_text` whether characters are text and no
    /// commands of vi.
    pub(super) fn read(
        &mut self,
        key: KeyEvent,
        unknown: Option<UnknownSequence>,
        idle: Duration,
        is_text: bool,
    ) -> ReportByte {
        let state = match idle > PART_TIMEOUT {
            true => ReportState::None,
            false => mem::take(&mut self.state),
        };
        let (state, byte) = match (state, key) {
            (_, KeyEvent(K::UnknownEscSeq, _)) => after_unknown(unknown),
            (ReportState::String(introducer, text, escaped), key) => {
                read_string(introducer, text, escaped, key)
            }
            (ReportState::Candidate(candidate), key) if !begins_string(key) => {
                candidate.read(key, idle <= BURST)
            }
            (state, KeyEvent(K::Char(c), M::NONE)) => read_character(state, c, idle <= BURST),
            (_, KeyEvent(K::Esc, M::NONE)) => (ReportState::Esc, ReportByte::Key),
            // This is how the library reads U+009B.
            (_, KeyEvent(K::Esc, M::SHIFT)) => (ReportState::Csi, ReportByte::Part),
            (_, KeyEvent(K::Char(c @ (']' | 'P' | '_')), M::ALT)) if !is_text => {
                let state = ReportState::String(c, String::new(), false);
                (state, ReportByte::Part)
            }
            (_, KeyEvent(K::Char(c), M::ALT)) if is_text && begins_string(key) => {
                let candidate = Candidate::new(c, false);
                (ReportState::Candidate(candidate), ReportByte::Part)
            }
            _ => (ReportState::None, ReportByte::Key),
        };
        self.state = state;
        byte
    }
}

fn after_unknown(unknown: Option<UnknownSequence>) -> (ReportState, ReportByte) {
    let state = match unknown {
        Some(UnknownSequence::Complete) => ReportState::None,
        Some(UnknownSequence::Open) => ReportState::Sequence,
        Some(UnknownSequence::Mouse) => ReportState::Mouse(3),
        None => ReportState::Unknown,
    };
    (state, ReportByte::Part)
}

/// Reads a character outside a string. `is_burst` is whether it came too fast for a user.
fn read_character(state: ReportState, c: char, is_burst: bool) -> (ReportState, ReportByte) {
    let none = ReportState::None;
    match (state, c) {
        (ReportState::Csi, 'M') if is_burst => (ReportState::Mouse(3), ReportByte::Part),
        (ReportState::Csi, ' '..='?') if is_burst => (ReportState::Sequence, ReportByte::Part),
        (ReportState::Csi, '@'..='~') if is_burst => (none, ReportByte::Part),
        (ReportState::Sequence, ' '..='?') => (ReportState::Sequence, ReportByte::Part),
        (ReportState::Sequence, '@'..='~') => (none, ReportByte::Part),
        (ReportState::Mouse(left), _) => match left {
            ..=1 => (none, ReportByte::Part),
            _ => (ReportState::Mouse(left - 1), ReportByte::Part),
        },
        // The library has read `CSI`, two numbers and one more byte.
        (ReportState::Unknown, '0'..='9' | ';' | ':') if is_burst => {
            (ReportState::Sequence, ReportByte::Part)
        }
        (ReportState::Unknown, 'R' | 'u' | '~' | 'c' | 'n' | 't') if is_burst => {
            (none, ReportByte::Part)
        }
        (ReportState::Esc, '[' | ']' | 'P' | '_' | '^' | 'X') => {
            (ReportState::Introducer(c), ReportByte::Key)
        }
        (ReportState::Introducer('['), _) if is_burst => {
            let state = match c {
                ' '..='?' => ReportState::Sequence,
                'M' => ReportState::Mouse(3),
                '@'..='~' => none,
                _ => return (none, ReportByte::Key),
            };
            (state, ReportByte::Retract('['.to_string()))
        }
        (ReportState::Introducer(introducer), _) if is_burst => {
            Candidate::new(introducer, true).read(KeyEvent(K::Char(c), M::NONE), is_burst)
        }
        _ => (none, ReportByte::Key),
    }
}

/// Whether a key can be the introducer of a string.
fn begins_string(key: KeyEvent) -> bool {
    matches!(key, KeyEvent(K::Char(']' | 'P' | '_' | '^' | 'X'), M::ALT))
}

/// Whether a key ends a string in which an Esc has, or has not, come just before.
fn ends_string(key: KeyEvent, escaped: bool) -> bool {
    match key {
        KeyEvent(K::Char('\\'), M::ALT)
        | KeyEvent(K::Char('G'), M::CTRL)
        | KeyEvent(K::Char('\u{9c}'), _) => true,
        KeyEvent(K::Char('\\'), M::NONE) => escaped,
        _ => false,
    }
}

impl Candidate {
    fn new(introducer: char, shows_introducer: bool) -> Self {
        Self {
            introducer,
            shows_introducer,
            text: String::new(),
            pauses: 0,
            escaped: false,
        }
    }

    /// Reads a key. `is_burst` is whether it came too fast for a user.
    fn read(mut self, key: KeyEvent, is_burst: bool) -> (ReportState, ReportByte) {
        let none = ReportState::None;
        if ends_string(key, self.escaped) {
            return (none, self.retract());
        }
        match key {
            KeyEvent(K::Esc, M::NONE) if !self.escaped => {
                self.escaped = true;
                (ReportState::Candidate(self), ReportByte::Key)
            }
            KeyEvent(K::Char(c), M::NONE) if !self.escaped => {
                self.pauses += u8::from(!is_burst);
                let mut text = self.text.clone();
                text.push(c);
                if is_string(self.introducer, &text) {
                    let state = ReportState::String(self.introducer, text, false);
                    return (state, self.retract());
                }
                let goes_on = match self.introducer {
                    '^' | 'X' => text.len() <= LINE_BYTES_MAX && self.pauses <= PAUSES_MAX,
                    _ => can_be_string(self.introducer, &text),
                };
                self.text = text;
                match goes_on {
                    true => (ReportState::Candidate(self), ReportByte::Key),
                    // A key with Alt, and then the text that the user types.
                    false => (none, ReportByte::Key),
                }
            }
            _ => (none, ReportByte::Key),
        }
    }

    /// It is a string.
    fn retract(&self) -> ReportByte {
        let introducer = match self.shows_introducer {
            true => self.introducer.to_string(),
            false => String::new(),
        };
        match introducer + &self.text {
            shown if shown.is_empty() => ReportByte::Part,
            shown => ReportByte::Retract(shown),
        }
    }
}

/// Reads a key during a string.
fn read_string(
    introducer: char,
    mut text: String,
    escaped: bool,
    key: KeyEvent,
) -> (ReportState, ReportByte) {
    if ends_string(key, escaped) {
        return (ReportState::None, ReportByte::End(introducer, text));
    }
    let more = |text, escaped| {
        let state = ReportState::String(introducer, text, escaped);
        (state, ReportByte::Part)
    };
    match key {
        KeyEvent(K::Esc, M::NONE) if !escaped => more(text, true),
        KeyEvent(K::Char(c), M::NONE) if !escaped => {
            text.push(c);
            match can_be_string(introducer, &text) && text.len() <= STRING_BYTES_MAX {
                true => more(text, false),
                false => (ReportState::None, ReportByte::Typed(text)),
            }
        }
        _ => (ReportState::None, ReportByte::Key),
    }
}

/// Whether a report, and no text that a user types, begins with this text: `11;`, `>|`, `1$r`, `Gi=`. A
/// `PM` or `SOS` can have any text, so that only its end says what it is.
pub(in crate::client) fn is_string(introducer: char, text: &str) -> bool {
    let ends_with = |ends: &[char]| text.ends_with(ends) && can_be_string(introducer, text);
    match introducer {
        ']' => text.len() > 1 && ends_with(&[';']),
        'P' => ends_with(&['>', '!', '$', '+']),
        '_' => ends_with(&['=']),
        _ => false,
    }
}

/// Whether a report can begin with this text: `11;rgb:` (OSC), `>|` or `1$r` (DCS), `Gi=` (APC). Among
/// commands of vi the first number is missing: the library reads it as a repeat count.
pub(in crate::client) fn can_be_string(introducer: char, text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match introducer {
        ']' => rest.is_empty() || rest.starts_with(';'),
        'P' => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            rest.is_empty() || rest.starts_with(['>', '!', '$', '+'])
        }
        _ => {
            let mut characters = text.chars();
            let key = (characters.next(), characters.next(), characters.next());
            matches!(
                key,
                (Some('G'), None | Some('a'..='z' | 'A'..='Z'), None | Some('='))
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char) -> KeyEvent {
        KeyEvent(K::Char(c), M::NONE)
    }

    /// The text that reaches the line when these keys arrive. `ESC` and a character are one key.
    fn typed(keys: &str, pause: Duration) -> String {
        let mut reports = Reports::default();
        let mut line = String::new();
        let mut keys = keys.chars();
        while let Some(c) = keys.next() {
            let key = match c {
                '\x1b' => match keys.next() {
                    Some('|') => KeyEvent(K::Esc, M::NONE),
                    Some('?') => KeyEvent(K::UnknownEscSeq, M::NONE),
                    c => KeyEvent(K::Char(c.unwrap()), M::ALT),
                },
                '\x07' => KeyEvent(K::Char('G'), M::CTRL),
                '\u{9b}' => KeyEvent(K::Esc, M::SHIFT),
                '\r' => KeyEvent(K::Enter, M::NONE),
                c => key(c),
            };
            let unknown = Some(UnknownSequence::Open);
            match (reports.read(key, unknown, pause, true), key) {
                (ReportByte::Key, KeyEvent(K::Char(c), M::NONE)) => line.push(c),
                (ReportByte::Key, KeyEvent(K::Enter, M::NONE)) => line.push('\r'),
                (ReportByte::Typed(text), _) => line.push_str(&text),
                (ReportByte::Retract(text), _) => {
                    let rest = line.strip_suffix(&text).map(str::to_owned);
                    line = rest.unwrap_or_else(|| panic!("{text:?} after {line:?}"));
                }
                _ => {}
            }
        }
        line
    }

    #[test]
    fn reports_are_discarded_whenever_they_come() {
        for pause in [Duration::ZERO, Duration::from_secs(1)] {
            for report in [
                "\x1bP>|VTE(7600)\x1b\\",
                "\x1bP!|7E565445\x1b\\",
                "\x1bP1$r0m\x1b\\",
                "\x1b]11;rgb:0000/0000/0000\x07",
                "\x1b]11;rgb:0000/0000/0000\x1b\\",
                "\x1b_Gi=31;OK\x1b\\",
                "\x1b?0;10;5M",
                "\x1b]11;rgb:0000/0000/0000\x1b|\\",
            ] {
                let keys = format!("a{report}b");
                assert_eq!(typed(&keys, pause), "ab", "{report:?} {pause:?}");
            }
        }
        for fast in [
            "\x1b^a message\x1b\\",
            "\x1bXa string\x1b\\",
            "\x1b^\x1b\\",
            "\u{9b}0;10;5M",
            "\u{9b}c",
            "\u{9b}M !!",
        ] {
            let keys = format!("a{fast}b");
            assert_eq!(typed(&keys, Duration::ZERO), "ab", "{fast:?}");
        }
        for cut in [
            "\x1b|[<0;10;5M",
            "\x1b|]11;rgb:0\x07",
            "\x1b|P>|tmux 3.4\x1b\\",
            "\x1b|Xa string\x1b\\",
            "\x1b|^a message\x1b|\\",
        ] {
            assert_eq!(typed(&format!("a{cut}b"), Duration::ZERO), "ab", "{cut:?}");
        }
    }

    #[test]
    fn keys_that_only_begin_like_a_report_are_kept() {
        let slow = Duration::from_millis(100);
        for pause in [Duration::ZERO, slow] {
            for introducer in [']', 'P', '_', '^', 'X'] {
                for text in ["h", "hello", "it is", "5", "5 apples", "G", "Go", "a\\b"] {
                    for end in ["", "\r", "\rabc", "\x1ba", "\x1b|"] {
                        let keys = format!("\x1b{introducer}{text}{end}");
                        let kept = match end.starts_with('\x1b') {
                            true => text.to_owned(),
                            false => format!("{text}{end}"),
                        };
                        assert_eq!(typed(&keys, pause), kept, "{keys:?} {pause:?}");
                    }
                }
            }
        }
        assert_eq!(typed("\x1b|[1] is a link", slow), "[1] is a link");
        assert_eq!(typed("\x1b|Please", slow), "Please");
        assert_eq!(typed("\x1bP>|x\rabc", slow), "\rabc", "a key ends it");
        // Alt-\ long after Alt-X is a key as well.
        assert_eq!(typed("\x1bXhello\x1b\\", slow), "hello");
        assert_eq!(typed("\u{9b}5", slow), "5");
        let late = PART_TIMEOUT + Duration::from_millis(1);
        assert_eq!(typed("\x1b?5", late), "5");
        let endless = format!("\x1bP>|{}end", "x".repeat(STRING_BYTES_MAX));
        assert!(typed(&endless, Duration::ZERO).ends_with("xend"));
    }

    #[test]
    fn a_complete_sequence_takes_no_key_after_it() {
        let at_once = Duration::ZERO;
        for (unknown, kept) in [
            (Some(UnknownSequence::Complete), true),
            (Some(UnknownSequence::Open), false),
            (Some(UnknownSequence::Mouse), false),
            (None, true),
        ] {
            let mut reports = Reports::default();
            let sequence = KeyEvent(K::UnknownEscSeq, M::NONE);
            let byte = reports.read(sequence, unknown, at_once, true);
            assert_eq!(byte, ReportByte::Part);
            let byte = reports.read(key('h'), None, at_once, true);
            assert_eq!(byte == ReportByte::Key, kept, "{unknown:?}");
        }
    }
}
