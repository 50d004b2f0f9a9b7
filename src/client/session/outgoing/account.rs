//! Registers an account on the network.
//! <https://ircv3.net/specs/extensions/account-registration>

use crate::client::event::{Event, InputError};
use crate::client::session::{Session, SessionOutput, Transport};
use crate::common::sentence::end_sentence;
use crate::wire::Message;

impl Session {
    /// Registers the nick of the user as an account.
    pub(super) fn register_account(
        &mut self,
        email: Option<&str>,
        password: &str,
        output: &mut SessionOutput,
    ) {
        if !self.link.capabilities.can_register() {
            return self.reject_input(InputError::NoRegistration, output);
        }
        match self.settings.transport {
            Transport::Loopback | Transport::Encrypted => {}
            Transport::Plain => return self.reject_input(InputError::PasswordInClear, output),
            Transport::Unverified => {
                return self.reject_input(InputError::PasswordUnverified, output);
            }
        }
        let email = email.unwrap_or("*");
        self.send_line(format!("REGISTER * {email} :{password}"), output);
    }

    /// Sends the code back that completes a registration.
    pub(super) fn verify_account(
        &mut self,
        account: Option<&str>,
        code: &str,
        output: &mut SessionOutput,
    ) {
        let waiting = self.identity.unverified_account.as_deref();
        match account.or(waiting) {
            Some(account) => self.send_line(format!("VERIFY {account} :{code}"), output),
            None => self.reject_input(InputError::NothingToVerify, output),
        }
    }

    /// Handles `REGISTER SUCCESS account :text` and the other answers.
    pub(in crate::client::session) fn on_account_registration(
        &mut self,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let account = message.parameter(1).unwrap_or_default();
        let text = message.parameters.last().copied().unwrap_or_default();
        let text = match message.parameter(0) {
            Some("SUCCESS") => {
                self.identity.unverified_account = None;
                format!("The account {account} is registered.")
            }
            Some("VERIFICATION_REQUIRED") => {
                self.identity.unverified_account = Some(account.to_owned());
                end_sentence(format!(
                    "The account {account} waits for /verify CODE: {text}"
                ))
            }
            _ => text.to_owned(),
        };
        output.events.push(Event::ServerSaid { text, asked: true });
    }
}
