//! Colours and times, the same wherever they stand.

use colored::{Color, Colorize as _};
use jiff::Timestamp;

use super::Renderer;
use crate::common::sanitize::sanitize_name;

impl Renderer {
    /// A warning: it stands out, and has no time, for it is about what was just typed.
    pub fn warning(&self, words: &str) -> String {
        if self.color {
            format!("{}\n", words.color(WARNING).bold())
        } else {
            format!("{words}\n")
        }
    }

    pub(super) fn nick(&self, nick: &str) -> String {
        self.in_nick_color(&sanitize_name(nick), nick)
    }

    /// `text` in the colour of `nick`.
    pub(super) fn in_nick_color(&self, text: &str, nick: &str) -> String {
        if self.color {
            text.color(nick_color(nick)).to_string()
        } else {
            text.to_owned()
        }
    }

    pub(super) fn dim(&self, text: &str) -> String {
        if self.color && !text.is_empty() {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }

    /// The time in front of a line, in this person's time zone, and a space.
    pub(super) fn time_prefix(&self, unix_seconds: i64) -> String {
        if self.settings.time.is_empty() {
            return String::new();
        }
        let mut last = self.last_time.borrow_mut();
        if last.0 != unix_seconds || last.1.is_empty() {
            let time = self.format_time(unix_seconds, &self.settings.time);
            *last = (unix_seconds, format!("{} ", self.dim(&time)));
        }
        last.1.clone()
    }

    /// Forgets what was remembered of the taste of before.
    pub fn settings_changed(&self) {
        self.last_time.borrow_mut().1.clear();
    }

    /// The time of day, and the day if it is not today's.
    pub(super) fn time_and_day(&self, unix_seconds: i64, now: i64) -> String {
        let day = |seconds| self.format_time(seconds, "%Y-%m-%d");
        if day(unix_seconds) == day(now) {
            self.format_time(unix_seconds, "%H:%M")
        } else {
            self.format_time(unix_seconds, "%H:%M on %Y-%m-%d")
        }
    }

    pub(super) fn format_time(&self, unix_seconds: i64, format: &str) -> String {
        match Timestamp::from_second(unix_seconds) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime(format)
                .to_string(),
            // A time outside the calendar can only come from a broken server.
            Err(_) => "??:??".to_owned(),
        }
    }

    /// The day a moment is in, as a line of its own, to be shown when it is another one.
    pub fn day_line(&self, unix_seconds: i64) -> String {
        let day = self.format_time(unix_seconds, "%A, %-d %B %Y");
        format!("{}\n", self.dim(&format!("— {day} —")))
    }
}

pub(super) const COMMAND: Color = Color::AnsiColor(28);
pub(super) const WARNING: Color = Color::AnsiColor(160);

/// Colours of the 256-colour table that are told apart well and are readable on black and on
/// white: their contrast is at least 3.8 to 1 with both, by the measure of WCAG 2.
pub(super) const NICK_COLORS: [u8; 14] =
    [166, 130, 100, 64, 28, 29, 30, 31, 32, 63, 98, 134, 164, 162];

/// The colour of a person: the same in every spelling of the nick, every room and every run.
pub(super) fn nick_color(nick: &str) -> Color {
    // FNV-1a: short, and it does not change with a release of the standard library.
    let hash = nick.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    let index = (hash >> 32) as usize % NICK_COLORS.len();
    Color::AnsiColor(NICK_COLORS.get(index).copied().unwrap_or_default())
}
