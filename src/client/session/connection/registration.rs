//! Coming in: what the server is told of this person, until all that it does by itself at the
//! beginning is done and the rooms are entered.

use std::time::Duration;

use crate::client::event::Event;
use crate::client::session::incoming::numerics::is_cut;
use crate::client::session::{
    Asked, Moment, Order, Outbox, Phase, REGAIN_FIRST, REGAIN_LAST, REGAINED, REGISTRATION_MAX,
    SETTLED, Session, Shortfall,
};
use crate::wire::{Message, Request};

/// So long after the welcome a server that says nothing of its greeting's end has none.
const GREETING_MAX: Duration = Duration::from_secs(5);

/// A server that knows of capabilities has told by then whether a nick can be had.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// And when it has answered before, by then: some let those wait who asked for what is taken.
const NEXT_ANSWER_MAX: Duration = Duration::from_secs(4);

/// The names of this person that the server is told when it is known which nick they get.
#[derive(Debug)]
pub(in crate::client::session) struct Introduction {
    /// It is not waited for that any longer.
    at: Duration,
    /// How long an answer may take.
    patience: Duration,
    /// Nothing more is to be negotiated.
    ends_negotiation: bool,
    /// How many questions about capabilities are not answered.
    questions: u32,
}

impl Session {
    /// There is a connection: introduces this person.
    pub fn connected(&mut self, now: Moment, outbox: &mut Outbox) {
        self.phase = Phase::Registering {
            deadline: now.elapsed + REGISTRATION_MAX,
        };
        self.heard_at = now.elapsed;
        self.pinged = false;
        self.farewell = None;
        self.broken = false;
        self.spellings = 0;
        if self.was_in {
            self.alternatives = 0;
        }
        self.regain_at = None;
        self.regain_after = REGAIN_FIRST;
        self.renamed_by_server = false;
        self.rooms_later.clear();
        self.greeting_until = None;
        self.nick.clone_from(&self.settings.nick);
        self.asked = Asked::default();
        self.rooms.begin_anew();
        if let Some(password) = self.settings.password.clone() {
            self.send(
                &Request::Pass {
                    password: &password,
                },
                outbox,
            );
        }
        self.begin_negotiation(outbox);
        // Both names are the nick where nothing else is wanted, and another may be needed yet.
        let is_named = self.settings.user.is_some() && self.settings.real_name.is_some();
        let may_change = !self.settings.script || !self.settings.alternatives.is_empty();
        let waits = !is_named && !self.was_in && may_change;
        self.introduction = waits.then_some(Introduction {
            at: now.elapsed + ANSWER_MAX,
            patience: ANSWER_MAX,
            ends_negotiation: false,
            questions: 1,
        });
        self.ask_for_nick(&self.nick.clone(), outbox);
        if !waits {
            self.introduce(outbox);
        }
    }

    /// Asks for a nick, and behind that a question whose answer says that it was not refused.
    pub(in crate::client::session) fn ask_for_nick(&mut self, nick: &str, outbox: &mut Outbox) {
        self.send_nick(nick, outbox);
        if let Some(introduction) = &mut self.introduction {
            introduction.questions += 1;
            self.send_cap("LIST", None, outbox);
        }
    }

    /// The server has answered a question about what it can do, in whatever way.
    pub(in crate::client::session) fn question_answered(&mut self, outbox: &mut Outbox) {
        let Some(introduction) = &mut self.introduction else {
            return;
        };
        introduction.questions = introduction.questions.saturating_sub(1);
        // It does answer, if slowly.
        introduction.patience = NEXT_ANSWER_MAX;
        introduction.at = self.heard_at + introduction.patience;
        if introduction.questions == 0 && self.phase != Phase::Asking {
            self.introduce(outbox);
        }
    }

    /// A server that knows no such questions need not answer them.
    pub(in crate::client::session) fn introduce_in_time(
        &mut self,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let waits = self.introduction.as_ref();
        let is_due = waits.is_some_and(|waits| waits.at <= now.elapsed);
        if is_due && self.phase != Phase::Asking {
            self.introduce(outbox);
        }
    }

    /// When the server is told the names at the latest.
    pub(in crate::client::session) fn introduction_at(&self) -> Option<Duration> {
        let waits = self.introduction.as_ref()?;
        (self.phase != Phase::Asking).then_some(waits.at)
    }

    /// Lets the server let this person in, as soon as it knows the names: some begin to negotiate
    /// once more with each question that comes after the end.
    pub(super) fn end_negotiation(&mut self, outbox: &mut Outbox) {
        match &mut self.introduction {
            Some(introduction) => introduction.ends_negotiation = true,
            None => self.send_cap("END", None, outbox),
        }
    }

    fn introduce(&mut self, outbox: &mut Outbox) {
        let introduction = self.introduction.take();
        let nick = &self.settings.nick;
        let user = user_name(self.settings.user.as_ref().unwrap_or(nick));
        let real_name = self.settings.real_name.as_ref().unwrap_or(nick).clone();
        self.send(
            &Request::User {
                user: &user,
                mode: Some("0"),
                unused: Some("*"),
                real_name: &real_name,
            },
            outbox,
        );
        if introduction.is_some_and(|introduction| introduction.ends_negotiation) {
            self.send_cap("END", None, outbox);
        }
    }

    /// Whether this is the echo of something that the configuration has said on coming in, which
    /// nobody is to see.
    pub(in crate::client::session) fn is_said_first(&self, text: &str) -> bool {
        let mut lines = self.settings.on_connect.iter();
        !self.is_ready() && lines.any(|line| line.ends_with(text))
    }

    /// The person's answer to [`Order::AskNick`]. When the server has lost patience meanwhile, a
    /// new connection is ordered.
    pub fn answer_nick(&mut self, nick: &str, now: Moment, outbox: &mut Outbox) {
        nick.clone_into(&mut self.settings.nick);
        nick.clone_into(&mut self.configured);
        nick.clone_into(&mut self.nick);
        if self.phase == Phase::Asking {
            self.phase = Phase::Registering {
                deadline: now.elapsed + REGISTRATION_MAX,
            };
            if let Some(introduction) = &mut self.introduction {
                introduction.at = now.elapsed + introduction.patience;
            }
            self.script.in_turn = true;
            self.ask_for_nick(nick, outbox);
            self.script.in_turn = false;
        } else {
            let after = Duration::ZERO;
            outbox.orders.push(Order::Reconnect { after });
        }
    }

    pub(in crate::client::session) fn welcomed(
        &mut self,
        message: &Message<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        // It may cross a QUIT.
        if !matches!(self.phase, Phase::Registering { .. } | Phase::Asking) {
            return;
        }
        self.introduction = None;
        if let Some(nick) = message.parameter(0) {
            // Servers cut what is too long for them.
            if is_cut(nick, &self.nick) && self.nick == self.settings.nick {
                nick.clone_into(&mut self.settings.nick);
            }
            nick.clone_into(&mut self.nick);
        }
        self.farewell = None;
        self.server = message.source.map(|source| source.as_str().to_owned());
        // The server says how this person looks to others, often at the end of its welcome.
        if let Some(word) = message
            .parameters
            .last()
            .and_then(|text| text.split(' ').next_back())
            && word.contains('!')
        {
            self.learn_address(word);
        }
        if self.was_in {
            outbox.events.push(Event::ServerBack);
        }
        self.greeting_until = Some(now.elapsed + GREETING_MAX);
        self.phase = Phase::Welcomed {
            deadline: now.elapsed + REGISTRATION_MAX,
        };
    }

    /// Enters the rooms that were asked for, or those of before the connection was lost.
    pub(in crate::client::session) fn greeting_ended(&mut self, outbox: &mut Outbox) {
        let is_awaited = self.greeting_until.take().is_some();
        if !is_awaited || !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        let away_before = self.away.take();
        for line in self.settings.on_connect.clone() {
            self.do_first(&line, outbox);
        }
        if self.away.is_none()
            && let Some(message) = away_before
        {
            let words = Some(message.as_str());
            self.send(&Request::Away { message: words }, outbox);
            self.away = Some(message);
        }
        for room in &mut self.settings.rooms {
            *room = self.rooms.naming.room_named(room).into_owned();
        }
        let rooms = if self.was_in {
            self.rooms.names()
        } else {
            let rooms = self.settings.rooms.clone();
            if let Some(room) = rooms.first() {
                self.rooms.want(room, None);
            }
            rooms
        };
        for room in &rooms {
            self.enter_room(room, outbox);
        }
        self.send(&Request::Ping { token: SETTLED }, outbox);
    }

    /// All that the server does by itself at the beginning is done.
    pub(in crate::client::session) fn settled(&mut self, now: Moment, outbox: &mut Outbox) {
        if !matches!(self.phase, Phase::Welcomed { .. }) {
            return;
        }
        self.phase = Phase::Ready { since: now.elapsed };
        self.was_in = true;
        for room in self.rooms.not_entered() {
            self.rooms.leave(&room);
            let words = format!("you are not in {room} any more");
            outbox.events.push(Event::Note { words });
        }
        if let Some(room) = self.room_refused() {
            // What a script has to say must not be said in another room instead.
            let words = format!("{room} could not be entered");
            self.phase = Phase::Ended;
            let shortfall = Shortfall::EntryRefused { words };
            return outbox.orders.push(Order::End(shortfall.into()));
        }
        if !self.is_own(&self.settings.nick) {
            self.regain(now, outbox);
        }
        self.send_waiting(now, outbox);
        self.leave_when_done(now, outbox);
    }

    /// A room cannot be entered, or another one is in its place.
    pub(in crate::client::session) fn room_refused_with(
        &mut self,
        room: &str,
        forward: Option<&str>,
    ) {
        let was_wanted = self.rooms.entry_refused(room, forward);
        if was_wanted && forward.is_none() && self.settings.script {
            // What stands behind it in the script is meant for that room, and for no other.
            self.rooms.talk_nowhere(room);
        }
        let Some(forward) = forward else {
            return;
        };
        for configured in &mut self.settings.rooms {
            if self.rooms.naming.is_same(configured, room) {
                forward.clone_into(configured);
            }
        }
    }

    /// A room wants to know who somebody is, and what says so is on its way.
    pub(in crate::client::session) fn enter_later(&mut self, room: &str) {
        let is_in = |rooms: &[String]| rooms.iter().any(|one| self.is_same(one, room));
        let is_wanted = is_in(&self.settings.rooms) || is_in(&self.rooms.not_entered());
        let is_known = self.settings.on_connect.is_empty() || is_in(&self.rooms_later);
        if is_wanted && !is_known {
            self.rooms_later.push(room.to_owned());
        }
    }

    /// A service knows now who this is.
    pub(in crate::client::session) fn identified(&mut self, outbox: &mut Outbox) {
        for room in std::mem::take(&mut self.rooms_later) {
            self.enter_room(&room, outbox);
        }
    }

    fn enter_room(&mut self, room: &str, outbox: &mut Outbox) {
        let keys = self.rooms.key_of(room).map(str::to_owned);
        let (rooms, keys) = (room, keys.as_deref());
        self.send(&Request::Join { rooms, keys }, outbox);
    }

    /// A room that a script asked for and is not in.
    fn room_refused(&self) -> Option<&str> {
        let is_missing = |room: &&String| self.rooms.get(room).is_none();
        let missing = self.settings.rooms.iter().find(is_missing);
        missing.filter(|_| self.settings.script).map(String::as_str)
    }

    /// Asks for the nick this person wants, while somebody else may still have it.
    pub(in crate::client::session) fn regain(&mut self, now: Moment, outbox: &mut Outbox) {
        if self.is_own(&self.settings.nick) {
            self.regain_at = None;
        } else {
            self.regain_at = Some(now.elapsed + self.regain_after);
            self.regain_after = (self.regain_after * 2).min(REGAIN_LAST);
            self.asked.regaining = true;
            let wanted = self.settings.nick.clone();
            self.send_nick(&wanted, outbox);
            // Behind the answer to this, a refusal is about something else.
            self.send(&Request::Ping { token: REGAINED }, outbox);
        }
    }

    pub(in crate::client::session) fn send_nick(&mut self, nick: &str, outbox: &mut Outbox) {
        self.send(&Request::Nick { nick }, outbox);
    }
}

/// A user name that servers take, made of one that is as a nick may be.
fn user_name(wanted: &str) -> String {
    let plain: String = wanted.chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.is_empty() {
        true => "user".to_owned(),
        false => plain,
    }
}
