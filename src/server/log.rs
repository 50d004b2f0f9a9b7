//! What whoever runs the server sees on standard error: one line an event, as text or as JSON.

use std::io;

use tracing::{Level, debug, info, warn};
use tracing_subscriber::fmt;

use super::hub::Event;
use super::options::LogFormat;
use crate::wire::name::is_invisible;

/// Begins to log for the whole process.
pub(super) fn start(format: LogFormat, level: Level) {
    let log = fmt().with_max_level(level).with_target(false);
    let log = log.with_writer(io::stderr);
    // It fails only when this process logs already, and then that goes on.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

/// Logs what the hub says has happened.
pub(super) fn tell(event: &Event) {
    match event {
        Event::Connected { host } => debug!(%host, "connected"),
        Event::Came { nick, host, here } => info!(%nick, %host, here, "came"),
        Event::Left { nick, reason, here } => {
            info!(%nick, reason = harmless(reason), here, "left");
        }
        Event::Renamed { from, to, here } => info!(%from, %to, here, "has another nick"),
        Event::BecameOperator { nick, name } => {
            info!(%nick, name = harmless(name), "became an operator");
        }
        Event::NoOperator { nick, name } => {
            warn!(%nick, name = harmless(name), "did not become an operator");
        }
        Event::TurnedAway { host, reason } => {
            debug!(%host, reason = harmless(reason), "did not come in");
        }
    }
}

/// Text from the network in a form that cannot disturb a terminal or forge a line.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_network_reaches_the_log_as_an_escape() {
        assert_eq!(harmless("Quit: bye"), "Quit: bye");
        let text = harmless("\u{1b}[2J \n \u{9b}2J \u{202e}x");
        assert_eq!(text, "\\u{1b}[2J \\u{a} \\u{9b}2J \\u{202e}x");
    }
}
