//! The prompt, and the line that is typed behind it.

use colored::Colorize as _;

use super::Renderer;
use super::style::{COMMAND, WARNING};
use crate::client::session::{LineAnalysis, TokenKind, Unread};
use crate::common::sanitize::sanitize;

/// A prompt as plain text, and with colours of the same width.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Without colours.
    pub raw: String,
    /// With colours.
    pub styled: String,
    /// The room in which what is typed behind it is said, where it names one.
    pub room: Option<String>,
}

impl Renderer {
    /// The prompt for talking in `room`, with what is unread elsewhere.
    pub fn prompt(&self, room: Option<&str>, unread: Unread) -> Prompt {
        let elsewhere = match unread {
            Unread { messages: 0, .. } => String::new(),
            Unread {
                messages,
                mentions: 0,
            } => format!(" +{messages}"),
            Unread { messages, mentions } => format!(" +{messages} @{mentions}"),
        };
        // Words may stand behind the name of a room that was left.
        let room = room.map(sanitize).unwrap_or_default();
        let raw = match (room.as_str(), elsewhere.as_str()) {
            ("", "") => "> ".to_owned(),
            _ => format!("[{room}{elsewhere}] "),
        };
        let styled = if self.color {
            raw.bold().to_string()
        } else {
            raw.clone()
        };
        Prompt {
            raw,
            styled,
            room: None,
        }
    }

    /// A line that is being typed, with colours for what is known of its words. It takes the same
    /// cells as without.
    pub fn highlight(&self, line: &str, judgement: &LineAnalysis) -> String {
        let mut highlighted = String::with_capacity(line.len());
        let mut done = 0;
        for (range, part) in &judgement.tokens {
            let (Some(before), Some(text)) = (line.get(done..range.start), line.get(range.clone()))
            else {
                // The line has changed since it was judged.
                break;
            };
            highlighted.push_str(before);
            highlighted.push_str(&match part {
                _ if !self.color => text.to_owned(),
                TokenKind::Command => text.color(COMMAND).to_string(),
                TokenKind::Refused => text.color(WARNING).to_string(),
                TokenKind::Nick => {
                    let nick = text.trim_matches(['@', ':', ',']);
                    self.in_nick_color(text, nick)
                }
            });
            done = range.end;
        }
        highlighted.push_str(line.get(done..).unwrap_or_default());
        highlighted
    }
}
