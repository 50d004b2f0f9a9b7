//! Who is here and what they may do: everything the server decides, with no socket, no clock and
//! no chance in it. The same lines in the same order at the same times give the same bytes.
//!
//! There are four ways in ([`Hub::connected`], [`Hub::received`], [`Hub::disconnected`],
//! [`Hub::tick`]), one question ([`Hub::next_deadline`]), and an end ([`Hub::stop`]). Each step
//! fills an [`Outbox`], which its caller empties before the next one.
//!
//! `people` and `room` are the state, `registration`, `rooms`, `talk` and `queries` what can be
//! asked for, `limits` what the clock and strangers are kept to, `refusal` how a no is said.

mod capability;
mod check;
mod facts;
mod limits;
mod mask;
mod outbox;
mod people;
mod queries;
mod refusal;
mod registration;
mod room;
mod rooms;
mod talk;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use self::limits::Watch;
use self::people::{Entering, Host, People, Person, Stage};
use self::refusal::Refusal;
use self::room::Rooms;
use crate::wire::{Line, Message, MessageError, Reply, Request};

pub use self::check::Fault;
pub use self::facts::{Loss, Moment, Settings};
pub use self::limits::{AWAY_BYTES_MAX, Limits, TOPIC_BYTES_MAX};
pub use self::outbox::{Event, Outbox, Written};
pub use self::people::ConnectionId;

/// The one owner of all people and rooms.
#[derive(Debug)]
pub struct Hub {
    settings: Settings,
    started: Moment,
    people: People,
    rooms: Rooms,
    watch: Watch,
}

impl Hub {
    /// A server that starts now, with nobody in it.
    pub fn new(settings: Settings, now: Moment) -> Self {
        Self {
            settings,
            started: now,
            people: People::default(),
            rooms: Rooms::default(),
            watch: Watch::default(),
        }
    }

    /// Somebody connected.
    pub fn connected(
        &mut self,
        id: ConnectionId,
        address: IpAddr,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let host = Host::new(address);
        if let Some(reason) = self.no_room_for(host) {
            let line = outbox.line(format_args!("ERROR :{reason}"));
            outbox.send(id, line);
            outbox.close(id);
            let host = host.to_string();
            outbox.tell(Event::TurnedAway { host, reason });
            return;
        }
        let patience = self.settings.limits.registration_seconds;
        let person = Person {
            id,
            host,
            capabilities: capability::Capabilities::default(),
            heard: now.running,
            deadline: now.running + Duration::from_secs(patience.into()),
            pinged: false,
            allowance_used: now.running,
            stage: Stage::Entering(Box::<Entering>::default()),
        };
        self.watch(&person);
        self.people.insert(person);
        let host = host.to_string();
        outbox.tell(Event::Connected { host });
    }

    /// A connection sent a line.
    pub fn received(
        &mut self,
        from: ConnectionId,
        line: Line<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let Some(person) = self.people.get_mut(from) else {
            return;
        };
        person.heard = now.running;
        self.count_line(from, now, outbox);
        if let Err(refusal) = self.answer(from, line, now, outbox) {
            self.refuse(from, refusal, outbox);
        }
    }

    /// A connection is lost, or has to be given up.
    pub fn disconnected(&mut self, id: ConnectionId, loss: Loss, outbox: &mut Outbox) {
        if loss.is_our_doing() {
            self.expel(id, &loss.to_string(), outbox);
        } else {
            self.depart(id, &loss.to_string(), outbox);
        }
    }

    /// Time has passed; to be called at [`Hub::next_deadline`], and no harm at any other time.
    pub fn tick(&mut self, now: Moment, outbox: &mut Outbox) {
        while let Some(&(at, id)) = self.watch.deadlines.first() {
            if at > now.running {
                break;
            }
            self.watch.deadlines.pop_first();
            self.deadline_came(id, now, outbox);
        }
    }

    /// When [`Hub::tick`] has something to do, if nothing happens before.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.watch.deadlines.first().map(|(at, _)| *at)
    }

    /// The server ends: everybody is told and let go. Nobody hears of the others' leaving.
    pub fn stop(&mut self, outbox: &mut Outbox) {
        for person in self.people.all() {
            let nick = person.nick_or_star();
            let reason = "Server shutting down";
            let line = outbox.line(format_args!("ERROR :Closing Link: {nick} ({reason})"));
            outbox.send(person.id, line);
            outbox.close(person.id);
        }
        self.people = People::default();
        self.rooms = Rooms::default();
        self.watch = Watch::default();
    }

    /// How many people are here.
    pub fn here(&self) -> usize {
        self.people.present
    }

    /// The bounds that are in force.
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Does what a line asks for.
    fn answer<'a>(
        &mut self,
        from: ConnectionId,
        line: Line<'a>,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let Line::Whole(bytes) = line else {
            return Err(Refusal::LineTooLong);
        };
        let registered = self.people.present(from).is_ok();
        if !registered {
            registration::refuse_other_protocols(bytes)?;
        }
        let message = match Message::from_client(bytes) {
            Ok(message) => message,
            Err(MessageError::NoCommand) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let request = match Request::read(&message) {
            Ok(request) => request,
            // Programs answer each other with NOTICE: an error for one could go round for ever.
            // RFC 2812, 3.3.2.
            Err(_) if message.command.eq_ignore_ascii_case("NOTICE") => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if !registered && !request.works_before_registration() {
            return Err(Refusal::NotRegistered);
        }
        self.act(from, request, now, outbox)
    }

    /// Hands a request to the one who knows what to do with it.
    fn act<'a>(
        &mut self,
        from: ConnectionId,
        request: Request<'a>,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        match request {
            Request::Pass { password } => self.pass(from, password),
            Request::Nick { nick } => self.nick(from, nick, now, outbox),
            Request::User { user, real_name } => self.user(from, user, real_name, now, outbox),
            Request::Cap(request) => self.cap(from, request, now, outbox),
            Request::Ping { token } => self.ping(from, token, outbox),
            Request::Pong { .. } => Ok(()),
            Request::Quit { reason } => self.quit(from, reason, outbox),
            Request::Join { rooms, .. } => self.join(from, rooms, outbox),
            Request::Part { rooms, reason } => self.part(from, rooms, reason, outbox),
            Request::Topic { room, topic: None } => self.topic(from, room, outbox),
            Request::Topic {
                room,
                topic: Some(topic),
            } => self.set_topic(from, room, topic, now, outbox),
            Request::Names { rooms } => self.names(from, rooms, outbox),
            Request::List { filter } => self.list(from, filter, outbox),
            Request::Privmsg { targets, text } => self.privmsg(from, targets, text, now, outbox),
            Request::Notice { targets, text } => self.notice(from, targets, text, now, outbox),
            Request::Who { mask } => self.who(from, mask, outbox),
            Request::Whois { nick } => self.whois(from, nick, now, outbox),
            Request::Userhost { nicks } => self.userhost(from, &nicks, outbox),
            Request::Away { message } => self.away(from, message, outbox),
            Request::Motd => self.motd(from, outbox),
            Request::Lusers => self.lusers(from, outbox),
            Request::Version => self.version(from, outbox),
            Request::Time => self.time(from, now, outbox),
        }
    }

    /// Answers a request that cannot be done.
    fn refuse(&mut self, from: ConnectionId, refusal: Refusal<'_>, outbox: &mut Outbox) {
        let Some(person) = self.people.get(from) else {
            return;
        };
        let line = refusal.line(&self.settings.name, person.nick_or_star(), outbox);
        outbox.send(from, line);
        if let Some(reason) = refusal.ends_connection() {
            self.expel(from, reason, outbox);
        }
    }

    /// Sends a numbered reply that is nothing but the words of its row.
    fn reply(&self, to: ConnectionId, reply: Reply, outbox: &mut Outbox) {
        self.reply_about(to, reply, format_args!(":{}", reply.words()), outbox);
    }

    /// Sends a numbered reply with `rest` behind the nick, the words of the row included.
    fn reply_about(
        &self,
        to: ConnectionId,
        reply: Reply,
        rest: fmt::Arguments<'_>,
        outbox: &mut Outbox,
    ) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.people.get(to).map_or("*", Person::nick_or_star);
        let line = outbox.line(format_args!(":{name} {number:03} {nick} {rest}"));
        outbox.send(to, line);
    }

    /// Sends `items` with spaces between them, behind `head`, in as many lines as they need; no
    /// line at all when there are none.
    fn reply_list(
        &self,
        to: ConnectionId,
        reply: Reply,
        head: fmt::Arguments<'_>,
        items: impl Iterator<Item = impl fmt::Display>,
        outbox: &mut Outbox,
    ) {
        let (name, number) = (&self.settings.name, reply.number());
        let nick = self.people.get(to).map_or("*", Person::nick_or_star);
        let mut list = outbox.list(format_args!(":{name} {number:03} {nick} {head}"), to);
        for item in items {
            list.item(format_args!("{item}"));
        }
        list.end();
    }

    /// Sends a line to each person who shares a room with this one, once each, and not to them.
    fn tell_neighbours(&mut self, of: ConnectionId, line: Written, outbox: &mut Outbox) {
        self.people.begin_round();
        self.people.mark(of);
        let Self { people, rooms, .. } = self;
        let count = people.present(of).map_or(0, |present| present.rooms.len());
        for at in 0..count {
            let room = people.present(of).ok().and_then(|one| one.rooms.get(at));
            let Some(room) = room.and_then(|membership| rooms.get(membership.room)) else {
                continue;
            };
            for member in &room.members {
                if people.mark(member.id) {
                    outbox.send(member.id, line);
                }
            }
        }
    }

    /// Takes somebody out of everything and tells those who could see them.
    fn depart(&mut self, id: ConnectionId, reason: &str, outbox: &mut Outbox) -> Option<Person> {
        if let Ok(present) = self.people.present(id) {
            let line = outbox.line(format_args!(":{} QUIT :{reason}", present.source));
            self.tell_neighbours(id, line, outbox);
        }
        while let Some(membership) = self
            .people
            .present(id)
            .ok()
            .and_then(|one| one.rooms.last())
        {
            let room = membership.room;
            self.rooms.leave(room, id, &mut self.people);
        }
        let person = self.people.remove(id)?;
        self.unwatch(&person);
        let reason = reason.to_owned();
        outbox.tell(match person.present() {
            Some(present) => Event::Left {
                nick: present.nick.clone(),
                reason,
                here: self.people.present,
            },
            None => Event::TurnedAway {
                host: person.host.to_string(),
                reason,
            },
        });
        Some(person)
    }

    /// The same, and ends the connection with the reason.
    fn expel(&mut self, id: ConnectionId, reason: &str, outbox: &mut Outbox) {
        if let Some(person) = self.depart(id, reason, outbox) {
            let nick = person.nick_or_star();
            let line = outbox.line(format_args!("ERROR :Closing Link: {nick} ({reason})"));
            outbox.send(id, line);
            outbox.close(id);
        }
    }
}
