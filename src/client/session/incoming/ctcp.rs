//! CTCP: questions that programs send to programs, inside messages. <https://modern.ircdocs.horse/ctcp>

use std::time::Duration;

use crate::client::event::{Event, utc_text};
use crate::client::session::{Session, SessionOutput, SessionTime, truncate};
use crate::wire::Request;

/// The longest part of a request that is repeated in its answer, in bytes.
const REPEATED_BYTES_MAX: usize = 100;

/// A CTCP message.
pub(super) struct CtcpMessage<'m> {
    pub(super) nick: String,
    pub(super) command: &'m str,
    pub(super) text: &'m str,
    /// It answers a request.
    pub(super) is_reply: bool,
    /// The user has sent it.
    pub(super) own: bool,
    /// It was sent to the user alone, now.
    pub(super) wants_answer: bool,
}

/// The command and the text of a CTCP message.
pub(super) fn parse(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('\x01')?;
    let inner = inner.strip_suffix('\x01').unwrap_or(inner);
    Some(inner.split_once(' ').unwrap_or((inner, "")))
}

impl Session {
    pub(super) fn on_ctcp(
        &mut self,
        ctcp: &CtcpMessage<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let CtcpMessage { nick, text, .. } = ctcp;
        let command = ctcp.command.to_ascii_uppercase();
        if ctcp.own {
            return;
        }
        if ctcp.is_reply {
            let text = match ping_time(&command, text, now) {
                Some(seconds) => format!("{nick} answers in {seconds:.2} s."),
                None => format!("{nick} answers {command}: {text}"),
            };
            return output.events.push(Event::ServerSaid { text, asked: true });
        }
        let answer = match command.as_str() {
            "VERSION" => Some(format!("VERSION chatroom {}", env!("CARGO_PKG_VERSION"))),
            "PING" => Some(format!("PING {}", truncate(text, REPEATED_BYTES_MAX))),
            "TIME" => Some(format!("TIME {}", utc_text(now.unix_seconds))),
            "CLIENTINFO" => Some("CLIENTINFO ACTION CLIENTINFO PING TIME VERSION".to_owned()),
            "DCC" => {
                let words = dcc_words(nick, text);
                output.events.push(Event::Note { words });
                let (kind, name, _) = dcc_parts(text);
                // A name that is cut would be another name.
                let name = Some(name).filter(|name| name.len() <= REPEATED_BYTES_MAX);
                let kind = truncate(kind, REPEATED_BYTES_MAX);
                Some(format!("DCC REJECT {kind} {}", name.unwrap_or_default()))
            }
            _ => None,
        };
        // Without labels, a refusal of the answer would be taken for that of a line of the script.
        let can_tell = !self.settings.script || self.link.capabilities.can_label();
        let may_answer = self.settings.ctcp && ctcp.wants_answer && can_tell;
        let answers = &mut self.attention.ctcp_answers;
        let answer = answer.filter(|_| may_answer && answers.take(nick, now.elapsed));
        let outcome = match (&answer, command.as_str()) {
            (_, "DCC") => None,
            (Some(_), _) => Some("answered"),
            (None, _) => Some("not answered"),
        };
        if let Some(answer) = answer {
            let text = &format!("\x01{}\x01", answer.trim_end());
            let targets = nick;
            self.send(&Request::Notice { targets, text }, output);
        }
        if let Some(outcome) = outcome {
            let text = format!("{nick} asks this program: {command} ({outcome}).");
            output.events.push(Event::ServerNotice { text });
        }
    }
}

impl Session {
    /// Whether a refusal about `nick` is about an answer to a program, and not about anything that
    /// the user sent.
    pub(super) fn is_about_ctcp_answer(&self, nick: &str) -> bool {
        let mut answers = self.attention.ctcp_answers.people();
        let mut in_flight = self.delivery.in_flight.iter();
        let is_said_to = in_flight.any(|flight| {
            let message = flight.message.as_ref();
            message.is_some_and(|message| self.is_same(message.target.name(), nick))
        });
        let is_answered = answers.any(|other| self.is_same(nick, other));
        is_answered && !is_said_to && self.delivery.answering.is_none()
    }
}

/// How long a ping to a person took, in seconds.
fn ping_time(command: &str, text: &str, now: SessionTime) -> Option<f64> {
    let sent: u64 = text.parse().ok().filter(|_| command == "PING")?;
    let taken = now.elapsed.checked_sub(Duration::from_millis(sent))?;
    Some(taken.as_secs_f64())
}

/// The parts of a DCC request: its kind, the name of the file with its quotes if it has blanks, and
/// what follows.
fn dcc_parts(text: &str) -> (&str, &str, &str) {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let quoted = rest
        .strip_prefix('"')
        .and_then(|name| name.find('"'))
        .and_then(|end| rest.split_at_checked(end + 2));
    let (name, rest) = quoted.unwrap_or_else(|| {
        let end = rest.find(' ').unwrap_or(rest.len());
        rest.split_at(end)
    });
    (kind, name, rest.trim_start())
}

/// The description of a DCC offer.
fn dcc_words(nick: &str, text: &str) -> String {
    let (kind, name, rest) = dcc_parts(text);
    let kind = kind.to_ascii_uppercase();
    let name = name.trim_matches('"');
    // After the name come an address, a port and the size.
    let bytes = rest.split(' ').nth(2);
    let bytes = bytes.and_then(|size| size.parse::<u64>().ok());
    match (kind.as_str(), bytes) {
        ("SEND", Some(bytes)) => {
            format!("{nick} offers the file {name} ({bytes} bytes) by DCC; declined.")
        }
        ("SEND", None) => format!("{nick} offers the file {name} by DCC; declined."),
        ("CHAT", _) => format!("{nick} offers a direct chat by DCC; declined."),
        _ => format!("{nick} sends a DCC request: {kind}; declined."),
    }
}
