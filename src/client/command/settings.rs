//! How things are shown, as far as a person can choose: one table for `/set`, for the
//! configuration and for Tab.

use std::fmt;

use crate::common::config_file::nearest;

/// What a person has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplaySettings {
    /// The time in front of a line, as strftime(3) writes it; empty for none.
    pub time: String,
    /// Who rings the bell.
    pub bell: NotifyLevel,
    /// Who makes the desktop show a notification.
    pub notify: NotifyLevel,
    /// How the terminal is asked for a notification.
    pub notify_by: NotifyBy,
    /// Whether the title of the window tells what is unread.
    pub title: bool,
    /// Whether those who come or leave in one moment share a line.
    pub gather: bool,
    /// Whether who comes and goes is shown at all.
    pub joins: bool,
    /// Whether bold, colours and so on that others use are shown; else they are left out.
    pub formatting: bool,
    /// So many cells the nick in front of a text takes at least, the text beginning behind them.
    pub nick_width: usize,
    /// Whether lines longer than a row are broken between words and indented.
    pub wrap: bool,
}

impl Default for DisplaySettings {
    fn default() -> Self {
        Self {
            time: "%H:%M".to_owned(),
            bell: NotifyLevel::Mentions,
            notify: NotifyLevel::Off,
            notify_by: NotifyBy::Osc9,
            title: false,
            gather: true,
            joins: true,
            formatting: true,
            nick_width: 0,
            wrap: true,
        }
    }
}

/// What of all that is said calls for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotifyLevel {
    /// Nothing.
    Off,
    /// What is whispered.
    Whispers,
    /// The same, and what names this person.
    Mentions,
    /// Everything.
    All,
}

/// A sequence of escapes that makes a terminal show a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyBy {
    /// That of iTerm2, kitty and others: one text.
    Osc9,
    /// That of urxvt, foot and VTE: a title and a text.
    Osc777,
}

impl NotifyBy {
    fn name(self) -> &'static str {
        match self {
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Osc9, Self::Osc777];
        all.into_iter().find(|one| one.name() == text)
    }
}

/// One row of the table of settings.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it can be, in words, where that is more than the choices.
    words: Option<&'static str>,
    /// What Tab offers for it: all it can be, or examples.
    pub choices: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
    show: fn(&DisplaySettings) -> String,
    take: fn(&mut DisplaySettings, &str) -> Option<()>,
}

/// All settings, in the order in which they are listed.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "bell",
        words: None,
        choices: &["off", "whispers", "mentions", "all"],
        help: "what rings the bell",
        show: |taste| taste.bell.to_string(),
        take: |taste, text| assign(&mut taste.bell, NotifyLevel::parse(text)),
    },
    Setting {
        name: "formatting",
        words: None,
        choices: &["on", "off"],
        help: "show bold, colours and so on that others use",
        show: |taste| on_off(taste.formatting),
        take: |taste, text| assign(&mut taste.formatting, parse_on_off(text)),
    },
    Setting {
        name: "gather",
        words: None,
        choices: &["on", "off"],
        help: "one line for all who come or leave in one moment",
        show: |taste| on_off(taste.gather),
        take: |taste, text| assign(&mut taste.gather, parse_on_off(text)),
    },
    Setting {
        name: "joins",
        words: None,
        choices: &["on", "off"],
        help: "show who comes and goes",
        show: |taste| on_off(taste.joins),
        take: |taste, text| assign(&mut taste.joins, parse_on_off(text)),
    },
    Setting {
        name: "nick-width",
        words: Some("0 to 30"),
        choices: &["0", "8", "12", "16"],
        help: "right-align nicks in so many cells; 0 for not at all",
        show: |taste| taste.nick_width.to_string(),
        take: |taste, text| {
            let cells = text.parse().ok().filter(|cells| *cells <= 30)?;
            assign(&mut taste.nick_width, Some(cells))
        },
    },
    Setting {
        name: "notify",
        words: None,
        choices: &["off", "whispers", "mentions", "all"],
        help: "what makes the desktop show a notification, where the terminal can",
        show: |taste| taste.notify.to_string(),
        take: |taste, text| assign(&mut taste.notify, NotifyLevel::parse(text)),
    },
    Setting {
        name: "notify-by",
        words: None,
        choices: &["osc9", "osc777"],
        help: "how the terminal is asked for it: OSC 9, or OSC 777 for urxvt, foot and those of GNOME",
        show: |taste| taste.notify_by.name().to_owned(),
        take: |taste, text| assign(&mut taste.notify_by, NotifyBy::parse(text)),
    },
    Setting {
        name: "time",
        words: Some("a format such as %H:%M:%S, or off"),
        choices: &["%H:%M", "%H:%M:%S", "off"],
        help: "the time in front of a line",
        show: |taste| match taste.time.as_str() {
            "" => "off".to_owned(),
            format => format.to_owned(),
        },
        take: |taste, text| {
            let format = if text == "off" { "" } else { text };
            let fine = jiff::fmt::strtime::format(format, &jiff::Zoned::default()).is_ok();
            assign(&mut taste.time, fine.then(|| format.to_owned()))
        },
    },
    Setting {
        name: "title",
        words: None,
        choices: &["on", "off"],
        help: "tell in the title of the window what is unread",
        show: |taste| on_off(taste.title),
        take: |taste, text| assign(&mut taste.title, parse_on_off(text)),
    },
    Setting {
        name: "wrap",
        words: None,
        choices: &["on", "off"],
        help: "break long lines between words, indented; off copies each as one",
        show: |taste| on_off(taste.wrap),
        take: |taste, text| assign(&mut taste.wrap, parse_on_off(text)),
    },
];

/// Why a setting cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingError {
    /// There is none of this name.
    Unknown {
        /// As it was written.
        name: String,
        /// The one that is closest, if one is.
        nearest: Option<&'static str>,
    },
    /// It cannot be that.
    Value {
        /// Which one.
        name: &'static str,
        /// As it was written.
        value: String,
        /// What it can be.
        values: String,
    },
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest } => {
                write!(f, "no setting {name}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => f.write_str("; /set lists them"),
                }
            }
            Self::Value {
                name,
                value,
                values,
            } => write!(f, "{name} cannot be {value:?}; it is {values}"),
        }
    }
}

impl std::error::Error for SettingError {}

impl Setting {
    /// The row with this name.
    pub fn find(name: &str) -> Result<&'static Self, SettingError> {
        SETTINGS
            .iter()
            .find(|setting| setting.name == name)
            .ok_or_else(|| {
                let close = nearest(name, SETTINGS.iter().map(|setting| setting.name));
                SettingError::Unknown {
                    name: name.to_owned(),
                    nearest: close,
                }
            })
    }

    /// What it can be, for people.
    pub fn values(&self) -> String {
        match (self.words, self.choices) {
            (Some(words), _) => words.to_owned(),
            (None, [first @ .., last]) => format!("{} or {last}", first.join(", ")),
            (None, []) => String::new(),
        }
    }

    /// Its value, as it is written.
    pub fn value(&self, taste: &DisplaySettings) -> String {
        (self.show)(taste)
    }

    /// Gives it another value.
    pub fn set(&self, taste: &mut DisplaySettings, value: &str) -> Result<(), SettingError> {
        (self.take)(taste, value).ok_or_else(|| self.cannot_be(value))
    }

    /// Why it is not this.
    pub fn cannot_be(&self, value: &str) -> SettingError {
        SettingError::Value {
            name: self.name,
            value: value.to_owned(),
            values: self.values(),
        }
    }

    /// Whether it is a number.
    pub fn takes_numbers(&self) -> bool {
        let mut choices = self.choices.iter();
        choices.all(|choice| choice.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

impl NotifyLevel {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "off" => Self::Off,
            "whispers" => Self::Whispers,
            "mentions" => Self::Mentions,
            "all" => Self::All,
            _ => return None,
        })
    }
}

impl fmt::Display for NotifyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Whispers => "whispers",
            Self::Mentions => "mentions",
            Self::All => "all",
        })
    }
}

/// Changes a setting, if there is a value for it.
fn assign<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

fn on_off(value: bool) -> String {
    if value { "on" } else { "off" }.to_owned()
}

fn parse_on_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_takes_the_value_it_shows_and_refuses_nonsense() {
        let mut taste = DisplaySettings::default();
        for setting in SETTINGS {
            let shown = setting.value(&taste);
            setting.set(&mut taste, &shown).unwrap();
            assert_eq!(setting.value(&taste), shown, "{}", setting.name);
            assert!(setting.set(&mut taste, "%").is_err(), "{}", setting.name);
            assert!(setting.choices.contains(&shown.as_str()));
            for choice in setting.choices {
                setting
                    .set(&mut DisplaySettings::default(), choice)
                    .unwrap();
            }
        }
        assert_eq!(taste, DisplaySettings::default());
    }

    #[test]
    fn a_mistake_says_what_was_meant() {
        let words = |name: &str| Setting::find(name).err().unwrap().to_string();
        assert_eq!(words("bel"), "no setting bel; did you mean bell?");
        assert_eq!(
            words("frobnicate"),
            "no setting frobnicate; /set lists them"
        );
        let bell = Setting::find("bell").unwrap();
        assert_eq!(
            bell.set(&mut DisplaySettings::default(), "loud")
                .unwrap_err()
                .to_string(),
            "bell cannot be \"loud\"; it is off, whispers, mentions or all"
        );
    }
}
