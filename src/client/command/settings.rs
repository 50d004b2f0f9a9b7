//! The display settings: one table for `/set`, the configuration and Tab.

use std::fmt;

use crate::common::suggest::nearest;

/// The values of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplaySettings {
    /// The format of the time at the start of a line, as for strftime(3); empty for none.
    pub time: String,
    /// Which messages ring the bell.
    pub bell: NotifyLevel,
    /// Which messages show a desktop notification.
    pub notify: NotifyLevel,
    /// How the terminal is asked to show a notification.
    pub notify_by: NotifyBy,
    /// Whether the title of the window shows what is unread.
    pub title: bool,
    /// Whether joins and leaves of the same moment share a line.
    pub gather: bool,
    /// Whether joins and leaves are shown at all.
    pub joins: bool,
    /// Whether the formatting of others (bold, colors and so on) is shown.
    pub formatting: bool,
    /// The minimum width of the nick before a text, in cells.
    pub nick_width: usize,
    /// Whether long lines are wrapped between words and indented.
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

/// Which messages alert the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotifyLevel {
    /// None.
    Off,
    /// Whispers.
    Whispers,
    /// Whispers, and messages that mention the user.
    Mentions,
    /// All.
    All,
}

/// The escape sequence that makes a terminal show a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyBy {
    /// OSC 9, as in iTerm2 and kitty: a text.
    Osc9,
    /// OSC 777, as in urxvt, foot and VTE: a title and a text.
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
    /// Its possible values as text, if they are more than the choices.
    values: Option<&'static str>,
    /// The values that Tab offers: all of them, or examples.
    pub choices: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
    format: fn(&DisplaySettings) -> String,
    parse: fn(&mut DisplaySettings, &str) -> Option<()>,
}

/// All settings, in the order in which they are listed.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "bell",
        values: None,
        choices: &["off", "whispers", "mentions", "all"],
        help: "which messages ring the bell",
        format: |settings| settings.bell.to_string(),
        parse: |settings, text| assign(&mut settings.bell, NotifyLevel::parse(text)),
    },
    Setting {
        name: "formatting",
        values: None,
        choices: &["on", "off"],
        help: "show bold, colors and other formatting of messages",
        format: |settings| on_off(settings.formatting),
        parse: |settings, text| assign(&mut settings.formatting, parse_on_off(text)),
    },
    Setting {
        name: "gather",
        values: None,
        choices: &["on", "off"],
        help: "show joins and leaves of the same moment on one line",
        format: |settings| on_off(settings.gather),
        parse: |settings, text| assign(&mut settings.gather, parse_on_off(text)),
    },
    Setting {
        name: "joins",
        values: None,
        choices: &["on", "off"],
        help: "show who joins and leaves",
        format: |settings| on_off(settings.joins),
        parse: |settings, text| assign(&mut settings.joins, parse_on_off(text)),
    },
    Setting {
        name: "nick-width",
        values: Some("0 to 30"),
        choices: &["0", "8", "12", "16"],
        help: "right-align nicks in this many columns; 0 turns it off",
        format: |settings| settings.nick_width.to_string(),
        parse: |settings, text| {
            let cells = text.parse().ok().filter(|cells| *cells <= 30)?;
            assign(&mut settings.nick_width, Some(cells))
        },
    },
    Setting {
        name: "notify",
        values: None,
        choices: &["off", "whispers", "mentions", "all"],
        help: "which messages show a desktop notification, if the terminal can",
        format: |settings| settings.notify.to_string(),
        parse: |settings, text| assign(&mut settings.notify, NotifyLevel::parse(text)),
    },
    Setting {
        name: "notify-by",
        values: None,
        choices: &["osc9", "osc777"],
        help: "the escape sequence for notifications: OSC 9, or OSC 777 for urxvt, foot and GNOME terminals",
        format: |settings| settings.notify_by.name().to_owned(),
        parse: |settings, text| assign(&mut settings.notify_by, NotifyBy::parse(text)),
    },
    Setting {
        name: "time",
        values: Some("a format such as %H:%M:%S, or off"),
        choices: &["%H:%M", "%H:%M:%S", "off"],
        help: "the format of the time at the start of a line",
        format: |settings| match settings.time.as_str() {
            "" => "off".to_owned(),
            format => format.to_owned(),
        },
        parse: |settings, text| {
            let format = if text == "off" { "" } else { text };
            let fine = jiff::fmt::strtime::format(format, &jiff::Zoned::default()).is_ok();
            assign(&mut settings.time, fine.then(|| format.to_owned()))
        },
    },
    Setting {
        name: "title",
        values: None,
        choices: &["on", "off"],
        help: "show in the window title what is unread",
        format: |settings| on_off(settings.title),
        parse: |settings, text| assign(&mut settings.title, parse_on_off(text)),
    },
    Setting {
        name: "wrap",
        values: None,
        choices: &["on", "off"],
        help: "wrap long lines between words and indent them; off copies each as one line",
        format: |settings| on_off(settings.wrap),
        parse: |settings, text| assign(&mut settings.wrap, parse_on_off(text)),
    },
];

/// Why a setting cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingError {
    /// There is no setting with this name.
    Unknown {
        /// The name.
        name: String,
        /// The closest known name, if one is close.
        nearest: Option<&'static str>,
    },
    /// The setting cannot have this value.
    Value {
        /// The setting.
        name: &'static str,
        /// The value.
        value: String,
        /// The possible values.
        values: String,
    },
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest } => {
                write!(f, "There is no setting {name}")?;
                match nearest {
                    Some(nearest) => write!(f, ". Did you mean {nearest}?"),
                    None => f.write_str(". /set lists the settings."),
                }
            }
            Self::Value {
                name,
                value,
                values,
            } => write!(f, "{value:?} is not a value of {name}. Use {values}."),
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

    /// The possible values, as text.
    pub fn values(&self) -> String {
        match (self.values, self.choices) {
            (Some(values), _) => values.to_owned(),
            (None, [first @ .., last]) => format!("{} or {last}", first.join(", ")),
            (None, []) => String::new(),
        }
    }

    /// Its value, as text.
    pub fn value(&self, settings: &DisplaySettings) -> String {
        (self.format)(settings)
    }

    /// Changes its value.
    pub fn set(&self, settings: &mut DisplaySettings, value: &str) -> Result<(), SettingError> {
        (self.parse)(settings, value).ok_or_else(|| self.invalid_value(value))
    }

    /// The error for this value.
    pub fn invalid_value(&self, value: &str) -> SettingError {
        SettingError::Value {
            name: self.name,
            value: value.to_owned(),
            values: self.values(),
        }
    }

    /// Whether its values are numbers.
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
        let mut settings = DisplaySettings::default();
        for setting in SETTINGS {
            let shown = setting.value(&settings);
            setting.set(&mut settings, &shown).unwrap();
            assert_eq!(setting.value(&settings), shown, "{}", setting.name);
            assert!(setting.set(&mut settings, "%").is_err(), "{}", setting.name);
            assert!(setting.choices.contains(&shown.as_str()));
            for choice in setting.choices {
                setting
                    .set(&mut DisplaySettings::default(), choice)
                    .unwrap();
            }
        }
        assert_eq!(settings, DisplaySettings::default());
    }

    #[test]
    fn a_mistake_says_what_was_meant() {
        let words = |name: &str| Setting::find(name).err().unwrap().to_string();
        assert_eq!(words("bel"), "There is no setting bel. Did you mean bell?");
        assert_eq!(
            words("frobnicate"),
            "There is no setting frobnicate. /set lists the settings."
        );
        let bell = Setting::find("bell").unwrap();
        assert_eq!(
            bell.set(&mut DisplaySettings::default(), "loud")
                .unwrap_err()
                .to_string(),
            "\"loud\" is not a value of bell. Use off, whispers, mentions or all."
        );
    }
}
