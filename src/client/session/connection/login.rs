//! The login to an account during the registration, and again when the server offers it later. It
//! fails closed: a user who asked for an account enters no room without it.
//! <https://ircv3.net/specs/extensions/sasl-3.1>

use super::login_state::{ExchangeStep, LoginState, names_in};
use crate::client::event::Event;
use crate::client::session::{
    CloseReason, Incomplete, LoginFailure, Phase, Session, SessionAction, SessionOutput,
};
use crate::common::sentence::end_sentence;
use crate::wire::Message;
use crate::wire::sasl::scram::{ScramClient, ScramError, nonce};
use crate::wire::sasl::{Mechanism, PartialMessage, parts, plain_message};

impl Session {
    /// Decides how to log in, if the user has an account and the server has SASL. Returns whether the
    /// capability is to be requested; the registration can be over when it is not.
    pub(super) fn prepare_login(&mut self, is_offered: bool, output: &mut SessionOutput) -> bool {
        let Some(account) = &self.settings.account else {
            return false;
        };
        let chosen = match is_offered {
            true => {
                let login = &self.link.login;
                login.choose_mechanism(account, self.settings.transport)
            }
            false => Err(LoginFailure::NotOffered),
        };
        match chosen {
            Ok(mechanism) => self.link.login.state = LoginState::Requested(mechanism),
            Err(failure) => self.login_failed(failure, output),
        }
        self.link.login.is_pending()
    }

    /// The server has enabled the capability, or has refused to.
    pub(super) fn on_sasl_enabled(&mut self, is_enabled: bool, output: &mut SessionOutput) {
        let LoginState::Requested(mechanism) = self.link.login.state else {
            return;
        };
        match is_enabled {
            true => self.begin_exchange(mechanism, output),
            false => self.exchange_failed(LoginFailure::NotOffered, output),
        }
    }

    fn begin_exchange(&mut self, mechanism: Mechanism, output: &mut SessionOutput) {
        self.link.login.tried.push(mechanism);
        self.link.login.state = LoginState::Running {
            mechanism,
            step: ExchangeStep::Mechanism,
            incoming: PartialMessage::default(),
        };
        self.send_authenticate(mechanism.name(), output);
    }

    fn send_authenticate(&mut self, parameter: &str, output: &mut SessionOutput) {
        self.send_line(format!("AUTHENTICATE {parameter}"), output);
    }

    /// Handles `AUTHENTICATE`: a part of a message of the server.
    pub(in crate::client::session) fn on_authenticate(
        &mut self,
        part: &str,
        output: &mut SessionOutput,
    ) {
        let LoginState::Running { incoming, .. } = &mut self.link.login.state else {
            return;
        };
        match incoming.add(part) {
            Ok(None) => {}
            Ok(Some(message)) => {
                if let Err(failure) = self.answer_challenge(&message, output) {
                    self.send_authenticate("*", output);
                    self.exchange_failed(failure, output);
                }
            }
            Err(_) => {
                self.send_authenticate("*", output);
                self.exchange_failed(LoginFailure::Malformed, output);
            }
        }
    }

    fn answer_challenge(
        &mut self,
        challenge: &[u8],
        output: &mut SessionOutput,
    ) -> Result<(), LoginFailure> {
        let Some(account) = self.settings.account.clone() else {
            return Err(LoginFailure::Malformed);
        };
        let login = &mut self.link.login;
        let LoginState::Running {
            mechanism, step, ..
        } = &mut login.state
        else {
            return Err(LoginFailure::Malformed);
        };
        let password = account.password.as_deref().unwrap_or_default();
        let (answer, next) = match step {
            ExchangeStep::Mechanism if !challenge.is_empty() => {
                return Err(LoginFailure::Malformed);
            }
            ExchangeStep::Mechanism => match mechanism {
                Mechanism::External => (account.name.into_bytes(), ExchangeStep::Complete),
                Mechanism::Plain => {
                    let message = plain_message(&account.name, password);
                    (message, ExchangeStep::Complete)
                }
                Mechanism::ScramSha256 => {
                    login.nonces += 1;
                    let nonce = nonce(&account.nonce_key, login.nonces);
                    let (client, message) = ScramClient::begin(&account.name, &nonce);
                    (message.into_bytes(), ExchangeStep::ScramFirst(client))
                }
            },
            ExchangeStep::ScramFirst(client) => {
                let answered = client.answer(challenge, password);
                let (message, verifier) = answered.map_err(LoginFailure::Scram)?;
                (message.into_bytes(), ExchangeStep::ScramFinal(verifier))
            }
            ExchangeStep::ScramFinal(verifier) => {
                verifier.verify(challenge).map_err(LoginFailure::Scram)?;
                (Vec::new(), ExchangeStep::Complete)
            }
            ExchangeStep::Complete => return Err(LoginFailure::Malformed),
        };
        *step = next;
        for part in parts(&answer) {
            self.send_authenticate(&part, output);
        }
        Ok(())
    }

    /// Handles the numerics of a login. Returns whether the numeric is one that was waited for.
    pub(in crate::client::session) fn on_login_numeric(
        &mut self,
        number: u16,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) -> bool {
        let LoginState::Running {
            mechanism, step, ..
        } = &self.link.login.state
        else {
            return false;
        };
        let mechanism = *mechanism;
        let is_proven =
            mechanism != Mechanism::ScramSha256 || matches!(step, ExchangeStep::Complete);
        // Some servers log in by the certificate alone. Nothing was said yet then.
        let was_logged_in = number == SASL_ALREADY && matches!(step, ExchangeStep::Mechanism);
        match number {
            SASL_SUCCESS | SASL_ALREADY if is_proven || was_logged_in => {
                self.link.login.state = LoginState::LoggedIn;
                self.login_ended(output);
            }
            SASL_SUCCESS | SASL_ALREADY => {
                let error = ScramError::WrongSignature;
                self.exchange_failed(LoginFailure::Scram(error), output);
            }
            SASL_MECHANISMS => {
                let names = message.parameter(1).unwrap_or_default();
                self.link.login.offered = names_in(names);
            }
            NICK_LOCKED | SASL_FAIL | SASL_TOO_LONG | SASL_ABORTED => {
                let text = message.parameters.last().copied().unwrap_or_default();
                self.exchange_refused(mechanism, text, output);
            }
            _ => return false,
        }
        true
    }

    /// The server refuses an exchange. If it does not know the mechanism, another one is tried.
    fn exchange_refused(&mut self, mechanism: Mechanism, text: &str, output: &mut SessionOutput) {
        let Some(account) = &self.settings.account else {
            return;
        };
        let login = &self.link.login;
        let is_known = |name: &String| Mechanism::find(name) == Some(mechanism);
        if !login.offered.is_empty()
            && !login.offered.iter().any(is_known)
            && let Ok(other) = login.choose_mechanism(account, self.settings.transport)
        {
            return self.begin_exchange(other, output);
        }
        let failure = LoginFailure::Refused {
            account: account.name.clone(),
            mechanism,
            text: text.to_owned(),
        };
        self.exchange_failed(failure, output);
    }

    /// The server has completed the registration. Returns whether the user may enter: logged in, or
    /// without need of it.
    pub(super) fn may_enter(&mut self, output: &mut SessionOutput) -> bool {
        let is_logged_in = matches!(self.link.login.state, LoginState::LoggedIn);
        let account = self.settings.account.as_ref();
        let Some(account) = account.filter(|_| !is_logged_in) else {
            return true;
        };
        if account.is_optional && !self.link.login.is_pending() {
            return true;
        }
        let failure = match self.link.login.is_pending() {
            true => LoginFailure::Overtaken,
            false => LoginFailure::NotOffered,
        };
        self.login_failed(failure, output);
        self.settings
            .account
            .as_ref()
            .is_some_and(|account| account.is_optional)
    }

    /// The user is not logged in: leaves a server that has not admitted the user yet, unless the
    /// login is optional.
    fn login_failed(&mut self, failure: LoginFailure, output: &mut SessionOutput) {
        self.link.login.state = LoginState::Failed;
        let account = self.settings.account.as_ref();
        let is_optional = account.is_some_and(|account| account.is_optional);
        let is_registering = matches!(self.phase, Phase::Registering { .. } | Phase::Asking);
        if is_optional || !is_registering {
            let words = end_sentence(format!("Not logged in: {failure}"));
            return output.events.push(Event::Note { words });
        }
        if self.is_lasting() {
            self.link.refusal = Some(CloseReason::Login(failure));
            output.actions.push(SessionAction::Close);
            return;
        }
        self.phase = Phase::Ended;
        let incomplete = Incomplete::NotLoggedIn { failure };
        output.actions.push(SessionAction::End(incomplete.into()));
    }

    fn exchange_failed(&mut self, failure: LoginFailure, output: &mut SessionOutput) {
        self.login_failed(failure, output);
        self.login_ended(output);
    }

    /// The registration no longer waits for the login.
    fn login_ended(&mut self, output: &mut SessionOutput) {
        let is_over = self.link.capabilities.is_over() || self.link.refusal.is_some();
        if !is_over && matches!(self.phase, Phase::Registering { .. } | Phase::Asking) {
            self.end_negotiation(output);
        }
    }
}

/// ERR_NICKLOCKED.
const NICK_LOCKED: u16 = 902;
/// RPL_SASLSUCCESS.
const SASL_SUCCESS: u16 = 903;
/// ERR_SASLFAIL.
const SASL_FAIL: u16 = 904;
/// ERR_SASLTOOLONG.
const SASL_TOO_LONG: u16 = 905;
/// ERR_SASLABORTED.
const SASL_ABORTED: u16 = 906;
/// ERR_SASLALREADY.
const SASL_ALREADY: u16 = 907;
/// RPL_SASLMECHS.
const SASL_MECHANISMS: u16 = 908;
