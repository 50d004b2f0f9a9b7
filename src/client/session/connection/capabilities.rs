//! Negotiates which capabilities of the server are enabled. IRCv3 capability negotiation, <https://ircv3.net/specs/extensions/capability-negotiation>.

use super::login_state::SASL;
use super::server_capabilities::{
    REGISTRATION, ServerCapabilities, known, names_capability, sts_in,
};
use crate::client::session::{
    CloseReason, Phase, ProtocolViolation, Session, SessionAction, SessionOutput, Transport,
};
use crate::wire::sts::Sts;
use crate::wire::{Message, Request};

/// How many lines the list of capabilities may have.
const LIST_LINES_MAX: usize = 100;

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
                let wanted = self.link.capabilities.wanted(&self.settings);
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
        let wanted = self.link.capabilities.wanted(&self.settings);
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
