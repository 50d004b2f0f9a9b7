//! Analysis of a line while it is typed: which of its words are known, which would be refused, and
//! what Enter would do.

use super::parsed_line::ParsedLine;
use std::ops::Range;

use super::message::split;
use super::{only_line, written_lines};
use crate::client::command::alias::expand_alias;
use crate::client::command::analysis::{LineAnalysis, TokenKind};
use crate::client::command::settings::{DisplaySettings, SETTINGS, Setting};
use crate::client::command::{
    self, ArgumentKind, CommandSpec, LocalCommand, UserCommand, commands,
};
use crate::client::event::InputError;
use crate::client::session::Session;
use crate::common::sentence::as_cause;

/// In longer lines nicks are not highlighted.
const SEARCHED_BYTES_MAX: usize = 4_096;

impl Session {
    /// Analyses a line as it is.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn analyze(&self, text: &str) -> LineAnalysis {
        // A pasted line with its line end is a line like any other.
        let line = only_line(text).unwrap_or(text);
        let start = text.find(line).unwrap_or_default();
        let mut analysis = self.analyze_line(line);
        for (token, _) in &mut analysis.tokens {
            *token = token.start + start..token.end + start;
        }
        if text.contains('\n') {
            analysis.usage = None;
        }
        if line != text {
            analysis.hint = self.paste_hint(&[line]).or(analysis.hint);
        }
        analysis
    }

    fn analyze_line(&self, line: &str) -> LineAnalysis {
        let expanded = expand_alias(line, &self.settings.aliases);
        let meant = expanded.as_deref().unwrap_or(line);
        let whisperer = self.attention.last_whisperer.as_deref();
        let secret = command::secret_part(meant, whisperer);
        let mut analysis = LineAnalysis {
            tokens: self.tokens(line, meant),
            hint: self.hint(line, meant),
            usage: usage_of(meant),
            secret: secret.is_some() || command::carries_password(meant, whisperer),
        };
        if let Some(secret) = secret {
            // The expansion of an alias comes before the arguments that are typed after it.
            let start = (secret.start + line.len()).saturating_sub(meant.len());
            let alias_end = line.find(char::is_whitespace).unwrap_or(line.len());
            let start = match meant == line {
                true => secret.start,
                false => start.max(alias_end),
            };
            analysis.hide(start..line.len());
        }
        analysis
    }

    /// The known words of a line. `meant` is the same line with its alias expanded.
    fn tokens(&self, line: &str, meant: &str) -> Vec<(Range<usize>, TokenKind)> {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let command = line
            .get(..end)
            .and_then(|word| self.command_token(word, line));
        let searched_from = if command.is_some() { end } else { 0 };
        let refused = match &command {
            Some(TokenKind::Refused) => None,
            _ => self
                .invalid_word(meant)
                .and_then(|word| place_of(line, searched_from, &word)),
        };
        let mut parts: Vec<(Range<usize>, TokenKind)> = Vec::new();
        parts.extend(command.map(|part| (0..end, part)));
        if line.len() <= SEARCHED_BYTES_MAX {
            let nicks =
                words_from(line, searched_from).filter_map(|word| self.nick_token(line, word));
            parts.extend(nicks.map(|word| (word, TokenKind::Nick)));
        }
        if let Some(refused) = refused {
            parts.retain(|(part, _)| part.end <= refused.start || refused.end <= part.start);
            parts.push((refused, TokenKind::Refused));
            parts.sort_by_key(|(part, _)| part.start);
        }
        parts
    }

    /// The kind of the first word, if it is a command or looks like one.
    fn command_token(&self, word: &str, line: &str) -> Option<TokenKind> {
        let name = word.strip_prefix('/')?;
        if name.is_empty() || name.starts_with('/') {
            return None;
        }
        let is_refused_paste = |first: &str| {
            let first = ParsedLine::parse(first, &self.settings.aliases);
            self.paste_target(&first).is_err()
        };
        if line.contains('\n') && written_lines(line).next().is_some_and(is_refused_paste) {
            return Some(TokenKind::Refused);
        }
        if self.settings.aliases.contains_key(name) || CommandSpec::find(name).is_some() {
            return Some(TokenKind::Command);
        }
        let lower = name.to_ascii_lowercase();
        let mut names = commands()
            .map(|slash| slash.name)
            .chain(self.settings.aliases.keys().map(String::as_str));
        let is_begun = word == line && names.any(|name| name.starts_with(&lower));
        (!is_begun).then_some(TokenKind::Refused)
    }

    /// The range of a nick in a word of a line, without the punctuation around it except `@`.
    fn nick_token(&self, line: &str, place: Range<usize>) -> Option<Range<usize>> {
        let word = line.get(place.clone())?;
        let name = word.trim_start_matches(AROUND_NICKS);
        let start = place.end - name.len();
        let name = name.trim_end_matches(AROUND_NICKS);
        let is_aimed = line
            .get(..start)
            .is_some_and(|before| before.ends_with('@'));
        let begin = start - usize::from(is_aimed);
        self.rooms
            .is_visible(name)
            .then_some(begin..start + name.len())
    }

    /// The word of a line that would be refused, as far as the session knows. A word that can still
    /// become valid does not count.
    fn invalid_word(&self, line: &str) -> Option<String> {
        match command::parse(line) {
            Err(error) => {
                let word = error.offending_text()?;
                (!matches!(word, "#" | "&")).then(|| word.to_owned())
            }
            Ok(UserCommand::Local(LocalCommand::Set {
                name: Some(name),
                value,
            })) => invalid_setting(&name, value.as_deref()).map(str::to_owned),
            Ok(UserCommand::SwitchRoom { room: Some(room) }) => {
                let names = self.rooms.names();
                let number = room.parse();
                let is_number = number.is_ok_and(|number| self.rooms.numbered(number).is_some());
                let begun = room.trim_start_matches('#').to_lowercase();
                let begins = |name: &String| {
                    let name = name.trim_start_matches('#').to_lowercase();
                    name.starts_with(&begun)
                };
                (!is_number && !names.iter().any(begins)).then(|| room.to_owned())
            }
            Ok(UserCommand::Help {
                command: Some(name),
            }) => {
                let aliases = self.settings.aliases.keys().map(String::as_str);
                let mut names = commands().map(|slash| slash.name).chain(aliases);
                let is_known = names.any(|other| other.starts_with(&name));
                (!is_known && CommandSpec::find(&name).is_none()).then_some(name)
            }
            _ => None,
        }
    }

    fn hint(&self, line: &str, meant: &str) -> Option<String> {
        if line.contains('\n') {
            return self.paste_hint(&written_lines(line).collect::<Vec<_>>());
        }
        if is_reply(meant) {
            return Some(match &self.attention.last_whisperer {
                Some(nick) => format!("to {nick}"),
                None => first_cause(&self.no_whisperer()),
            });
        }
        if meant != line && !line.contains(' ') {
            return Some(meant.to_owned());
        }
        let command = command::parse(meant).ok();
        if let Some(words) = command
            .as_ref()
            .and_then(|command| self.truncation_hint(command))
        {
            return Some(words);
        }
        let message = command
            .as_ref()
            .and_then(|command| self.message_for(command));
        let message = match message {
            Some(Ok(message)) => message,
            // The prompt shows a room that was left. Enter reports the rest.
            Some(Err(_)) if self.rooms.left_room().is_some() => return None,
            Some(Err(error)) => {
                return Some(first_cause(&error));
            }
            None => return self.room_hint(&command?),
        };
        let bytes_max = self.text_bytes_max(message.target.name(), 0);
        let pieces = split(&message.text, bytes_max).len();
        (pieces > 1).then(|| format!("will be sent as {pieces} lines"))
    }

    /// The hint for the lines of a paste; `None` for a single line that is a command.
    fn paste_hint(&self, lines: &[&str]) -> Option<String> {
        let first = lines.first()?;
        let first = ParsedLine::parse(first, &self.settings.aliases);
        let target = match self.paste_target(&first) {
            Ok(_) => self.message_for(&first.command.ok()?)?,
            Err(_) if lines.len() == 1 => return None,
            Err(error) => Err(error),
        };
        let message = match target {
            Ok(message) => message,
            Err(error) => return Some(first_cause(&error)),
        };
        let name = message.target.name();
        let bytes_max = self.text_bytes_max(name, 0);
        let rest = lines.iter().skip(1);
        let rest = rest.map(|line| split(line, bytes_max).len());
        let pieces = split(&message.text, bytes_max).len() + rest.sum::<usize>();
        let messages = if pieces == 1 { "message" } else { "messages" };
        Some(format!(
            "{pieces} {messages} to {name}: Enter sends, Esc discards"
        ))
    }

    /// How much of a text the server keeps, if it truncates it.
    fn truncation_hint(&self, command: &UserCommand) -> Option<String> {
        let isupport = &self.rooms.isupport;
        let (text, bytes_max) = match command {
            UserCommand::Topic { topic, .. } => (topic, isupport.topic_max),
            UserCommand::Away { message } => (message, isupport.away_max),
            UserCommand::Kick { reason, .. } => (reason, isupport.kick_max),
            _ => return None,
        };
        let (bytes, bytes_max) = (text.as_ref()?.len(), bytes_max?);
        (bytes > bytes_max).then(|| format!("the server keeps {bytes_max} of these {bytes} bytes"))
    }

    /// The room that the number in `/room NUMBER` stands for.
    fn room_hint(&self, command: &UserCommand) -> Option<String> {
        let room = match command {
            UserCommand::SwitchRoom { room: Some(room) } => {
                &self.rooms.numbered(room.parse().ok()?)?.name
            }
            UserCommand::SwitchRoom { room: None } => self.rooms.most_unread()?,
            _ => return None,
        };
        Some(format!("to {room}"))
    }
}

/// The first part of an error, as a hint after the line.
fn first_cause(error: &InputError) -> String {
    let error = error.to_string();
    let sentence = error.split(". ").next().unwrap_or_default();
    as_cause(sentence.split("; ").next().unwrap_or_default())
}

/// The name or the value that is not valid and cannot become valid.
fn invalid_setting<'l>(name: &'l str, value: Option<&'l str>) -> Option<&'l str> {
    let Ok(setting) = Setting::find(name) else {
        let mut names = SETTINGS.iter();
        let is_begun = value.is_none() && names.any(|setting| setting.name.starts_with(name));
        return (!is_begun).then_some(name);
    };
    let value = value?;
    let is_begun = setting
        .choices
        .iter()
        .any(|choice| choice.starts_with(value));
    let is_fine = is_begun || setting.set(&mut DisplaySettings::default(), value).is_ok();
    (!is_fine).then_some(value)
}

/// The arguments that a command still takes, shown where the next word would begin.
fn usage_of(line: &str) -> Option<String> {
    let mut words = line.strip_prefix('/')?.split_whitespace();
    let slash = CommandSpec::find(words.next()?)?;
    let is_next = line.ends_with(' ');
    let last = words.clone().last();
    let expected = slash.expected_after(words);
    if last.is_some() && !is_next {
        return None;
    }
    let hint = expected.hint()?;
    let value = last.filter(|_| expected.arguments("") == [ArgumentKind::Value]);
    let values = value.and_then(|name| Some(Setting::find(name).ok()?.values()));
    let space = if is_next { "" } else { " " };
    Some(format!("{space}{}", values.unwrap_or(hint.to_owned())))
}

/// Punctuation around a nick in a text.
const AROUND_NICKS: &[char] = &[
    '@', ':', ',', '.', ';', '!', '?', '(', ')', '"', '\'', '<', '>',
];

/// The words of a line from a byte offset on, as byte ranges.
fn words_from(line: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let after = line.get(from..).unwrap_or_default();
    let begin = line.as_ptr() as usize;
    after.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - begin;
        start..start + word.len()
    })
}

/// The byte range of these words in a line, from an offset on.
fn place_of(line: &str, from: usize, words: &str) -> Option<Range<usize>> {
    let start = from + line.get(from..)?.find(words)?;
    Some(start..start + words.len())
}

/// Whether a line begins a reply to the last whisper, with or without a text.
fn is_reply(line: &str) -> bool {
    let name = line.strip_prefix('/').and_then(|rest| rest.split_once(' '));
    let slash = name.and_then(|(name, _)| CommandSpec::find(name));
    slash.is_some_and(|slash| slash.name == "reply")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_typed_shows_what_it_still_takes() {
        for (line, usage) in [
            ("/nick", Some(" NAME")),
            ("/nick ", Some("NAME")),
            ("/nick a", None),
            ("/nic", None),
            ("nick", None),
            ("/msg bob ", Some("TEXT")),
            ("/msg bob", None),
            ("/msg bob hi ", None),
            ("/kick #dev ", Some("NICK [REASON]")),
            ("/set bell ", Some("off, whispers, mentions or all")),
            ("/set frob ", Some("[VALUE]")),
            ("/rooms ", None),
        ] {
            assert_eq!(usage_of(line).as_deref(), usage, "{line}");
        }
    }

    #[test]
    fn a_setting_is_marked_when_it_cannot_become_right() {
        assert_eq!(invalid_setting("be", None), None);
        assert_eq!(invalid_setting("be", Some("off")), Some("be"));
        assert_eq!(invalid_setting("bell", Some("m")), None);
        assert_eq!(invalid_setting("bell", Some("loud")), Some("loud"));
        assert_eq!(invalid_setting("nick-width", Some("20")), None);
    }
}
