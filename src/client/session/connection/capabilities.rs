//! The capabilities that the server offers, and those that are enabled. IRCv3 capability
//! negotiation, <https://ircv3.net/specs/extensions/capability-negotiation>.

use std::collections::{BTreeMap, BTreeSet};

use super::login::SASL;
use crate::client::session::{
    CloseReason, Phase, ProtocolViolation, Session, SessionAction, SessionOutput, Transport,
};
use crate::wire::sts::Sts;
use crate::wire::{Message, Request};

/// How many lines the list of capabilities may have.
const LIST_LINES_MAX: usize = 100;

/// A capability that the client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::client::session) enum Capability {
    /// `message-tags`: lines can have tags.
    MessageTags,
    /// `server-time`: each message has its time.
    ServerTime,
    /// `batch`: lines can be grouped.
    Batch,
    /// `labeled-response`: each line with a label gets an answer with that label.
    LabeledResponse,
    /// `echo-message`: an accepted message comes back to its sender.
    EchoMessage,
    /// `account-tag`: each message has the account of its sender.
    AccountTag,
    /// `chghost`: a change of host is one message, not a quit and a join.
    Chghost,
    /// `account-notify`: users who log in or out are reported.
    AccountNotify,
    /// `extended-join`: a join has the account and the real name of the user.
    ExtendedJoin,
    /// `away-notify`: users who go away or come back are reported.
    AwayNotify,
    /// `setname`: changes of the real name are reported.
    Setname,
    /// `multi-prefix`: lists have all prefixes of a member, not only the highest.
    MultiPrefix,
    /// `invite-notify`: members of a room see who is invited to it.
    InviteNotify,
    /// `userhost-in-names`: `NAMES` has the addresses of the members.
    UserhostInNames,
    /// `extended-monitor`: the same reports about monitored users in no common room.
    ExtendedMonitor,
    /// `cap-notify`: changes of the offer are reported.
    CapNotify,
    /// `no-implicit-names`: a join is not followed by the list of members.
    NoImplicitNames,
}

use Capability::{
    AccountNotify, AccountTag, AwayNotify, Batch, CapNotify, Chghost, EchoMessage, ExtendedJoin,
    ExtendedMonitor, InviteNotify, LabeledResponse, MessageTags, MultiPrefix, NoImplicitNames,
    ServerTime, Setname, UserhostInNames,
};

/// Each capability with its name on the wire. Of several names the first one offered is requested.
const TABLE: [(&str, Capability); 19] = [
    ("message-tags", MessageTags),
    ("server-time", ServerTime),
    ("batch", Batch),
    ("labeled-response", LabeledResponse),
    ("echo-message", EchoMessage),
    ("account-tag", AccountTag),
    ("chghost", Chghost),
    ("account-notify", AccountNotify),
    ("extended-join", ExtendedJoin),
    ("away-notify", AwayNotify),
    ("setname", Setname),
    ("multi-prefix", MultiPrefix),
    ("invite-notify", InviteNotify),
    ("userhost-in-names", UserhostInNames),
    ("extended-monitor", ExtendedMonitor),
    ("cap-notify", CapNotify),
    ("no-implicit-names", NoImplicitNames),
    ("draft/no-implicit-names", NoImplicitNames),
    ("soju.im/no-implicit-names", NoImplicitNames),
];

/// What the server offers and what is enabled.
#[derive(Debug, Default)]
pub(in crate::client::session) struct ServerCapabilities {
    /// The offered ones, by the name that is requested.
    offered: BTreeMap<Capability, &'static str>,
    on: BTreeSet<Capability>,
    list_lines: usize,
    /// How many requests are not answered, without that of `sasl`.
    unanswered: usize,
    sts: Option<Sts>,
    /// `sasl` is offered.
    has_sasl: bool,
    /// `draft/account-registration` is offered. It need not be requested.
    has_registration: bool,
    /// `CAP END` is sent, or follows `USER`.
    is_over: bool,
}

impl ServerCapabilities {
    /// Whether this capability is enabled.
    pub(in crate::client::session) fn has(&self, capability: Capability) -> bool {
        self.on.contains(&capability)
    }

    /// Whether the server says which account the sender of a message is logged in to.
    pub(super) fn has_accounts(&self) -> bool {
        self.has(AccountTag)
    }

    /// Whether a join has the account and the real name of the user.
    pub(in crate::client::session) fn has_extended_join(&self) -> bool {
        self.has(ExtendedJoin)
    }

    /// Whether the list of members follows each join.
    pub(in crate::client::session) fn lists_members(&self) -> bool {
        !self.has(NoImplicitNames)
    }

    /// Whether the server registers accounts.
    pub(in crate::client::session) fn can_register(&self) -> bool {
        self.has_registration
    }

    /// Whether the negotiation is over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The negotiation is over.
    pub(super) fn set_over(&mut self) {
        self.is_over = true;
    }

    /// Whether the answers to a line can be recognised by its label.
    pub(in crate::client::session) fn can_label(&self) -> bool {
        self.has(Batch) && self.has(LabeledResponse)
    }

    /// The capabilities to request that are not enabled yet. An echo is useful only with labels. A
    /// script does without none of the members of its rooms: other programs can ask for them.
    fn wanted(&self, is_script: bool) -> Vec<&'static str> {
        let offers = |one| self.offered.contains_key(&one);
        let labels = offers(Batch) && offers(LabeledResponse);
        let wanted = self.offered.iter().filter(|(one, _)| match one {
            Batch | LabeledResponse | EchoMessage => labels && !self.is_over,
            NoImplicitNames => !is_script,
            _ => true,
        });
        let missing = wanted.filter(|(one, _)| !self.on.contains(one));
        missing.map(|(_, name)| *name).collect()
    }

    /// Adds the capabilities of a list to the offer.
    fn add_offer(&mut self, list: &str) {
        for (name, one) in known(list) {
            self.offered.entry(one).or_insert(name);
        }
    }
}

/// The capabilities of a list such as `batch sasl=PLAIN`, with their names.
fn known(list: &str) -> impl Iterator<Item = (&'static str, Capability)> {
    list.split_ascii_whitespace().filter_map(|word| {
        let name = word.split('=').next().unwrap_or_default();
        TABLE.iter().find(|(known, _)| *known == name).copied()
    })
}

/// The capability of a server that registers accounts.
const REGISTRATION: &str = "draft/account-registration";

/// Whether a list of capabilities has this name, with or without a value.
fn names_capability(list: &str, name: &str) -> bool {
    let mut words = list.split_ascii_whitespace();
    words.any(|word| word.split('=').next() == Some(name))
}

/// The value of `sts` in a list of capabilities.
fn sts_in(list: &str) -> Option<Sts> {
    let mut words = list.split_ascii_whitespace();
    let value = words.find_map(|word| word.strip_prefix("sts="))?;
    Some(Sts::parse(value))
}

impl Session {
    /// Starts the negotiation. A server without capabilities completes the registration all the
    /// same; one with capabilities waits for `CAP END`.
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

    /// Handles `CAP * LS * :a b` and the other subcommands.
    pub(in crate::client::session) fn on_cap(
        &mut self,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let list = message.parameters.last().copied().unwrap_or_default();
        // The negotiation goes on while the user is asked for another nick.
        let registering = matches!(self.phase, Phase::Registering { .. } | Phase::Asking);
        let has_more = message.parameter(2) == Some("*") && message.parameters.len() > 3;
        match message.parameter(1).unwrap_or_default() {
            "LS" if registering => {
                self.link.capabilities.add_offer(list);
                if let Some(sts) = sts_in(list) {
                    self.link.capabilities.sts = Some(sts);
                }
                self.link.capabilities.has_registration |= names_capability(list, REGISTRATION);
                self.link.capabilities.has_sasl |= self.link.login.learn_offer(list);
                self.link.capabilities.list_lines += 1;
                if self.link.capabilities.list_lines > LIST_LINES_MAX {
                    return self.protocol_error(ProtocolViolation::EndlessCapabilities, output);
                }
                if has_more {
                    return;
                }
                if self.obey_sts(output) {
                    return;
                }
                self.on_cap_answered(output);
                self.request_capabilities(output);
            }
            "ACK" => {
                let enabled = known(list).map(|(_, one)| one);
                self.link.capabilities.on.extend(enabled);
                if list.split_ascii_whitespace().any(|name| name == SASL) {
                    self.on_sasl_enabled(true, output);
                } else {
                    self.on_request_answered(registering, output);
                }
            }
            "NEW" => {
                self.link.capabilities.add_offer(list);
                let wanted = self.link.capabilities.wanted(self.settings.script);
                if !wanted.is_empty() && !registering {
                    self.request(&wanted.join(" "), output);
                }
                self.link.capabilities.has_registration |= names_capability(list, REGISTRATION);
                if let Some(sts) = sts_in(list) {
                    self.keep_sts_policy(sts, output);
                }
                if self.link.login.learn_offer(list) && !registering {
                    self.login_again(output);
                }
            }
            "LIST" if !has_more => self.on_cap_answered(output),
            // Only the request for `sasl` is refused; the other capabilities have requests of their own.
            "NAK" if known(list).next().is_none() && self.link.login.is_pending() => {
                self.on_sasl_enabled(false, output);
            }
            "NAK" => {
                // A request is refused as a whole, so each of its capabilities is requested again alone.
                let refused: Vec<_> = known(list).collect();
                if refused.len() > 1 {
                    for (name, _) in refused {
                        self.request(name, output);
                    }
                }
                self.on_request_answered(registering, output);
            }
            "DEL" => {
                if names_capability(list, REGISTRATION) {
                    self.link.capabilities.has_registration = false;
                }
                for (_, gone) in known(list) {
                    self.link.capabilities.on.remove(&gone);
                    self.link.capabilities.offered.remove(&gone);
                }
            }
            _ => {}
        }
    }

    /// Requests the capabilities that the client uses, or ends the negotiation if there are none.
    /// `sasl` has a request of its own: a server refuses a request as a whole.
    fn request_capabilities(&mut self, output: &mut SessionOutput) {
        let wanted = self.link.capabilities.wanted(self.settings.script);
        let has_sasl = self.link.capabilities.has_sasl;
        let logs_in = self.prepare_login(has_sasl, output);
        if !logs_in && (self.phase == Phase::Ended || self.link.refusal.is_some()) {
            return;
        }
        if !wanted.is_empty() {
            self.request(&wanted.join(" "), output);
        }
        if logs_in {
            self.send_cap("REQ", Some(SASL), output);
        } else if wanted.is_empty() {
            self.end_negotiation(output);
        }
    }

    fn request(&mut self, names: &str, output: &mut SessionOutput) {
        self.link.capabilities.unanswered += 1;
        self.send_cap("REQ", Some(names), output);
    }

    /// The server has answered a request, other than that of `sasl`.
    fn on_request_answered(&mut self, registering: bool, output: &mut SessionOutput) {
        let capabilities = &mut self.link.capabilities;
        capabilities.unanswered = capabilities.unanswered.saturating_sub(1);
        if registering && capabilities.unanswered == 0 {
            self.end_negotiation_without_login(output);
        }
    }

    /// Ends the negotiation once, unless it waits for the login.
    fn end_negotiation_without_login(&mut self, output: &mut SessionOutput) {
        if !self.link.login.is_pending() && !self.link.capabilities.is_over() {
            self.end_negotiation(output);
        }
    }

    /// The server offers logins that it did not offer before, or again.
    fn login_again(&mut self, output: &mut SessionOutput) {
        if self.is_ready() && !self.link.login.is_pending() {
            let offered = std::mem::take(&mut self.link.login);
            self.link.login = offered.again();
            if self.prepare_login(true, output) {
                self.send_cap("REQ", Some(SASL), output);
            }
        }
    }

    /// Does what the server asks for about encryption. Returns whether another connection takes the
    /// place of this one.
    fn obey_sts(&mut self, output: &mut SessionOutput) -> bool {
        let Some(sts) = self.link.capabilities.sts else {
            return false;
        };
        self.keep_sts_policy(sts, output);
        // A connection to this machine crosses no network, and may be a tunnel.
        if self.settings.transport != Transport::Plain || !cfg!(feature = "tls") {
            return false;
        }
        let Some(port) = sts.port else {
            return false;
        };
        self.settings.transport = Transport::Encrypted;
        output.actions.push(SessionAction::Upgrade { port });
        true
    }

    fn keep_sts_policy(&mut self, sts: Sts, output: &mut SessionOutput) {
        if let (Transport::Encrypted, Some(duration_seconds)) =
            (self.settings.transport, sts.duration_seconds)
        {
            output
                .actions
                .push(SessionAction::KeepStsPolicy { duration_seconds });
        }
    }

    /// The server has broken the protocol in a way that makes it useless to go on.
    pub fn protocol_error(&mut self, violation: ProtocolViolation, output: &mut SessionOutput) {
        self.link.close_reason = Some(CloseReason::Protocol(violation));
        output.actions.push(SessionAction::Close);
    }
}
