//! What there is to say of a line while it is typed: which of its words are known, and what
//! Enter would make of it.

use std::ops::Range;

use super::Session;
use super::typed::split;
use crate::client::input::{self, Intent, Slash, commands};

/// What is known about a typed line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Parts of the line, in bytes, and what they are; in order, and none over another.
    pub parts: Vec<(Range<usize>, Part)>,
    /// What Enter would do, where that is not plain.
    pub note: Option<String>,
    /// It carries a password, and must not be written to any file.
    pub secret: bool,
}

/// What a part of a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A command there is.
    Command,
    /// A command there is not.
    Unknown,
    /// Somebody who is here.
    Nick,
}

impl Session {
    /// Judges a line as it stands.
    pub fn judge(&self, line: &str) -> Judgement {
        Judgement {
            parts: self.first_word(line).into_iter().collect(),
            note: self.note_about(line),
            secret: self.is_secret(line),
        }
    }

    /// Whether a line carries a password, whatever short name it begins with.
    fn is_secret(&self, line: &str) -> bool {
        let expanded = self.expanded(line);
        let line = expanded.as_deref().unwrap_or(line);
        input::is_secret(line, self.last_whisper.as_deref())
    }

    fn first_word(&self, line: &str) -> Option<(Range<usize>, Part)> {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let word = line.get(..end)?;
        if let Some(name) = word.strip_prefix('/') {
            if name.is_empty() || name.starts_with('/') {
                return None;
            }
            let begun = end == line.len() && commands().any(|row| row.name.starts_with(name));
            let is_alias = self.settings.aliases.contains_key(name);
            return match Slash::find(name) {
                None if !is_alias && !begun => Some((0..end, Part::Unknown)),
                None if !is_alias => None,
                _ => Some((0..end, Part::Command)),
            };
        }
        let nick = match word.strip_prefix('@') {
            Some(nick) => nick,
            None => word.strip_suffix([':', ','])?,
        };
        self.rooms.knows(nick).then_some((0..end, Part::Nick))
    }

    fn note_about(&self, line: &str) -> Option<String> {
        let lines: Vec<&str> = line
            .split('\n')
            .filter(|one| !one.trim().is_empty())
            .collect();
        let first = *lines.first()?;
        if is_reply(first) && !line.contains('\n') {
            let nick = self.last_whisper.as_ref()?;
            return Some(format!("to {nick}"));
        }
        let (target, text) = match input::parse(first).ok()? {
            Intent::Say { text } => (self.active_room()?, text),
            Intent::Tell { target, text } => (target, text),
            _ => return None,
        };
        let bytes_max = self.text_bytes_max(target, 0);
        let rest = lines
            .iter()
            .skip(1)
            .map(|line| split(line, bytes_max).len());
        let pieces = split(text, bytes_max).len() + rest.sum::<usize>();
        if line.contains('\n') {
            let messages = if pieces == 1 { "message" } else { "messages" };
            Some(format!(
                "{pieces} {messages} to {target}: Enter sends, Esc drops"
            ))
        } else {
            (pieces > 1).then(|| format!("goes out in {pieces} lines"))
        }
    }
}

/// Whether a line begins a reply to whoever whispered last, text or not.
fn is_reply(line: &str) -> bool {
    let name = line.split(' ').next();
    name.is_some_and(|name| matches!(name, "/r" | "/reply")) && line.contains(' ')
}
