//! The prompt, and the colors of the line that is typed after it.

use std::borrow::Cow;

use colored::Colorize as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::style::{COMMAND, WARNING};
use super::{Renderer, cells};
use crate::client::command::analysis::{LineAnalysis, TokenKind};
use crate::client::event::{NetworkId, Unread};
use crate::common::sanitize::{sanitize, sanitize_name};

/// A prompt as plain text, and with colors in the same cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Without colors.
    pub raw: String,
    /// With colors.
    pub styled: String,
    /// The network to which what is typed at this prompt goes, if any.
    pub network: Option<NetworkId>,
    /// The room to which plain text typed at this prompt is sent, if any.
    pub room: Option<String>,
}

impl Renderer {
    /// The prompt for the room `room`, with the number of unread messages in other rooms, and what
    /// is to be said of a lost connection.
    pub fn prompt(&self, room: Option<&str>, unread: Unread, offline: Option<&str>) -> Prompt {
        let elsewhere = match unread {
            Unread { messages: 0, .. } => String::new(),
            Unread {
                messages,
                mentions: 0,
            } => format!(" +{messages}"),
            Unread { messages, mentions } => format!(" +{messages} @{mentions}"),
        };
        // The name of a room that was left can carry an explanation.
        let room = room.map(sanitize).unwrap_or_default();
        let offline = offline.map_or(String::new(), |note| format!("({note}) "));
        let raw = match (room.as_str(), elsewhere.as_str()) {
            ("", "") => format!("{offline}> "),
            _ => format!("{offline}[{room}{elsewhere}] "),
        };
        let styled = if self.color {
            raw.bold().to_string()
        } else {
            raw.clone()
        };
        Prompt {
            raw,
            styled,
            ..Prompt::default()
        }
    }

    /// The offer to restore a text that an earlier run has left: `in_transit` is whether the
    /// server may have got it, `times` are when it was typed and the time now, and `more` texts
    /// follow it.
    pub fn unsent_offer(
        &self,
        text: &str,
        target: Option<&str>,
        in_transit: bool,
        times: [i64; 2],
        more: usize,
    ) -> String {
        const TEXT_MAX: usize = 30;
        let [at, now] = times;
        let time = self.time_and_day(at, now);
        let target = target.map_or(String::new(), |target| {
            format!(" for {}", sanitize_name(target))
        });
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let line = sanitize(line);
        let mut shown: String = line.graphemes(true).take(TEXT_MAX).collect();
        if !rest.is_empty() || shown.len() < line.len() {
            shown.push('…');
        }
        let more = match more {
            0 => String::new(),
            more => format!(" ({more} more after it)"),
        };
        let kind = match in_transit {
            true => format!("Text from {time}{target} that may have been sent"),
            false => format!("Unsent text from {time}{target}"),
        };
        format!("{kind}: {shown}  Ctrl-Y (or Alt-R) restores it{more}\n")
    }

    /// A line that is being typed, with the words of `analysis` colored. It takes the same cells
    /// as the plain line.
    pub fn highlight(&self, line: &str, analysis: &LineAnalysis) -> String {
        let mut highlighted = String::with_capacity(line.len());
        let mut done = 0;
        for (range, part) in &analysis.tokens {
            let (Some(before), Some(text)) = (line.get(done..range.start), line.get(range.clone()))
            else {
                // The line has changed since it was analyzed.
                break;
            };
            highlighted.push_str(before);
            highlighted.push_str(&match part {
                TokenKind::Secret => masked(text),
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

/// A line that is being typed, with dots in place of a part that `analysis` calls secret.
pub fn hide_secret<'l>(line: &'l str, analysis: &LineAnalysis) -> Cow<'l, str> {
    let mut tokens = analysis.tokens.iter();
    let secret = tokens.find(|(_, kind)| *kind == TokenKind::Secret);
    let parts = secret.and_then(|(range, _)| {
        let (before, secret) = (line.get(..range.start)?, line.get(range.clone())?);
        Some([before, &masked(secret), line.get(range.end..)?].concat())
    });
    parts.map_or(Cow::Borrowed(line), Cow::Owned)
}

/// A dot for each cell of a text. Spaces between its words stay.
fn masked(text: &str) -> String {
    const DOT: &str = "•";
    text.graphemes(true)
        .map(|cluster| match cluster {
            " " | "\t" | "\n" => cluster.to_owned(),
            cluster => DOT.repeat(cells(cluster)),
        })
        .collect()
}
