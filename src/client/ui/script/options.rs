//! The script options of the command line: its lines, its output, and its end.

use std::fmt;
use std::time::Duration;

use crate::client::command::{self, ParseError, UserCommand, has_room_prefix, parse_room};
use crate::client::config::options::{Action, AskArgs, ClientOptions, Format, Input, MessageArgs};
use crate::client::config::resolve::split_network;
use crate::client::event::matcher::EventMatcher;

/// The options of a script.
#[derive(Debug, Clone)]
pub(in crate::client) struct ScriptOptions {
    pub(super) source: ScriptSource,
    pub(super) format: Format,
    /// Continue after the end of the input, until the server closes the connection.
    pub(super) follow: bool,
    /// End at the first line that is refused.
    pub(in crate::client) strict: bool,
    /// The event that ends the script; then nothing else is printed.
    pub(in crate::client) wait: Option<EventMatcher>,
}

/// Where the lines of a script come from.
#[derive(Debug, Clone)]
pub(super) enum ScriptSource {
    /// Standard input, in this form.
    Stdin(Input),
    /// Standard input, copied to standard output; a sample of it is sent.
    Tee(SampleLimits),
    /// The command line.
    Lines(Vec<String>),
    /// The message of `msg` or `ask`.
    Command(UserCommand),
}

/// How many of the copied lines are sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleLimits {
    /// The most lines in one interval.
    pub(super) lines_max: usize,
    pub(super) interval: Duration,
}

impl ScriptOptions {
    /// Takes the options of a script from the command line.
    pub(in crate::client) fn of(options: &ClientOptions) -> Result<Self, InvalidMessage> {
        let (source, wait) = match &options.action {
            Some(Action::Ask(AskArgs { message, account })) => {
                let command = command_of(message)?;
                let answer = answer_to(message, account.as_ref());
                (ScriptSource::Command(command), Some(answer))
            }
            Some(Action::Msg(message)) => (ScriptSource::Command(command_of(message)?), None),
            _ => (source_of(options), awaited_by(options)),
        };
        Ok(Self {
            source,
            format: options.format(),
            follow: options.follow,
            wait,
            // A refused question gets no answer.
            strict: options.strict || matches!(options.action, Some(Action::Ask(_))),
        })
    }
}

impl ScriptOptions {
    /// The event that a script waits for on a network, if it waits there. `all_named` are the
    /// networks that are named at the start.
    pub(in crate::client) fn wait_on(
        &self,
        network: &str,
        all_named: &[String],
    ) -> Option<EventMatcher> {
        wait_on(self.wait.as_ref()?, network, all_named)
    }
}

/// The event to wait for on this network; `None` if the script waits on another one.
fn wait_on(wait: &EventMatcher, network: &str, all_named: &[String]) -> Option<EventMatcher> {
    let names: Vec<String> = match all_named.iter().any(|name| name == network) {
        true => all_named.to_vec(),
        false => vec![network.to_owned()],
    };
    let mut wait = wait.clone();
    for name in [&mut wait.room, &mut wait.from].into_iter().flatten() {
        if let Some((of, target)) = split_network(name, &names) {
            if of != network {
                return None;
            }
            *name = target.to_owned();
        }
    }
    // The answer to a message for a room of a network is said there.
    if let Some(room) = wait.from.take_if(|target| has_room_prefix(target)) {
        wait.room = Some(room);
        wait.whispered = false;
    }
    // The `#` can be left out.
    if let Some(target) = wait.room.as_deref().and_then(parse_room) {
        wait.room = Some(target.room);
    }
    Some(wait)
}

fn source_of(options: &ClientOptions) -> ScriptSource {
    if options.tee {
        return ScriptSource::Tee(SampleLimits {
            lines_max: options.max_lines,
            interval: options.interval,
        });
    }
    let has_input = options.commands.is_empty() && !options.waits_on_terminal();
    match has_input {
        true => ScriptSource::Stdin(options.input),
        false => ScriptSource::Lines(options.commands.clone()),
    }
}

/// The event that `--wait-for` waits for.
fn awaited_by(options: &ClientOptions) -> Option<EventMatcher> {
    options.wait_for.clone().map(|pattern| EventMatcher {
        pattern: Some(pattern),
        from: options.from.clone(),
        account: options.from_account.clone(),
        room: options.room.clone(),
        whispered: false,
        // Standard input may stay silent for long.
        answers: !options.commands.is_empty(),
    })
}

/// The answer that `ask` waits for: the next message in the room, or the next whisper of the user.
/// Where an account is given, it is believed, and the nick is not.
fn answer_to(message: &MessageArgs, account: Option<&String>) -> EventMatcher {
    match has_room_prefix(&message.to) {
        true => EventMatcher {
            room: Some(message.to.clone()),
            account: account.cloned(),
            answers: true,
            ..EventMatcher::default()
        },
        false => EventMatcher {
            from: account.is_none().then(|| recipient(message).to_owned()),
            account: account.cloned(),
            whispered: true,
            answers: true,
            ..EventMatcher::default()
        },
    }
}

/// The message of `ask` or `msg` cannot be sent.
#[derive(Debug)]
pub struct InvalidMessage(ParseError);

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for InvalidMessage {}

/// The line that sends a message through a running session.
pub(in crate::client) fn message_line(message: &MessageArgs) -> Result<String, InvalidMessage> {
    let text = message.text.join(" ");
    // It is checked as if it were sent from here.
    command_of(message).map(|_| command::message_line(target(message), &text))
}

/// The command that sends a message.
fn command_of(message: &MessageArgs) -> Result<UserCommand, InvalidMessage> {
    let text = message.text.join(" ");
    command::message(target(message), &text).map_err(InvalidMessage)
}

/// The target of a message: `@nick` is the same as `nick`, but `@#room` is for the operators of the
/// room.
fn target(message: &MessageArgs) -> &str {
    let name = recipient(message);
    match has_room_prefix(name) {
        true => &message.to,
        false => name.trim_end_matches([':', ',']),
    }
}

/// The room, or the nick without its `@`.
fn recipient(message: &MessageArgs) -> &str {
    message.to.strip_prefix('@').unwrap_or(&message.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_waits_on_the_network_that_is_named_and_otherwise_on_each() {
        let all = ["home", "libera"].map(str::to_owned);
        let on = |wait: &EventMatcher, network| {
            let wait = wait_on(wait, network, &all)?;
            Some((wait.room, wait.from, wait.whispered))
        };
        let text = |text: &str| Some(text.to_owned());
        let in_room = |room: &str| EventMatcher {
            room: text(room),
            ..EventMatcher::default()
        };
        let from = |nick: &str| EventMatcher {
            from: text(nick),
            whispered: true,
            ..EventMatcher::default()
        };
        let rust = Some((text("#rust"), None, false));
        for room in ["libera/#rust", "libera/rust"] {
            assert_eq!(on(&in_room(room), "home"), None);
            assert_eq!(on(&in_room(room), "libera"), rust);
        }
        for network in ["home", "libera"] {
            assert_eq!(on(&in_room("rust"), network), rust);
            assert_eq!(on(&from("ann"), network), Some((None, text("ann"), true)));
        }
        assert_eq!(on(&from("libera/ann"), "home"), None);
        let ann = Some((None, text("ann"), true));
        assert_eq!(on(&from("libera/ann"), "libera"), ann);
        // Of `ask libera/#rust`.
        assert_eq!(on(&from("libera/#rust"), "libera"), rust);
    }
}
