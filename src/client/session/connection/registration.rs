//! Registration: PASS, NICK and USER, until everything the server does after it is done and the
//! rooms are joined.

use std::time::Duration;

use super::deferred_user::DeferredUser;
use super::pending_pings::PingPurpose;
use crate::client::command::UserCommand;
use crate::client::event::Event;
use crate::client::session::incoming::fields::is_truncated_nick;
use crate::client::session::state::identity::REGAIN_LAST;
use crate::client::session::{
    GREETING_LATE, Incomplete, PendingQueries, Phase, REGISTRATION_MAX, Session, SessionAction,
    SessionOutput, SessionTime, Transport,
};
use crate::wire::{Message, Request};

/// How long after the welcome the end of the message of the day may take. A server that does not
/// send it has none.
const MOTD_MAX: Duration = Duration::from_secs(5);

/// How long a server that knows capabilities may take to accept or refuse a nick.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// The same for a server that has answered before: some delay the answer when a nick is in use.
const NEXT_ANSWER_MAX: Duration = Duration::from_secs(4);

impl Session {
    /// There is a connection: starts the registration.
    pub fn connected(&mut self, now: SessionTime, output: &mut SessionOutput) {
        self.phase = Phase::Registering {
            deadline: now.elapsed + REGISTRATION_MAX,
        };
        self.link.reset(now);
        self.playback.reset();
        self.expect_greeting(now);
        self.identity.reset(&self.settings.nick);
        if self.link.was_registered {
            self.identity.alternatives_tried = 0;
        }
        self.queries = PendingQueries::default();
        self.rooms.mark_unjoined();
        // A server that asks for encryption must not see a password or a name before. One that does
        // not answer gets the names alone: it may still ask for encryption.
        if self.settings.transport == Transport::Plain {
            self.begin_cap_negotiation(output);
            let answer_timeout = match self.settings.password {
                // Only the end of the time for the registration ends the wait.
                Some(_) => REGISTRATION_MAX,
                None => ANSWER_MAX,
            };
            self.link.introduction_at = Some(now.elapsed + answer_timeout);
        } else {
            self.send_password(output);
            self.begin_cap_negotiation(output);
            self.send_names(1, now.elapsed, output);
        }
    }

    /// A greeting that takes long is reported.
    fn expect_greeting(&mut self, now: SessionTime) {
        // A script has no screen that stays empty.
        let at = (!self.settings.script).then_some(now.elapsed + GREETING_LATE);
        self.link.greeting_late_at = at;
    }

    /// Sends who the user is to a server that has been asked for its capabilities first, and does not
    /// answer in time. A password is never sent before the answer.
    pub(in crate::client::session) fn introduce_when_due(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let at = &mut self.link.introduction_at;
        if self.settings.password.is_none() && at.take_if(|at| now.elapsed >= *at).is_some() {
            self.send_names(1, now.elapsed, output);
        }
    }

    /// Whether the password is held back until the server answers.
    pub(in crate::client::session) fn withholds_password(&self) -> bool {
        self.settings.password.is_some() && self.link.introduction_at.is_some()
    }

    fn send_password(&mut self, output: &mut SessionOutput) {
        if let Some(password) = self.settings.password.clone() {
            let password = &password;
            self.send(&Request::Pass { password }, output);
        }
    }

    /// Sends `NICK` and `USER`. `unanswered` counts the earlier `CAP` requests without an answer.
    fn send_names(&mut self, unanswered: u32, now: Duration, output: &mut SessionOutput) {
        // Both names are the nick if nothing else is configured, and another nick may be needed.
        let is_named = self.settings.user.is_some() && self.settings.real_name.is_some();
        let may_change = !self.settings.script || !self.settings.alternatives.is_empty();
        let waits = !is_named && !self.link.was_registered && may_change;
        self.link.deferred_user = waits.then_some(DeferredUser {
            at: now + ANSWER_MAX,
            answer_timeout: ANSWER_MAX,
            cap_end_pending: false,
            unanswered,
        });
        self.request_nick(&self.identity.nick.clone(), output);
        if !waits {
            self.send_user(output);
        }
    }

    /// Requests a nick, followed by `CAP LIST`: its answer means that the nick was not refused.
    pub(in crate::client::session) fn request_nick(
        &mut self,
        nick: &str,
        output: &mut SessionOutput,
    ) {
        self.send_nick(nick, output);
        if let Some(deferred) = &mut self.link.deferred_user {
            deferred.unanswered += 1;
            self.send_cap("LIST", None, output);
        }
    }

    /// The server has answered a `CAP` request, in any way.
    pub(in crate::client::session) fn on_cap_answered(&mut self, output: &mut SessionOutput) {
        if self.link.introduction_at.take().is_some() {
            self.send_password(output);
            let now = self.link.last_received;
            return self.send_names(0, now, output);
        }
        let Some(deferred) = &mut self.link.deferred_user else {
            return;
        };
        deferred.unanswered = deferred.unanswered.saturating_sub(1);
        // The server answers, if slowly.
        deferred.answer_timeout = NEXT_ANSWER_MAX;
        deferred.at = self.link.last_received + deferred.answer_timeout;
        if deferred.unanswered == 0 && self.phase != Phase::Asking {
            self.send_user(output);
        }
    }

    /// Sends `USER` to a server that does not answer `CAP` in time.
    pub(in crate::client::session) fn send_deferred_user(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let waits = self.link.deferred_user.as_ref();
        let is_due = waits.is_some_and(|waits| waits.at <= now.elapsed);
        if is_due && self.phase != Phase::Asking {
            self.send_user(output);
        }
    }

    /// When `USER` is sent at the latest.
    pub(in crate::client::session) fn user_deadline(&self) -> Option<Duration> {
        let waits = self.link.deferred_user.as_ref()?;
        (self.phase != Phase::Asking).then_some(waits.at)
    }

    /// Sends `CAP END`, after `USER` if that is held back: some servers start a new negotiation for
    /// each `CAP` request after the end.
    pub(super) fn end_negotiation(&mut self, output: &mut SessionOutput) {
        self.link.capabilities.set_over();
        match &mut self.link.deferred_user {
            Some(deferred) => deferred.cap_end_pending = true,
            None => self.send_cap_end(output),
        }
    }

    fn send_user(&mut self, output: &mut SessionOutput) {
        let deferred = self.link.deferred_user.take();
        let nick = &self.settings.nick;
        let user = match &self.settings.user {
            Some(user) => user_name_as_written(user),
            None => user_name_of_nick(nick),
        };
        let real_name = self.settings.real_name.as_ref().unwrap_or(nick).clone();
        self.send(
            &Request::User {
                user: &user,
                mode: Some("0"),
                unused: Some("*"),
                real_name: &real_name,
            },
            output,
        );
        if deferred.is_some_and(|deferred| deferred.cap_end_pending) {
            self.send_cap_end(output);
        }
    }

    /// Ends the negotiation, after the connection is bound to the network that it is for.
    fn send_cap_end(&mut self, output: &mut SessionOutput) {
        if self.bind_upstream(output) {
            self.send_cap("END", None, output);
        }
    }

    /// Whether this text is the echo of a message that was sent on connect. It can hold a password,
    /// so it is not shown.
    pub(in crate::client::session) fn is_on_connect_echo(&self, text: &str) -> bool {
        let mut commands = self.settings.on_connect.iter();
        let is_echo = |command: &UserCommand| match command {
            UserCommand::Message { text: sent, .. } | UserCommand::Notice { text: sent, .. } => {
                sent == text
            }
            UserCommand::Raw { line } => line.ends_with(text),
            _ => false,
        };
        !self.is_ready() && commands.any(is_echo)
    }

    /// The user's answer to [`SessionAction::AskNick`]. If the server has closed the connection
    /// meanwhile, the session asks for a new one.
    pub fn answer_nick(&mut self, nick: &str, now: SessionTime, output: &mut SessionOutput) {
        self.link.refusal = None;
        nick.clone_into(&mut self.settings.nick);
        nick.clone_into(&mut self.identity.configured);
        nick.clone_into(&mut self.identity.nick);
        if self.phase == Phase::Asking {
            self.phase = Phase::Registering {
                deadline: now.elapsed + REGISTRATION_MAX,
            };
            self.expect_greeting(now);
            if let Some(deferred) = &mut self.link.deferred_user {
                deferred.at = now.elapsed + deferred.answer_timeout;
            }
            self.delivery.queue_after = true;
            self.request_nick(nick, output);
            self.delivery.queue_after = false;
        } else {
            let after = Duration::ZERO;
            output.actions.push(SessionAction::Reconnect { after });
        }
    }

    pub(in crate::client::session) fn on_welcome(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        // It can cross a QUIT on the way.
        if !matches!(self.phase, Phase::Registering { .. } | Phase::Asking) {
            return;
        }
        if !self.may_enter(output) || !self.is_bound(output) {
            return;
        }
        self.link.greeting_late_at = None;
        // A server can admit the user before it has the password.
        self.link.introduction_at = None;
        self.link.deferred_user = None;
        if let Some(nick) = message.parameter(0) {
            // Servers truncate a nick that is too long for them.
            let is_truncated = is_truncated_nick(nick, &self.identity.nick);
            if is_truncated && self.identity.nick == self.settings.nick {
                nick.clone_into(&mut self.settings.nick);
            }
            // Servers that give each account its nick, and bouncers, choose another one.
            let is_requested = self.is_own(nick) || is_truncated;
            self.identity.renamed_by_server |= !is_requested;
            nick.clone_into(&mut self.identity.nick);
        }
        self.link.close_reason = None;
        self.link.server = message.source.map(|source| source.as_str().to_owned());
        // Many servers end the welcome with `nick!user@host`, as others see the user.
        if let Some(word) = message
            .parameters
            .last()
            .and_then(|text| text.split(' ').next_back())
            && word.contains('!')
        {
            self.set_address(word);
        }
        if std::mem::replace(&mut self.link.was_welcomed, true) {
            output.events.push(Event::ServerBack);
        }
        self.link.motd_deadline = Some(now.elapsed + MOTD_MAX);
        self.phase = Phase::Welcomed {
            deadline: now.elapsed + REGISTRATION_MAX,
        };
    }

    /// The message of the day is over: joins the configured rooms or, on reconnect, the rooms of
    /// the last connection.
    pub(in crate::client::session) fn motd_done(&mut self, output: &mut SessionOutput) {
        let is_awaited = self.link.motd_deadline.take().is_some();
        if !is_awaited || !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        let away_before = self.identity.away.take();
        for command in self.settings.on_connect.clone() {
            self.run_on_connect(&command, output);
        }
        if self.identity.away.is_none()
            && let Some(message) = away_before
        {
            let words = Some(message.as_str());
            self.send(&Request::Away { message: words }, output);
            self.identity.away = Some(message);
        }
        self.request_playback(output);
        for target in &mut self.settings.rooms {
            let room = self.rooms.isupport.room_from_input(&target.room);
            target.room = room.into_owned();
        }
        let rooms = if self.link.was_registered {
            self.rooms.names()
        } else {
            let rooms = self.settings.rooms.iter();
            let rooms: Vec<String> = rooms.map(|target| target.room.clone()).collect();
            if let Some(room) = rooms.first() {
                self.rooms.request_active(room, None);
            }
            rooms
        };
        for room in &rooms {
            self.send_join(room, output);
        }
        self.send_ping(PingPurpose::Settled, output);
    }

    /// Everything the server does after registration is done.
    pub(in crate::client::session) fn registration_done(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        self.phase = Phase::Ready { since: now.elapsed };
        let was_registered = std::mem::replace(&mut self.link.was_registered, true);
        for room in self.rooms.unjoined() {
            self.rooms.leave(&room);
            let words = format!("You are not in {room} any more.");
            output.events.push(Event::Note { words });
        }
        if let Some(room) = self.room_refused() {
            // The messages of a script must not go to another room instead.
            let room = room.to_owned();
            self.phase = Phase::Ended;
            let incomplete = Incomplete::RoomNotEntered { room };
            return output.actions.push(SessionAction::End(incomplete.into()));
        }
        let wait = self.settings.wait.as_ref();
        if wait.is_some_and(|wait| wait.account.is_some()) && !self.link.capabilities.has_accounts()
        {
            // No message could ever be the one that is waited for.
            self.phase = Phase::Ended;
            let incomplete = Incomplete::AccountsUnknown;
            return output.actions.push(SessionAction::End(incomplete.into()));
        }
        if !self.is_own(&self.settings.nick) && !self.identity.renamed_by_server {
            self.regain(now, output);
        }
        self.playback.end();
        let is_bouncer = self.lists_upstreams();
        if is_bouncer && !self.link.capabilities.lists_upstreams() {
            self.send_line("BOUNCER LISTNETWORKS".to_owned(), output);
        }
        let is_first = !was_registered && !self.settings.script && !is_bouncer;
        let is_in_room = self.rooms.iter().next().is_some();
        if is_first && !is_in_room && !std::mem::replace(&mut self.link.was_greeted, true) {
            let network = self
                .rooms
                .isupport
                .network
                .as_ref()
                .or(self.link.server.as_ref());
            let network = network.map_or(String::new(), |network| format!(" on {network}"));
            let words = format!(
                "You are {}{network}. /join #ROOM joins a room, /list shows them, /help lists the \
                 commands.",
                self.identity.nick
            );
            output.events.push(Event::Note { words });
        }
        // Once: a reconnection is not the time for it.
        if let Some(nick) = self.settings.person.take() {
            let words = format!("@{nick} TEXT whispers to {nick}.");
            output.events.push(Event::Note { words });
        }
        self.link.lost_since = None;
        self.send_again(now, output);
        self.send_backlog(now, output);
        self.quit_when_done(now, output);
    }

    /// Asks a bouncer for what was said since the last line that was seen. A script asks for nothing:
    /// what it would print was said before it began. It comes before the rooms are joined: ergo plays back
    /// at the join. The answer to the next ping follows all of it.
    fn request_playback(&mut self, output: &mut SessionOutput) {
        if self.link.capabilities.plays_back() && !self.settings.script {
            let line = self.playback.begin();
            self.send_line(line, output);
        }
    }

    /// A room cannot be joined, or the server joins the user to `forward` instead. For a script,
    /// which cannot see that, the second is a refusal too.
    pub(in crate::client::session) fn join_refused(&mut self, room: &str, forward: Option<&str>) {
        // The next lines of a script are meant for that room and for no other.
        let forward = forward.filter(|_| !self.settings.script);
        let was_wanted = self.rooms.pending_join_refused(room, forward);
        self.refuse_target(room);
        if was_wanted && self.settings.script {
            self.rooms.clear_target(room);
        }
        let Some(forward) = forward else {
            return;
        };
        for target in &mut self.settings.rooms {
            if self.rooms.isupport.is_same(&target.room, room) {
                forward.clone_into(&mut target.room);
            }
        }
    }

    /// A room admits only users who are logged in, and the login may be in flight.
    pub(in crate::client::session) fn join_after_login(&mut self, room: &str) {
        let is_in = |rooms: &[String]| rooms.iter().any(|one| self.is_same(one, room));
        let mut targets = self.settings.rooms.iter();
        let is_configured = targets.any(|target| self.is_same(&target.room, room));
        let is_wanted = is_configured || is_in(&self.rooms.unjoined());
        let is_known = self.settings.on_connect.is_empty() || is_in(&self.link.rooms_after_login);
        if is_wanted && !is_known {
            self.link.rooms_after_login.push(room.to_owned());
        }
    }

    /// The login to a service has succeeded.
    pub(in crate::client::session) fn logged_in(&mut self, output: &mut SessionOutput) {
        for room in std::mem::take(&mut self.link.rooms_after_login) {
            self.send_join(&room, output);
        }
    }

    fn send_join(&mut self, room: &str, output: &mut SessionOutput) {
        let keys = self.rooms.key_of(room).map(str::to_owned);
        let (rooms, keys) = (room, keys.as_deref());
        self.send(&Request::Join { rooms, keys }, output);
    }

    /// A room that the script needs and that is not joined.
    fn room_refused(&self) -> Option<&str> {
        let mut rooms = self
            .settings
            .rooms
            .iter()
            .map(|target| target.room.as_str());
        let missing = rooms.find(|room| self.rooms.get(room).is_none());
        missing.filter(|_| self.settings.script)
    }

    /// Requests the nick that the user wants; another user can still have it.
    pub(in crate::client::session) fn regain(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if self.is_own(&self.settings.nick) {
            self.identity.regain_at = None;
        } else {
            self.identity.regain_at = Some(now.elapsed + self.identity.regain_after);
            self.identity.regain_after = (self.identity.regain_after * 2).min(REGAIN_LAST);
            self.queries.regaining = true;
            let wanted = self.settings.nick.clone();
            self.send_nick(&wanted, output);
            // A refusal after the answer to this is about another request.
            self.send_ping(PingPurpose::Regained, output);
        }
    }

    pub(in crate::client::session) fn send_nick(&mut self, nick: &str, output: &mut SessionOutput) {
        self.send(&Request::Nick { nick }, output);
    }
}

/// The user name that the user has chosen, without what no parameter can have. Bouncers have accounts such
/// as `ann/libera` and `ann@laptop/libera`.
fn user_name_as_written(user: &str) -> String {
    let fits = |c: &char| !c.is_whitespace() && !c.is_control();
    let fitting: String = user.chars().filter(fits).collect();
    match fitting.trim_start_matches(':') {
        "" => "user".to_owned(),
        fitting => fitting.to_owned(),
    }
}

/// A user name that servers accept, made from a name that follows the rules of nicks.
fn user_name_of_nick(nick: &str) -> String {
    let plain: String = nick.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.is_empty() {
        true => "user".to_owned(),
        false => plain,
    }
}
