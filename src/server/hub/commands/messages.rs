//! Messages between users and to rooms: PRIVMSG, NOTICE, TAGMSG, and AWAY.

use std::collections::BTreeSet;

use crate::server::hub::buffers::{Buffer, Conversation};
use crate::server::hub::error::SendRefusal;
use crate::server::hub::fanout::{MessageTag, TagSet};
use crate::server::hub::limits::truncate;
use crate::server::hub::replies::trailing;
use crate::server::hub::stored::{
    MessageId, OnceKey, StoreState, StoredKind, StoredLine, StoredOnce, StoredRecord,
};
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Fanout, Hub, HubTime, Person, Registered, Rejection,
    Reply, Room, RoomMember, Work,
};
use crate::wire::Nick;
use crate::wire::message::Tags;
use crate::wire::once::ONCE;

/// The tag of a `TAGMSG` that its sender wants to be stored.
const PERSIST_TAG: &str = "+draft/persist";

/// A message to send.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chat<'a> {
    /// The sender.
    pub(super) from: ConnectionId,
    /// `PRIVMSG`, `NOTICE` or `TAGMSG`.
    pub(super) command: &'static str,
    /// The text; `TAGMSG` has none.
    pub(super) text: Option<&'a str>,
    /// The tags of the line.
    pub(super) tags: Tags<'a>,
}

impl Chat<'_> {
    /// The capabilities that a recipient needs: a message without text is for clients that can read
    /// tags.
    fn needs(self) -> Capabilities {
        match self.text {
            Some(_) => Capabilities::NONE,
            None => Capabilities::MESSAGE_TAGS,
        }
    }
}

impl Hub {
    /// Sends a message to each of the targets.
    ///
    /// A `NOTICE` gets no error reply: bots answer each other with it, so error replies could loop.
    /// RFC 2812, 3.3.2. The exception is a line that is too long to relay, because that error
    /// concerns its length and not its content; and one that cannot be stored.
    pub(super) fn send_chat<'a>(&mut self, targets: &'a str, chat: Chat<'a>) -> CommandResult<'a> {
        self.people.registered_mut(chat.from)?.last_spoke = self.now.running;
        let tags = match chat.tags.is_empty() {
            true => String::new(),
            false => self.relayed_tags(chat),
        };
        let is_answered = chat.command != "NOTICE";
        let once = self.once_tag(chat, targets)?;
        let targets = match self.targets(targets, chat.command) {
            Err(_) if !is_answered => return Ok(()),
            targets => targets?,
        };
        self.for_each(chat.from, targets, |hub, target| {
            if let Some(service) = hub.service_at(target) {
                if hub.accounts.is_none() {
                    return Err(Rejection::NoServices(target));
                }
                // Services do not answer a notice, as no program does.
                return match chat.text.filter(|_| is_answered) {
                    Some(text) => hub.ask_service(chat.from, service, text),
                    None => Ok(()),
                };
            }
            let sent = match once {
                Some(once) => hub.send_chat_once(target, chat, &tags, once),
                None => {
                    hub.count_message();
                    hub.send_chat_to_target(target, chat, &tags, None)
                }
            };
            match sent {
                Err(rejection) if !is_answered && !is_sent_for_notice(rejection) => Ok(()),
                done => done,
            }
        })
    }

    /// Counts a message. With a store, the count is its id.
    pub(super) fn count_message(&mut self) {
        self.messages = match self.store {
            None => self.messages + 1,
            Some(_) => {
                let now = self.unix_milliseconds();
                MessageId(self.messages).next_at(now).0
            }
        };
    }

    /// The tags of a message that are passed on. Those of a client without message-tags are ignored.
    fn relayed_tags(&self, chat: Chat<'_>) -> String {
        self.charge(Work::Tag, chat.tags.iter().count());
        match self.capabilities(chat.from).has(Capabilities::MESSAGE_TAGS) {
            true => relayed(chat.tags),
            false => String::new(),
        }
    }

    /// Sends a message to one room or user, whole or not at all.
    pub(super) fn send_chat_to_target<'a>(
        &self,
        target: &'a str,
        chat: Chat<'a>,
        tags: &str,
        once: Option<&OnceKey>,
    ) -> CommandResult<'a> {
        let (person, speaker) = self.people.person(chat.from)?;
        // `STATUSMSG`: a prefix restricts the message to members with that status or a higher one.
        let (prefix, room) = target.split_at(usize::from(target.starts_with(['@', '+'])));
        if !room.starts_with('#') {
            return self.send_chat_to_person((person, speaker), target, chat, tags, once);
        }
        let room = self.rooms.find(room)?;
        let membership = speaker.membership(room.number);
        let member = membership.and_then(|one| room.member(one));
        if let Some(why) = self.send_refusal(speaker, member, room, chat.text) {
            return Err(Rejection::CannotSendToRoom(target, why));
        }
        let kept_in = match prefix {
            "" if self.store.is_some() => self.room_of_stored(room, chat),
            _ => None,
        };
        let is_kept = kept_in.is_some() || once.is_some();
        if is_kept {
            self.require_store(chat.command, target)?;
        }
        let shown = (prefix, room.name.as_str());
        let id = MessageId(self.messages);
        let mut fanout = self.chat_fanout(speaker, chat, shown, tags, id)?;
        let first_send = self.outbox().spans().len();
        if prefix.is_empty() && chat.text.is_some() {
            self.broadcast_to_others(room, membership, &mut fanout);
        } else {
            self.broadcast_to_matching(room, &mut fanout, |member| {
                let is_meant = match prefix {
                    "@" => member.operator,
                    "+" => member.has_voice(),
                    _ => true,
                };
                is_meant && member.id != chat.from && member.capabilities().has(chat.needs())
            });
        }
        self.echo_message(person, chat, &mut fanout, once);
        if let Some(throttle) = room.throttle.as_ref().filter(|_| chat.text.is_some()) {
            throttle.talked(chat.from, self.now.running);
        }
        if is_kept {
            let rejection = Rejection::NotStored(chat.command, room.name.as_str());
            let sends = (first_send, rejection);
            self.keep_chat(speaker, (kept_in, once), chat, tags, sends);
        }
        Ok(())
    }

    /// Whether a message is one of those that are kept. CTCP other than `ACTION` never is: it is for
    /// programs that are there now. A message of tags alone is an event that its sender wants to be kept,
    /// such as a reaction.
    fn is_kept(&self, chat: Chat<'_>) -> bool {
        self.store.is_some()
            && match chat.text {
                Some(text) => !is_ctcp(text),
                None => self.settings.stores_events && chat.tags.get(PERSIST_TAG).is_some(),
            }
    }

    /// The room in the store if this message is kept.
    pub(super) fn room_of_stored(&self, room: &Room, chat: Chat<'_>) -> Option<Buffer> {
        let room = self.is_kept(chat).then(|| self.stored_room(room))?;
        room.map(Buffer::Room)
    }

    /// The conversation in the store if this whisper is kept.
    pub(super) fn conversation_of_stored(
        &self,
        speaker: &Registered,
        listener: &Registered,
        chat: Chat<'_>,
    ) -> Option<Buffer> {
        if !(self.settings.stores_whispers && self.is_kept(chat)) {
            return None;
        }
        let both = Conversation::between(speaker.participant(), listener.participant());
        both.map(Buffer::Conversation)
    }

    /// Rejects a message that cannot be stored at the moment.
    pub(super) fn require_store<'a>(
        &self,
        command: &'static str,
        target: &'a str,
    ) -> CommandResult<'a> {
        match self.store.map(|store| store.state) {
            Some(StoreState::Refusing) => Err(Rejection::NotStored(command, target)),
            Some(StoreState::Stalled) => Err(Rejection::StoreStalled(command, target)),
            Some(StoreState::Ready) | None => Ok(()),
        }
    }

    /// Keeps a message if it belongs to a buffer, or else the id that it has. The sends from
    /// `first_send` on wait until that is on disk; otherwise its sender gets the rejection.
    pub(super) fn keep_chat(
        &self,
        speaker: &Registered,
        (buffer, once): (Option<Buffer>, Option<&OnceKey>),
        chat: Chat<'_>,
        tags: &str,
        (first_send, rejection): (usize, Rejection<'_>),
    ) {
        let message = MessageId(self.messages);
        let account = speaker.account.as_deref().map_or("", Nick::as_str);
        let record = match (buffer, once) {
            (Some(buffer), once) => {
                let line = Self::stored_chat(speaker, (buffer, message), chat, tags);
                StoredRecord::Line(StoredLine {
                    once: once.cloned(),
                    ..line
                })
            }
            (None, Some(key)) => StoredRecord::Once(StoredOnce {
                message,
                key: key.clone(),
                source: speaker.source.clone(),
                account: account.into(),
            }),
            (None, None) => return,
        };
        let otherwise = self.rejection_line(chat.from, rejection);
        let outbox = &mut self.outbox();
        outbox.store(record, first_send, (chat.from, otherwise));
        if once.is_some() {
            outbox.set_once(message);
        }
    }

    fn stored_chat(
        speaker: &Registered,
        (buffer, id): (Buffer, MessageId),
        chat: Chat<'_>,
        tags: &str,
    ) -> StoredLine {
        let bot = if speaker.modes.has('B') { ";bot" } else { "" };
        let tags = format!("{bot}{tags}");
        StoredLine {
            id,
            buffer,
            kind: match chat.command {
                "NOTICE" => StoredKind::Notice,
                "TAGMSG" => StoredKind::Tagmsg,
                _ => StoredKind::Privmsg,
            },
            source: speaker.source.clone(),
            account: speaker.account.as_deref().map_or("", Nick::as_str).into(),
            tags: tags.strip_prefix(';').unwrap_or_default().into(),
            text: chat.text.unwrap_or_default().into(),
            once: None,
        }
    }

    fn send_chat_to_person<'a>(
        &self,
        speaker: (&Person, &Registered),
        target: &'a str,
        chat: Chat<'a>,
        tags: &str,
        once: Option<&OnceKey>,
    ) -> CommandResult<'a> {
        let (listener, user) = self.people.find(target)?;
        let kept_in = match self.store {
            Some(_) => self.conversation_of_stored(speaker.1, user, chat),
            None => None,
        };
        let is_kept = kept_in.is_some() || once.is_some();
        if is_kept {
            self.require_store(chat.command, target)?;
        }
        let shown = ("", user.nick.as_str());
        let id = MessageId(self.messages);
        let mut fanout = self.chat_fanout(speaker.1, chat, shown, tags, id)?;
        let (from, has) = (chat.from, listener.capabilities);
        let mut first_send = self.outbox().spans().len();
        let mut to_oneself = None;
        if has.has(chat.needs()) {
            let outbox = &mut self.outbox();
            let line = fanout.variant(has, outbox);
            // The message to oneself is not a response to the line; only its echo is.
            match listener.id == from {
                true => {
                    to_oneself = Some(outbox.send_before_responses(from, line));
                    first_send += 1;
                }
                false => outbox.send(listener.id, line),
            }
        }
        self.echo_message(speaker.0, chat, &mut fanout, once);
        if is_kept {
            let rejection = Rejection::NotStored(chat.command, user.nick.as_str());
            let sends = (first_send, rejection);
            self.keep_chat(speaker.1, (kept_in, once), chat, tags, sends);
            if let Some(place) = to_oneself {
                self.outbox().send_only_if_stored(place);
            }
        }
        if chat.command == "PRIVMSG" {
            self.send_away_reply(from, user);
        }
        Ok(())
    }

    /// The time and the id of the current message.
    pub(super) fn message_time_and_id(&self) -> (HubTime, MessageTag) {
        self.time_and_id_of(MessageId(self.messages))
    }

    fn time_and_id_of(&self, id: MessageId) -> (HubTime, MessageTag) {
        match self.store {
            None => (self.now, MessageTag::Counted(self.started, self.messages)),
            Some(store) => (self.now.at_unix(id), MessageTag::Stored(store.tag, id)),
        }
    }

    /// The line of a message to one target, with its tags. Without a store, its id is a count.
    pub(super) fn chat_fanout<'a, 't>(
        &self,
        speaker: &'t Registered,
        chat: Chat<'a>,
        (prefix, target): (&str, &str),
        from_client: &'t str,
        id: MessageId,
    ) -> CommandResult<'a, Fanout<'t>> {
        let (source, command) = (&speaker.source, chat.command);
        let text = trailing(chat.text);
        let words = format_args!(":{source} {command} {prefix}{target}{text}");
        let line = self.outbox().line_if_fits(words);
        let (time, id) = self.time_and_id_of(id);
        let tags = TagSet {
            time,
            id: Some(id),
            account: speaker.account.as_deref().map(Nick::as_str),
            is_bot: speaker.modes.has('B'),
            from_client,
        };
        Ok(Fanout::new(line.ok_or(Rejection::TooLongToRelay)?, tags))
    }

    /// Sends a message back to its sender, if the sender asked for that. IRCv3 echo-message.
    pub(super) fn echo_message(
        &self,
        speaker: &Person,
        chat: Chat<'_>,
        fanout: &mut Fanout<'_>,
        once: Option<&OnceKey>,
    ) {
        let has = speaker.capabilities;
        if !has.has(Capabilities::ECHO_MESSAGE.with(chat.needs())) {
            return;
        }
        let outbox = &mut self.outbox();
        let line = fanout.variant(has, outbox);
        let line = match once {
            Some(OnceKey { id, .. }) => outbox.with_tags(format_args!(";{ONCE}={id}"), line),
            None => line,
        };
        outbox.send(speaker.id, line);
    }

    /// Sends the away message of a user who gets a message, a `WHOIS` or an `INVITE`.
    pub(super) fn send_away_reply(
        &self,
        to: ConnectionId,
        Registered { nick, away, .. }: &Registered,
    ) {
        if let Some(message) = away {
            self.reply_with(to, Reply::Away, format_args!("{nick} :{message}"));
        }
    }

    pub(super) fn away(
        &mut self,
        from: ConnectionId,
        message: Option<&str>,
    ) -> CommandResult<'static> {
        let bytes_max = self.settings.limits.away_bytes;
        let message = message.map(|message| truncate(message, bytes_max));
        let user = self.people.registered_mut(from)?;
        let is_news = user.away.as_deref() != message;
        user.away = message.map(Into::into);
        if is_news {
            let line = self.away_line(self.people.registered(from)?);
            self.broadcast_to_peers(from, Capabilities::AWAY_NOTIFY, line, None);
        }
        self.reply(from, message.map_or(Reply::Unaway, |_| Reply::NowAway));
        Ok(())
    }

    /// Why the modes and bans of a room do not let this user talk in it; `None` if they do.
    pub(super) fn send_refusal(
        &self,
        speaker: &Registered,
        member: Option<&RoomMember>,
        room: &Room,
        text: Option<&str>,
    ) -> Option<SendRefusal> {
        let has_voice = member.is_some_and(RoomMember::has_voice);
        if member.is_none() && room.modes.has('n') {
            return Some(SendRefusal::NotMember);
        }
        if !has_voice && room.modes.has('m') {
            return Some(SendRefusal::Moderated);
        }
        if !has_voice && let Some(why) = self.account_or_wait(speaker, member, room, text) {
            return Some(why);
        }
        if room.modes.has('C') && text.is_some_and(is_ctcp) {
            return Some(SendRefusal::Ctcp);
        }
        let is_muted = || self.compare_user(speaker, |source| room.is_muted(source));
        (!has_voice && is_muted()).then_some(SendRefusal::Banned)
    }

    /// Why the modes `M` and `W` do not let a user without voice talk.
    fn account_or_wait(
        &self,
        speaker: &Registered,
        member: Option<&RoomMember>,
        room: &Room,
        text: Option<&str>,
    ) -> Option<SendRefusal> {
        if room.modes.has('M') && speaker.account.is_none() && self.accounts.is_some() {
            return Some(SendRefusal::NoAccount);
        }
        let (throttle, member) = (room.throttle.as_ref()?, member.filter(|_| text.is_some())?);
        let seconds = throttle.wait_of(member.id, self.now.running)?;
        Some(SendRefusal::TooSoon(seconds))
    }
}

/// Whether the sender of a `NOTICE` gets this error.
fn is_sent_for_notice(rejection: Rejection<'_>) -> bool {
    matches!(
        rejection,
        Rejection::TooLongToRelay
            | Rejection::NotStored(..)
            | Rejection::StoreStalled(..)
            | Rejection::Once(..)
    )
}

/// The client-only tags, each after a semicolon, for appending to other tags. Of several with one
/// name the last counts. IRCv3 message-tags, "Rules for naming message tags".
pub(super) fn relayed(tags: Tags<'_>) -> String {
    let mut seen = BTreeSet::new();
    let all = tags.iter().rev();
    let kept: Vec<_> = all
        .filter(|(key, _)| is_client_only(key) && seen.insert(*key))
        .collect();
    let mut text = String::new();
    for (key, value) in kept.into_iter().rev() {
        let sign = if value.is_empty() { "" } else { "=" };
        text.extend([";", key, sign, value]);
    }
    text
}

/// Whether clients may send this tag to each other: `+` and a valid name. IRCv3 message-tags,
/// "Format".
fn is_client_only(key: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-/.".contains(&byte);
    let name = key.strip_prefix('+');
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(fits))
}

/// Whether a text is a CTCP request; `ACTION` counts as ordinary text.
fn is_ctcp(text: &str) -> bool {
    text.starts_with('\u{1}') && !text.starts_with("\u{1}ACTION ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    #[test]
    fn of_the_tags_of_a_client_those_for_others_are_relayed_and_each_name_once() {
        for (sent, kept) in [
            (
                "@+x=y\\:;msgid=forged;+z;+=1;+\u{1b}=2;time=3 TAGMSG d",
                ";+x=y\\:;+z",
            ),
            ("@+x=1;+y;+x=2 TAGMSG d", ";+y;+x=2"),
            ("@+x=1;+x TAGMSG d", ";+x"),
            ("TAGMSG d", ""),
        ] {
            assert_eq!(relayed(Message::parse(sent).unwrap().tags), kept, "{sent}");
        }
    }
}
