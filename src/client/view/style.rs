//! The colors and times that all lines share.

use colored::{Color, Colorize as _};
use jiff::Timestamp;

use super::Renderer;
use crate::common::sanitize::sanitize_name;

impl Renderer {
    /// A warning as a line. It has no time, because it is about what was just typed.
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

    /// `text` in the color of `nick`.
    pub(super) fn in_nick_color(&self, text: &str, nick: &str) -> String {
        if self.color {
            text.color(nick_color(nick)).to_string()
        } else {
            text.to_owned()
        }
    }

    /// A line that mentions the user, marked as a whole in colors that no nick has.
    pub(super) fn marked(&self, line: &str) -> String {
        if self.color {
            line.color(MENTION).on_color(MENTION_BACKGROUND).to_string()
        } else {
            line.to_owned()
        }
    }

    pub(super) fn dim(&self, text: &str) -> String {
        if self.color && !text.is_empty() {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }

    /// The time at the start of a line, in the configured time zone, and a space; empty when the
    /// setting `time` is empty.
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

    /// Clears what was cached under the previous settings.
    pub fn settings_changed(&self) {
        self.last_time.borrow_mut().1.clear();
    }

    /// The time of day, followed by the date unless it is the date of `now`.
    pub(super) fn time_and_day(&self, unix_seconds: i64, now: i64) -> String {
        let day = |seconds| self.format_time(seconds, "%Y-%m-%d");
        if day(unix_seconds) == day(now) {
            self.format_time(unix_seconds, "%H:%M")
        } else {
            self.format_time(unix_seconds, "%H:%M on %Y-%m-%d")
        }
    }

    /// The date of a time.
    pub fn date(&self, unix_seconds: i64) -> String {
        self.format_time(unix_seconds, "%Y-%m-%d")
    }

    pub(super) fn format_time(&self, unix_seconds: i64, format: &str) -> String {
        match Timestamp::from_second(unix_seconds) {
            Ok(time) => time
                .to_zoned(self.zone.clone())
                .strftime(format)
                .to_string(),
            // Only a broken server sends a time outside the calendar.
            Err(_) => "??:??".to_owned(),
        }
    }

    /// The line that announces a new day.
    pub fn day_line(&self, unix_seconds: i64) -> String {
        let day = self.format_time(unix_seconds, "%A, %-d %B %Y");
        format!("{}\n", self.dim(&format!("— {day} —")))
    }
}

pub(super) const COMMAND: Color = Color::AnsiColor(28);
pub(super) const WARNING: Color = Color::AnsiColor(160);

/// Black on yellow, in the 256-color table, which themes do not change.
const MENTION: Color = Color::AnsiColor(16);
const MENTION_BACKGROUND: Color = Color::AnsiColor(220);

/// Colors of the 256-color table that are easy to tell apart and readable on black and on white:
/// their contrast is at least 3.8 to 1 with both (WCAG 2.2, contrast ratio).
pub(super) const NICK_COLORS: [u8; 14] =
    [166, 130, 100, 64, 28, 29, 30, 31, 32, 63, 98, 134, 164, 162];

/// The color of a nick: the same in every spelling, room and run.
pub(super) fn nick_color(nick: &str) -> Color {
    // FNV-1a: short, and stable across releases of the standard library.
    let hash = nick.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    let index = (hash >> 32) as usize % NICK_COLORS.len();
    Color::AnsiColor(NICK_COLORS.get(index).copied().unwrap_or_default())
}
