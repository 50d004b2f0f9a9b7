//! Logging in with SASL: AUTHENTICATE. IRCv3 SASL 3.2.
//!
//! An exchange holds at most one message of bounded size, and an account that does not exist is
//! treated as one with another password.

use std::fmt::Write as _;
use std::mem;

use tracing::info;

use crate::server::hub::state::accounts::{
    AccountStep, Accounts, PendingAccount, PendingLogin, ReplyForm, SaslExchange, ScramStep,
};
use crate::server::hub::task::{ClearPassword, Task};
use crate::server::hub::{CommandResult, ConnectionId, Hub, Rejection, Reply, Work};
use crate::wire::FoldedName;
use crate::wire::sasl::scram_server::{ScramServer, account_of};
use crate::wire::sasl::{Mechanism, PART_BYTES, PartialMessage, parts, read_plain};

use super::operators::WRONG_PASSWORD_PAUSE;

impl Hub {
    pub(super) fn authenticate(
        &mut self,
        from: ConnectionId,
        parameter: &str,
    ) -> CommandResult<'static> {
        let bytes_max = self.settings.limits.sasl_bytes as usize;
        let Some(accounts) = &mut self.accounts else {
            return Err(Rejection::UnknownCommand("AUTHENTICATE"));
        };
        if parameter == "*" {
            accounts.exchanges.remove(&from);
            return Err(Rejection::SaslAborted);
        }
        let Some(exchange) = accounts.exchanges.get_mut(&from) else {
            return self.begin_exchange(from, parameter);
        };
        let added = exchange.partial.add_within(bytes_max, parameter);
        let message = match added {
            Ok(None) => return Ok(()),
            Ok(Some(message)) => message,
            Err(_) => {
                accounts.exchanges.remove(&from);
                return Err(match parameter.len() > PART_BYTES {
                    true => Rejection::SaslTooLong,
                    false => Rejection::SaslFailed,
                });
            }
        };
        // Unless it continues, the exchange is over.
        let Some(exchange) = accounts.exchanges.remove(&from) else {
            return Ok(());
        };
        match exchange.mechanism {
            Mechanism::Plain => self.log_in_with_plain(from, &message),
            Mechanism::ScramSha256 => self.go_on_with_scram(from, exchange, &message),
            Mechanism::External => self.log_in_with_certificate(from, &message),
        }
    }

    fn begin_exchange(&mut self, from: ConnectionId, name: &str) -> CommandResult<'static> {
        let mechanism = Mechanism::find(name).filter(|one| self.can_use(from, *one));
        let (Some(mechanism), Some(accounts)) = (mechanism, &mut self.accounts) else {
            let mechanisms = self.mechanisms(from);
            self.reply_about(from, Reply::SaslMechanisms, mechanisms);
            return Err(Rejection::SaslFailed);
        };
        let exchange = SaslExchange {
            mechanism,
            partial: PartialMessage::default(),
            scram: ScramStep::First,
        };
        accounts.exchanges.insert(from, exchange);
        self.send_authenticate(from, b"");
        Ok(())
    }

    /// Whether a connection can log in in this way: PLAIN shows the password to all who can read the
    /// packets, and EXTERNAL needs a certificate.
    fn can_use(&self, id: ConnectionId, mechanism: Mechanism) -> bool {
        self.people.get(id).is_some_and(|person| match mechanism {
            Mechanism::Plain => self.may_send_password(id),
            Mechanism::ScramSha256 => true,
            Mechanism::External => person.certificate.is_some(),
        })
    }

    /// Whether only the server can read what this connection sends.
    pub(super) fn may_send_password(&self, id: ConnectionId) -> bool {
        let is_private = self.settings.plain_without_tls;
        let person = self.people.get(id);
        is_private || person.is_some_and(|person| person.is_secure || person.host.is_loopback())
    }

    /// The mechanisms that a connection can use, the strongest first.
    pub(super) fn mechanisms(&self, id: ConnectionId) -> String {
        let mut list = String::new();
        let all = Mechanism::ALL.iter().rev();
        for mechanism in all.filter(|one| self.can_use(id, **one)) {
            let comma = if list.is_empty() { "" } else { "," };
            // Writing to memory cannot fail.
            let _ = write!(list, "{comma}{}", mechanism.name());
        }
        list
    }

    /// Sends a message of the server in as many lines as it needs.
    fn send_authenticate(&self, to: ConnectionId, message: &[u8]) {
        for part in parts(message) {
            self.send(to, self.line(format_args!("AUTHENTICATE {part}")));
        }
    }

    fn log_in_with_plain(&mut self, from: ConnectionId, message: &[u8]) -> CommandResult<'static> {
        let (account, password) = read_plain(message).ok_or(Rejection::SaslFailed)?;
        let login = PendingLogin {
            account: account.to_owned(),
            form: ReplyForm::Sasl,
            regained: None,
        };
        self.check_login(from, login, password)
    }

    /// Has a password checked; the answer logs the client in.
    pub(super) fn check_login(
        &mut self,
        from: ConnectionId,
        login: PendingLogin,
        password: &str,
    ) -> CommandResult<'static> {
        let address = self.may_try_login(from)?;
        self.charge(Work::Password, 1);
        let Some(accounts) = &mut self.accounts else {
            return Err(Rejection::SaslFailed);
        };
        let task = Task::CheckLogin {
            connection: from,
            address,
            password: ClearPassword(password.to_owned()),
            stored: accounts.password(&login.account),
        };
        let pending = PendingAccount {
            step: AccountStep::Login(login),
            label: None,
        };
        accounts.pending.insert(from, pending);
        self.outbox().tasks.push(task);
        Ok(())
    }

    fn go_on_with_scram(
        &mut self,
        from: ConnectionId,
        mut exchange: SaslExchange,
        message: &[u8],
    ) -> CommandResult<'static> {
        self.charge(Work::Signature, 1);
        let Some(accounts) = &mut self.accounts else {
            return Err(Rejection::SaslFailed);
        };
        match mem::replace(&mut exchange.scram, ScramStep::First) {
            ScramStep::First => {
                let account = account_of(message).map_err(|_| Rejection::SaslFailed)?;
                let (nonce, stored) = (accounts.nonce(), accounts.password(&account));
                let begun = ScramServer::begin(message, &nonce, stored);
                let (server, challenge) = begun.map_err(|_| Rejection::SaslFailed)?;
                exchange.scram = ScramStep::Challenged(account, server);
                accounts.exchanges.insert(from, exchange);
                self.send_authenticate(from, challenge.as_bytes());
                Ok(())
            }
            ScramStep::Challenged(account, server) => {
                self.may_try_login(from)?;
                match (server.finish(message), &mut self.accounts) {
                    (Ok(proof), Some(accounts)) => {
                        exchange.scram = ScramStep::Proved(account);
                        accounts.exchanges.insert(from, exchange);
                        self.send_authenticate(from, proof.as_bytes());
                        Ok(())
                    }
                    _ => Err(self.login_failed(from)),
                }
            }
            ScramStep::Proved(account) if message.is_empty() => {
                self.log_in(from, &account, ReplyForm::Sasl)
            }
            ScramStep::Proved(_) => Err(Rejection::SaslFailed),
        }
    }

    /// The certificate says which account it is. A name in the message must be the same.
    fn log_in_with_certificate(
        &mut self,
        from: ConnectionId,
        message: &[u8],
    ) -> CommandResult<'static> {
        self.may_try_login(from)?;
        let person = self.people.get(from);
        let certificate = person.and_then(|person| person.certificate.as_deref());
        let accounts = self.accounts.as_deref();
        let account = certificate.and_then(|one| accounts?.of_certificate(one));
        let name = account.map(|account| account.name.as_str().to_owned());
        let wanted = str::from_utf8(message).unwrap_or("*");
        let is_meant = |name: &String| wanted.is_empty() || FoldedName::same(wanted, name);
        match name.filter(is_meant) {
            Some(name) => self.log_in(from, &name, ReplyForm::Sasl),
            None => Err(self.login_failed(from)),
        }
    }

    /// Rejects an attempt that comes too early, and says when to try again. Otherwise returns the
    /// address that it is counted for.
    pub(super) fn may_try_login(
        &mut self,
        from: ConnectionId,
    ) -> CommandResult<'static, std::net::IpAddr> {
        let now = self.now.running;
        let address = self.people.get(from).map(|person| person.host.network());
        let address = address.ok_or(Rejection::SaslFailed)?;
        if !self.settings.limits.enabled {
            return Ok(address);
        }
        let Some(accounts) = &mut self.accounts else {
            return Err(Rejection::SaslFailed);
        };
        let allowed = accounts.attempts.may_try(from, address, now);
        allowed.map_err(|at| {
            self.outbox().pause(from, now + WRONG_PASSWORD_PAUSE);
            Rejection::LoginTooSoon((at - now).as_secs() + 1)
        })?;
        Ok(address)
    }

    /// Counts a wrong password, and pauses the client.
    pub(super) fn login_failed(&mut self, id: ConnectionId) -> Rejection<'static> {
        if let Some(person) = self.people.get(id) {
            let host = person.host;
            info!(%host, "wrong account password");
            if self.settings.limits.enabled {
                let now = self.now.running;
                self.outbox().pause(id, now + WRONG_PASSWORD_PAUSE);
                if let Some(accounts) = &mut self.accounts {
                    accounts.attempts.suspect(host.network(), now);
                }
            }
        }
        Rejection::SaslFailed
    }

    /// Ends an exchange because the registration of its client is complete.
    pub(super) fn abort_exchange(&mut self, id: ConnectionId) {
        let accounts = self.accounts.as_deref_mut();
        if accounts.is_some_and(|Accounts { exchanges, .. }| exchanges.remove(&id).is_some()) {
            self.send_rejection(id, Rejection::SaslAborted);
        }
    }
}
