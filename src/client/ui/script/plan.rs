//! What the options ask of a script.

use std::time::Duration;

use crate::client::app::error::Failure;
use crate::client::command;
use crate::client::config::options::{Action, Format, Input, Message, Options};
use crate::client::event::matcher::EventMatcher;

/// Where the lines come from, what to print, and when to end.
#[derive(Debug, Clone)]
pub(in crate::client) struct Plan {
    pub(super) source: Source,
    pub(super) format: Format,
    /// Not the end of input is the end, but that of the server.
    pub(super) follow: bool,
    /// The first line that is refused ends it.
    pub(in crate::client) strict: bool,
    /// What must be said before it ends; then nothing else is printed.
    pub(in crate::client) wait: Option<EventMatcher>,
}

/// Where the lines of a script come from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Standard input, in this form.
    Stdin(Input),
    /// Standard input, which is passed on.
    Tee(Tee),
    /// The command line.
    Lines(Vec<String>),
}

/// How much of what is passed on is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tee {
    pub(super) lines_max: usize,
    pub(super) interval: Duration,
}

impl Plan {
    /// What these options ask for; not the last word where a terminal is used.
    pub(in crate::client) fn of(options: &Options) -> Result<Self, Failure> {
        let (source, wait) = match &options.action {
            Some(Action::Ask(message)) => {
                let wait = match is_room(message) {
                    true => EventMatcher {
                        room: Some(message.to.clone()),
                        answers: true,
                        ..EventMatcher::default()
                    },
                    false => EventMatcher {
                        from: Some(nick(message).to_owned()),
                        whispered: true,
                        answers: true,
                        ..EventMatcher::default()
                    },
                };
                (Source::Lines(vec![line(message)?]), Some(wait))
            }
            Some(Action::Msg(message)) => (Source::Lines(vec![line(message)?]), None),
            _ => (Self::source(options), Self::wait(options)),
        };
        Ok(Self {
            source,
            format: options.format,
            follow: options.follow,
            wait,
            // Nobody answers a question that was refused.
            strict: options.strict || matches!(options.action, Some(Action::Ask(_))),
        })
    }

    fn source(options: &Options) -> Source {
        if options.tee {
            return Source::Tee(Tee {
                lines_max: options.max_lines,
                interval: options.interval,
            });
        }
        let has_input = options.commands.is_empty() && !options.waits_on_terminal();
        match has_input {
            true => Source::Stdin(options.input),
            false => Source::Lines(options.commands.clone()),
        }
    }

    fn wait(options: &Options) -> Option<EventMatcher> {
        options.wait_for.clone().map(|pattern| EventMatcher {
            pattern: Some(pattern),
            from: options.from.clone(),
            room: options.room.clone(),
            whispered: false,
            // Standard input may have nothing to say for long, or ever.
            answers: !options.commands.is_empty(),
        })
    }
}

/// The line that says it, as it would be typed.
pub(in crate::client) fn line(message: &Message) -> Result<String, Failure> {
    let (to, text) = (nick(message), message.text.join(" "));
    let line = match command::is_room(to) && to != message.to {
        // The operators of a room.
        true => format!("/msg @{to} {text}"),
        false => format!("@{to} {text}"),
    };
    match command::parse(&line) {
        Ok(_) => Ok(line),
        Err(problem) => Err(Failure::Usage(problem.to_string())),
    }
}

fn is_room(message: &Message) -> bool {
    command::is_room(&message.to)
}

fn nick(message: &Message) -> &str {
    message.to.strip_prefix('@').unwrap_or(&message.to)
}
