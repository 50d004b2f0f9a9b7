//! The commands that a person has typed and the server has not answered: so that a refusal can be
//! told with the line it is about.
//!
//! Answers have no names of their own, but they come in order, and a refusal says whom or what it
//! is about. What was done is told, too, or answered, and forgotten with that; the rest is after a
//! while.

use std::collections::VecDeque;
use std::time::Duration;

use crate::wire::isupport::Isupport;
use crate::wire::{FoldedName, Message};

/// So many are remembered at most, and for so long.
const REMEMBERED_MAX: usize = 32;
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// What was sent and not answered, the oldest first.
#[derive(Debug, Default)]
pub(in crate::client::session) struct SentCommands(VecDeque<SentCommand>);

#[derive(Debug)]
struct SentCommand {
    /// As it was typed.
    line: String,
    /// As it went out.
    command: String,
    /// Whom and what it is about.
    about: Vec<FoldedName>,
    at: Duration,
}

impl SentCommands {
    /// A person has typed this line, and these were sent for it.
    pub(super) fn remember(&mut self, line: &str, sent: &str, at: Duration, naming: &Isupport) {
        for message in sent.lines().filter_map(|sent| Message::parse(sent).ok()) {
            if self.0.len() >= REMEMBERED_MAX {
                self.0.pop_front();
            }
            // No command has more than two names in it.
            let about = message.parameters.iter().take(2);
            self.0.push_back(SentCommand {
                line: line.to_owned(),
                command: message.command.to_owned(),
                about: about.map(|name| naming.key(name)).collect(),
                at,
            });
        }
    }

    /// The line that a refusal with these parameters is about.
    pub(super) fn take_refused(
        &mut self,
        parameters: &[String],
        now: Duration,
        naming: &Isupport,
    ) -> Option<String> {
        self.0.retain(|sent| now <= sent.at + REMEMBERED_FOR);
        // The last one is the reason, in words.
        let (_, names) = parameters.split_last()?;
        let is_about = |sent: &SentCommand| {
            names.iter().any(|name| {
                sent.command.eq_ignore_ascii_case(name) || sent.about.contains(&naming.key(name))
            })
        };
        let at = self.0.iter().position(is_about)?;
        self.0.remove(at).map(|sent| sent.line)
    }

    /// The first of these commands is done, or answered: the first about `about` where it is named.
    pub(in crate::client::session) fn complete_command(
        &mut self,
        command: &str,
        about: Option<&FoldedName>,
    ) {
        let is_it = |sent: &SentCommand| {
            sent.command == command && about.is_none_or(|about| sent.about.contains(about))
        };
        if let Some(at) = self.0.iter().position(is_it) {
            self.0.remove(at);
        }
    }

    /// The connection is lost: nothing more will be answered.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The command whose answer this number ends, or that it says is done.
pub(in crate::client::session) fn command_answered_by(number: u16) -> Option<&'static str> {
    Some(match number {
        221 | 324 | 368 => "MODE",
        305 | 306 => "AWAY",
        315 => "WHO",
        318 => "WHOIS",
        323 => "LIST",
        331 | 332 => "TOPIC",
        341 => "INVITE",
        366 => "NAMES",
        369 => "WHOWAS",
        381 => "OPER",
        _ => return None,
    })
}
