//! What the server can do beyond plain IRC, and what of it is switched on. IRCv3 capability
//! negotiation, <https://ircv3.net/specs/extensions/capability-negotiation>.

use std::collections::BTreeSet;

use crate::client::session::{
    CloseReason, Phase, ProtocolViolation, Session, SessionAction, SessionOutput,
};
use crate::wire::{Message, Request};

/// So many lines a server may take to list what it can; one that goes on is broken.
const LIST_LINES_MAX: usize = 100;

/// One thing a server can do that the client has a use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Capability {
    /// Lines can have tags.
    MessageTags,
    /// Each message says when it was said.
    ServerTime,
    /// Lines can belong together.
    Batch,
    /// A line with a label gets an answer with that label, whatever becomes of it.
    LabeledResponse,
    /// What the user says comes back when it was taken.
    EchoMessage,
    /// Who has another host now does not seem to leave and to come back.
    Chghost,
}

use Capability::{Batch, Chghost, EchoMessage, LabeledResponse, MessageTags, ServerTime};

/// Each capability with its name on the wire.
const TABLE: [(&str, Capability); 6] = [
    ("message-tags", MessageTags),
    ("server-time", ServerTime),
    ("batch", Batch),
    ("labeled-response", LabeledResponse),
    ("echo-message", EchoMessage),
    ("chghost", Chghost),
];

/// What the server offers and what is on.
#[derive(Debug, Default)]
pub(in crate::client::session) struct ServerCapabilities {
    offered: BTreeSet<Capability>,
    on: BTreeSet<Capability>,
    list_lines: usize,
}

impl ServerCapabilities {
    /// Whether this is switched on.
    pub(super) fn has(&self, capability: Capability) -> bool {
        self.on.contains(&capability)
    }

    /// Whether each line can be followed by its label.
    pub(in crate::client::session) fn can_label(&self) -> bool {
        self.has(Batch) && self.has(LabeledResponse)
    }

    /// The names of what is to be switched on. An echo is of use only with a label.
    fn wanted(&self) -> String {
        let offers = |one| self.offered.contains(&one);
        let labels = offers(Batch) && offers(LabeledResponse);
        let names = TABLE
            .iter()
            .filter(|(_, one)| match one {
                MessageTags | ServerTime | Chghost => offers(*one),
                Batch | LabeledResponse => labels,
                EchoMessage => labels && offers(*one),
            })
            .map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(" ")
    }
}

/// The capabilities of a list such as `batch sasl=PLAIN`.
fn known(list: &str) -> impl Iterator<Item = Capability> {
    list.split_ascii_whitespace().filter_map(|word| {
        let name = word.split('=').next().unwrap_or_default();
        TABLE
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, one)| *one)
    })
}

impl Session {
    /// Asks what the server can do. One that does not know the question lets the user in all
    /// the same, and one that does waits for the end of the negotiation.
    pub(super) fn begin_cap_negotiation(&mut self, output: &mut SessionOutput) {
        self.link.capabilities = ServerCapabilities::default();
        self.send_cap("LS", Some("302"), output);
    }

    pub(super) fn send_cap(
        &mut self,
        subcommand: &str,
        argument: Option<&str>,
        output: &mut SessionOutput,
    ) {
        let request = Request::Cap {
            subcommand,
            argument,
        };
        self.send(&request, output);
    }

    /// `CAP * LS * :a b`, and the other answers of this kind.
    pub(in crate::client::session) fn on_cap(
        &mut self,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let list = message.parameters.last().copied().unwrap_or_default();
        // Also while the person is asked for another nick the negotiation goes on.
        let registering = matches!(self.phase, Phase::Registering { .. } | Phase::Asking);
        let has_more = message.parameter(2) == Some("*") && message.parameters.len() > 3;
        match message.parameter(1).unwrap_or_default() {
            "LS" if registering => {
                self.link.capabilities.offered.extend(known(list));
                self.link.capabilities.list_lines += 1;
                if self.link.capabilities.list_lines > LIST_LINES_MAX {
                    return self.protocol_error(ProtocolViolation::EndlessCapabilities, output);
                }
                if has_more {
                    return;
                }
                self.on_cap_answered(output);
                let wanted = self.link.capabilities.wanted();
                if wanted.is_empty() {
                    self.end_negotiation(output);
                } else {
                    self.send_cap("REQ", Some(&wanted), output);
                }
            }
            "ACK" => {
                self.link.capabilities.on.extend(known(list));
                if registering {
                    self.end_negotiation(output);
                }
            }
            "LIST" if !has_more => self.on_cap_answered(output),
            "NAK" if registering => {
                self.end_negotiation(output);
            }
            "DEL" => {
                for gone in known(list) {
                    self.link.capabilities.on.remove(&gone);
                }
            }
            _ => {}
        }
    }

    /// The server has broken the protocol in a way that makes it useless to go on.
    pub fn protocol_error(&mut self, violation: ProtocolViolation, output: &mut SessionOutput) {
        self.link.close_reason = Some(CloseReason::Protocol(violation));
        output.actions.push(SessionAction::Close);
    }
}
