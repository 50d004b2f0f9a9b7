//! The typed commands that the server has not answered, so that a refusal is reported with the line
//! it is about.
//!
//! Without labels a refusal names no request, but answers come in order, and most refusals name a
//! room or a user. A command is forgotten when its effect or its answer comes, or after a while.

use std::collections::VecDeque;
use std::time::Duration;

use crate::wire::isupport::Isupport;
use crate::wire::{FoldedName, Message};

/// How many commands are remembered, and for how long.
const REMEMBERED_MAX: usize = 32;
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// The commands without an answer, the oldest first.
#[derive(Debug, Default)]
pub(in crate::client::session) struct SentCommands(VecDeque<SentCommand>);

#[derive(Debug)]
struct SentCommand {
    /// The line as it was typed.
    line: String,
    /// The command as it was sent.
    command: String,
    /// The users and rooms that it names.
    about: Vec<FoldedName>,
    at: Duration,
}

impl SentCommands {
    /// The user has typed `line`, and `sent` was sent for it.
    pub(super) fn remember(&mut self, line: &str, sent: &str, at: Duration, naming: &Isupport) {
        for message in sent.lines().filter_map(|sent| Message::parse(sent).ok()) {
            if self.0.len() >= REMEMBERED_MAX {
                self.0.pop_front();
            }
            // No command has more than two names.
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
    pub(in crate::client::session) fn take_refused(
        &mut self,
        parameters: &[String],
        now: Duration,
        naming: &Isupport,
    ) -> Option<String> {
        self.0.retain(|sent| now <= sent.at + REMEMBERED_FOR);
        // The last one is the reason.
        let (_, names) = parameters.split_last()?;
        let is_about = |sent: &SentCommand| {
            names.iter().any(|name| {
                sent.command.eq_ignore_ascii_case(name) || sent.about.contains(&naming.key(name))
            })
        };
        let at = self.0.iter().position(is_about)?;
        self.0.remove(at).map(|sent| sent.line)
    }

    /// The first of these commands is done or answered; the first about `about` if that is given.
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

    /// The server has sent this numeric: the command that it completes is done.
    pub(in crate::client::session) fn complete_numeric(&mut self, number: u16) {
        if let Some(command) = command_answered_by(number) {
            self.complete_command(command, None);
        }
    }

    /// The connection is lost, so no more answers come.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The command whose answer ends with this numeric, or which it confirms.
fn command_answered_by(number: u16) -> Option<&'static str> {
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
