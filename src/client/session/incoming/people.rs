//! Status changes of other users: they are away, log in, or change the real name or the
//! host. <https://ircv3.net/specs/extensions/away-notify>, `account-notify`, `setname` and
//! `chghost` there.
//!
//! It is kept for `/who` and `/whois`. In a busy room it would be most of what is shown, so it is
//! shown only on request.

use crate::client::event::{Event, PersonChange};
use crate::client::session::{Session, SessionOutput};
use crate::wire::Message;

/// Longer texts about a user are not kept.
const TEXT_BYTES_MAX: usize = 512;

/// Whether a name of an account is one: `*` and `0` stand for none.
pub(super) fn is_account(name: &str) -> bool {
    !matches!(name, "" | "*" | "0") && name.len() <= TEXT_BYTES_MAX
}

impl Session {
    /// `AWAY :reason`, or `AWAY` for a user who is back.
    pub(super) fn on_away_change(
        &mut self,
        message: &Message<'_>,
        reason: Option<&str>,
        output: &mut SessionOutput,
    ) {
        let reason = reason.filter(|reason| reason.len() <= TEXT_BYTES_MAX);
        let reason = reason.map(str::to_owned);
        let nick = message.source.map_or("", |source| source.nick());
        if reason.is_none() {
            // The next time the message of the user is news again.
            let key = self.key(nick);
            self.queries.away.remove(&key);
        }
        let kept = reason.clone();
        self.rooms.note_person(nick, |person| person.away = kept);
        self.report_change(message, PersonChange::Away(reason), output);
    }

    /// `ACCOUNT name`, or `ACCOUNT *` for a user who has logged out.
    pub(super) fn on_account_change(
        &mut self,
        message: &Message<'_>,
        account: &str,
        output: &mut SessionOutput,
    ) {
        let account = is_account(account).then(|| account.to_owned());
        let nick = message.source.map_or("", |source| source.nick());
        let kept = account.clone();
        self.rooms.note_person(nick, |person| person.account = kept);
        self.report_change(message, PersonChange::Account(account), output);
    }

    /// `SETNAME :name`.
    pub(super) fn on_real_name_change(
        &mut self,
        message: &Message<'_>,
        name: &str,
        output: &mut SessionOutput,
    ) {
        let name = name.get(..name.floor_char_boundary(TEXT_BYTES_MAX));
        let name = name.unwrap_or_default().to_owned();
        let nick = message.source.map_or("", |source| source.nick());
        let kept = Some(name.clone());
        self.rooms
            .note_person(nick, |person| person.real_name = kept);
        if self.is_own(nick) {
            // A bouncer repeats it at each connection.
            if !self.is_ready() {
                return;
            }
            let text = format!("{nick} has the real name {name} now");
            return output.events.push(Event::ServerSaid { text, asked: true });
        }
        self.report_change(message, PersonChange::RealName(name), output);
    }

    /// `CHGHOST user host`.
    pub(super) fn on_host_change(
        &mut self,
        message: &Message<'_>,
        user: &str,
        host: &str,
        output: &mut SessionOutput,
    ) {
        let address = format!("{user}@{host}");
        let nick = message.source.map_or("", |source| source.nick());
        let kept = Some(address.clone());
        self.rooms.note_person(nick, |person| person.address = kept);
        if self.is_own(nick) {
            self.identity.address = Some(address.clone());
        }
        self.report_change(message, PersonChange::Address(address), output);
    }

    fn report_change(
        &self,
        message: &Message<'_>,
        change: PersonChange,
        output: &mut SessionOutput,
    ) {
        let Some(source) = message.source else { return };
        if !self.is_ignored(source.as_str()) {
            let nick = source.nick().to_owned();
            output.events.push(Event::PersonChanged { nick, change });
        }
    }
}
