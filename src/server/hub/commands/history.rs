//! Stored messages for clients: CHATHISTORY. IRCv3 draft/chathistory.
//!
//! A request becomes a task, and the answer to it the response. Until then no further line of the
//! client is handled.

use std::collections::VecDeque;
use std::fmt;

use crate::server::hub::buffers::{Buffer, Conversation, Participant, StoredRoom};
use crate::server::hub::error::HistoryFault;
use crate::server::hub::fanout::{Fanout, MessageTag, TagSet};
use crate::server::hub::multiline::{MultilineMessage, is_multiline};
use crate::server::hub::state::pending_history::{
    HistoryPurpose, PendingConversation, PendingHistory,
};
use crate::server::hub::stored::{
    HistoryLine, HistoryPage, HistoryQuery, HistoryWanted, MessageId, StoreTag, StoredKind,
    first_kept,
};
use crate::server::hub::task::Task;
use crate::server::hub::time::unix_milliseconds;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, LineSpan, Registered, Rejection, Room,
    StoredRooms, Work,
};
use crate::wire::once::ONCE;
use crate::wire::{FoldedName, Nick};

/// The reference of the batch. It ends in the step that begins it, so two are never open.
const BATCH: &str = "history";

/// A place in the history: the ids that it means, of which there are several at one time.
type IdRange = (MessageId, MessageId);
/// Where the messages of a target are, if they are stored, and the users if it is a conversation.
pub(super) type FoundBuffer = (Option<Buffer>, Option<PendingConversation>);

impl Hub {
    pub(super) fn chathistory<'a>(
        &mut self,
        from: ConnectionId,
        subcommand: &'a str,
        parameters: [Option<&'a str>; 4],
    ) -> CommandResult<'a> {
        let Some(store) = self.store else {
            return Err(Rejection::UnknownCommand("CHATHISTORY"));
        };
        self.people.registered(from)?;
        let capitals = subcommand.to_ascii_uppercase();
        let places = match &*capitals {
            "LATEST" | "BEFORE" | "AFTER" | "AROUND" => 1,
            "BETWEEN" | "TARGETS" => 2,
            _ => {
                return Err(Rejection::History(
                    subcommand,
                    HistoryFault::UnknownSubcommand,
                ));
            }
        };
        let mut parameters = parameters.into_iter();
        let mut next = || {
            let next = parameters.next().flatten();
            next.ok_or(Rejection::History(
                subcommand,
                HistoryFault::MissingParameter,
            ))
        };
        let target = match &*capitals {
            "TARGETS" => None,
            _ => Some(next()?),
        };
        let place = |selector| {
            let place = place(store.tag, &capitals, selector);
            place.map_err(|fault| Rejection::History(subcommand, fault))
        };
        let one = place(next()?)?;
        let other = match places {
            2 => place(next()?)?,
            _ => one,
        };
        let limit = next()?;
        let count: u32 = limit
            .parse()
            .map_err(|_| Rejection::History(subcommand, HistoryFault::InvalidParameter(limit)))?;
        let count = count.min(self.settings.limits.history_lines);
        let found = target.map(|target| {
            let found = self.buffer_with_history(from, target);
            found.ok_or(Rejection::History(
                subcommand,
                HistoryFault::InvalidTarget(target),
            ))
        });
        let (buffer, conversation) = found.transpose()?.unwrap_or_default();
        // Nothing after this step, even if the answer comes later.
        let end = MessageId(self.messages + 1);
        let (after, before, is_last) = match &*capitals {
            "LATEST" => (one.1, end, true),
            "BEFORE" => (MessageId::default(), one.0, true),
            "AFTER" => (one.1, end, false),
            "AROUND" => (MessageId::default(), end, false),
            // From the later place to the earlier one, the last messages count.
            _ => (one.min(other).1, one.max(other).0, one > other),
        };
        let wanted = match buffer {
            Some(buffer) if capitals == "AROUND" => HistoryWanted::Around(buffer, one.0),
            Some(buffer) if is_last => HistoryWanted::Last(buffer),
            Some(buffer) => HistoryWanted::First(buffer),
            None if target.is_some() => HistoryWanted::Nothing,
            None => self.targets_with_history(from, end),
        };
        let query = HistoryQuery {
            connection: from,
            after,
            before: before.min(end),
            count,
            with_events: self.shows_events(from),
            wanted,
        };
        let pending = PendingHistory {
            purpose: HistoryPurpose::Request(capitals),
            target: target.map(str::to_owned),
            conversation,
            label: None,
        };
        self.read_history(query, pending);
        Ok(())
    }

    /// Whether a client shows events in the history.
    fn shows_events(&self, id: ConnectionId) -> bool {
        self.capabilities(id).has(Capabilities::EVENT_PLAYBACK)
    }

    /// Has messages read.
    pub(super) fn read_history(&mut self, mut query: HistoryQuery, pending: PendingHistory) {
        let keep_days = self.store.and_then(|store| store.keep_days);
        let now = self.unix_milliseconds();
        // Older ones are deleted by and by.
        let first = first_kept(keep_days, now);
        query.after = query.after.max(MessageId(first.0.saturating_sub(1)));
        self.charge(Work::HistoryRow, query.count as usize);
        let waiting = self.history.entry(query.connection).or_default();
        waiting.push_back(pending);
        self.outbox().tasks.push(Task::ReadHistory(query));
    }

    /// Gives the last messages of a room to a client that has joined it, if it shows their time and
    /// does not ask for them itself.
    pub(super) fn replay_on_join(&mut self, id: ConnectionId, room: u32) {
        let (has, count) = (self.capabilities(id), self.settings.history_on_join);
        let asks_itself = has.has(Capabilities::CHATHISTORY);
        if self.store.is_none() || count == 0 || asks_itself || !has.has(Capabilities::SERVER_TIME)
        {
            return;
        }
        let stored = self.rooms.get(room).and_then(|room| self.stored_room(room));
        let Some(stored) = stored else {
            return;
        };
        let pending = PendingHistory {
            purpose: HistoryPurpose::Join,
            target: Some(stored.name.to_string()),
            conversation: None,
            label: None,
        };
        let query = HistoryQuery {
            connection: id,
            after: MessageId::default(),
            before: MessageId(self.messages + 1),
            count,
            with_events: self.shows_events(id),
            wanted: HistoryWanted::Last(Buffer::Room(stored)),
        };
        self.read_history(query, pending);
    }

    /// The room or conversation with this name, if the user can read its messages.
    pub(super) fn buffer_with_history(
        &self,
        from: ConnectionId,
        target: &str,
    ) -> Option<FoundBuffer> {
        match target.starts_with('#') {
            true => {
                let room = self.room_with_history(from, target);
                room.map(|room| (room, None))
            }
            false => self.conversation_with(from, target),
        }
    }

    /// The room with this name as the store knows it, if the user is in it. `Some(None)` if its
    /// messages are not stored.
    fn room_with_history(&self, from: ConnectionId, name: &str) -> Option<Option<Buffer>> {
        let room = self.rooms.by_name(name)?;
        self.member(from, room)?;
        Some(self.stored_room(room).map(Buffer::Room))
    }

    /// The conversation with the user of this nick or account. `None` if the asker has no account: it
    /// could be any user who has the nick now.
    fn conversation_with(&self, from: ConnectionId, name: &str) -> Option<FoundBuffer> {
        let own = self.people.registered(from).ok()?.account.as_deref()?;
        let (participant, shown) = match self.people.find(name) {
            Ok((_, user)) => (user.participant(), user.nick.to_string()),
            Err(_) => {
                let account = self.accounts.as_ref().and_then(|all| all.find(name));
                let participant = match account {
                    Some(account) => Participant::Account(account.name.clone()),
                    None => Participant::Guest(Nick::parse(name).ok()?),
                };
                let shown = participant.name().to_string();
                (participant, shown)
            }
        };
        let both = Conversation::between(Participant::Account(own.clone()), participant)?;
        let pending = PendingConversation {
            account: own.clone(),
            other: shown,
        };
        Some((Some(Buffer::Conversation(both)), Some(pending)))
    }

    /// The stored rooms that a user is in, and the conversations of its account.
    fn targets_with_history(&self, from: ConnectionId, end: MessageId) -> HistoryWanted {
        let user = self.people.registered(from).ok();
        let rooms = user.into_iter().flat_map(|user| self.rooms_of(user));
        let account = user.and_then(|user| user.account.as_deref());
        HistoryWanted::Targets {
            rooms: rooms
                .filter_map(|(room, _)| self.stored_room(room))
                .collect(),
            account: account.map(|name| name.key().as_str().to_owned()),
            end,
        }
    }

    /// A room as the store knows it; `None` if its messages are not stored.
    pub(super) fn stored_room(&self, room: &Room) -> Option<StoredRoom> {
        let is_lobby = self.is_lobby(room.name.as_str());
        let is_stored = match self.settings.stored_rooms {
            StoredRooms::Lobby => is_lobby,
            StoredRooms::Registered => is_lobby || room.ownership.is_some(),
            StoredRooms::All => true,
        };
        is_stored.then(|| StoredRoom {
            name: room.name.clone(),
            since: match is_lobby {
                true => MessageId::default(),
                false => room.since,
            },
        })
    }

    /// Sends the messages that a request has waited for.
    pub(in crate::server::hub) fn history_read(&mut self, id: ConnectionId, page: HistoryPage) {
        let waiting = self.history.get_mut(&id);
        let Some(pending) = waiting.and_then(VecDeque::pop_front) else {
            return;
        };
        if self.history.get(&id).is_some_and(VecDeque::is_empty) {
            self.history.remove(&id);
        }
        let PendingHistory {
            purpose,
            target,
            conversation,
            label,
        } = pending;
        let (label, target) = (label.as_deref(), target.as_deref().unwrap_or("*"));
        let about = (target, conversation.as_ref());
        let subcommand = match purpose {
            HistoryPurpose::Request(subcommand) => subcommand,
            HistoryPurpose::Redaction(redaction) => {
                return self.redaction_read(id, (target, label), redaction, page);
            }
            HistoryPurpose::Join => {
                if let HistoryPage::Lines(lines, is_end) = page
                    && !lines.is_empty()
                {
                    self.send_lines(id, None, about, &lines, is_end);
                }
                return;
            }
        };
        match page {
            HistoryPage::Lines(lines, is_end) => self.send_lines(id, label, about, &lines, is_end),
            HistoryPage::Targets(targets) => {
                let begin = format_args!("draft/chathistory-targets");
                self.send_batch(id, label, (begin, false), |hub, has| {
                    let lines = targets.iter().map(|(target, last)| {
                        let time = hub.now.at_unix(*last);
                        let name = &hub.settings.name;
                        let words = format_args!(":{name} CHATHISTORY TARGETS {target} {time}");
                        hub.fanout(hub.line(words)).variant(has, &mut hub.outbox())
                    });
                    lines.map(|line| (line, true)).collect()
                });
            }
            HistoryPage::Failed => {
                self.outbox().begin_responses();
                let fault = HistoryFault::Unreadable(target);
                self.send_rejection(id, Rejection::History(&subcommand, fault));
                if let Some(label) = label {
                    self.label_responses(self.labeled_before(id, label));
                }
            }
        }
    }

    /// Sends the messages of a room or of a conversation. Those of the other user are to the client.
    fn send_lines(
        &self,
        to: ConnectionId,
        label: Option<&str>,
        (target, conversation): (&str, Option<&PendingConversation>),
        lines: &[HistoryLine],
        is_end: bool,
    ) {
        let (Some(store), Ok(user)) = (self.store, self.people.registered(to)) else {
            return;
        };
        let begin = format_args!("chathistory {target}");
        self.send_batch(to, label, (begin, is_end), |hub, has| {
            let mut written = Vec::with_capacity(lines.len());
            for line in lines {
                let command = line.kind.command();
                let HistoryLine { source, text, .. } = line;
                let target = match conversation {
                    None => target,
                    Some(both) if FoldedName::same(both.account.as_str(), &line.account) => {
                        &both.other
                    }
                    Some(_) => user.nick.as_str(),
                };
                let sign = if line.tags.is_empty() { "" } else { ";" };
                let from_client = format!("{sign}{}", line.tags);
                let tags = TagSet {
                    time: hub.now.at_unix(line.id),
                    id: Some(MessageTag::Stored(store.tag, line.id)),
                    account: Some(line.account.as_str()).filter(|name| !name.is_empty()),
                    is_bot: false,
                    from_client: &from_client,
                };
                let outbox = &mut hub.outbox();
                if is_multiline(text) {
                    let message = MultilineMessage {
                        source,
                        command,
                        prefix: "",
                        target,
                        text,
                        tags,
                    };
                    let (lines, is_batch) = message.forms().lines(has, outbox);
                    // Of a batch inside of the other, only the beginning is in the other.
                    let lines = lines.into_iter().enumerate();
                    written.extend(lines.map(|(at, line)| (line, !is_batch || at == 0)));
                    continue;
                }
                let words = match line.kind {
                    kind if kind.is_message() => {
                        outbox.line(format_args!(":{source} {command} {target} :{text}"))
                    }
                    StoredKind::Quit | StoredKind::Nick => {
                        outbox.line(format_args!(":{source} {command}{text}"))
                    }
                    _ => outbox.line(format_args!(":{source} {command} {target}{text}")),
                };
                let words = Fanout::new(words, tags).variant(has, outbox);
                let needed = Capabilities::ONCE.with(Capabilities::MESSAGE_TAGS);
                let words = match &line.once {
                    // Its author finds out by it which messages have arrived.
                    Some(id) if has.has(needed) && is_author(user, line) => {
                        outbox.with_tags(format_args!(";{ONCE}={id}"), words)
                    }
                    _ => words,
                };
                written.push((words, true));
            }
            written
        });
    }

    /// Sends lines as a batch, or without one to a client that knows no batches. With each line comes
    /// whether it is in this batch, and not in one inside of it.
    fn send_batch(
        &self,
        to: ConnectionId,
        label: Option<&str>,
        (begin, is_end): (fmt::Arguments<'_>, bool),
        lines: impl FnOnce(&Self, Capabilities) -> Vec<(LineSpan, bool)>,
    ) {
        let (has, name) = (self.capabilities(to), &self.settings.name);
        let has_batches = has.has(Capabilities::BATCH);
        let own_line = |words: fmt::Arguments<'_>| {
            let mut fanout = self.fanout(self.line(words));
            fanout.variant(has, &mut self.outbox())
        };
        if has_batches {
            let mut line = own_line(format_args!(":{name} BATCH +{BATCH} {begin}"));
            let outbox = &mut self.outbox();
            if is_end && has.has(Capabilities::MESSAGE_TAGS) {
                line = outbox.with_tags(format_args!(";draft/chathistory-end"), line);
            }
            if let Some(label) = label {
                line = outbox.with_tags(format_args!(";label={label}"), line);
            }
            outbox.send(to, line);
        }
        for (line, is_in_batch) in lines(self, has) {
            let outbox = &mut self.outbox();
            let line = match has_batches && is_in_batch {
                true => outbox.with_tags(format_args!(";batch={BATCH}"), line),
                false => line,
            };
            outbox.send(to, line);
        }
        if has_batches {
            let end = own_line(format_args!(":{name} BATCH -{BATCH}"));
            self.outbox().send(to, end);
        }
    }
}

/// Whether a user can have written a message. An id of a client is of no use to others, so the same
/// nick, user and host are enough for a guest, who may have reconnected.
fn is_author(user: &Registered, line: &HistoryLine) -> bool {
    match line.account.as_str() {
        "" => *user.source == *line.source,
        author => {
            let own = user.account.as_deref().map(Nick::as_str);
            own.is_some_and(|own| FoldedName::same(own, author))
        }
    }
}

/// The place that a selector means.
fn place<'a>(
    tag: StoreTag,
    subcommand: &str,
    selector: &'a str,
) -> Result<IdRange, HistoryFault<'a>> {
    if selector == "*" && subcommand == "LATEST" {
        return Ok(IdRange::default());
    }
    let place = match selector.split_once('=') {
        Some(("timestamp", time)) => unix_milliseconds(time).map(MessageId::range_at),
        Some(("msgid", id)) if subcommand != "TARGETS" => tag.read_id(id).map(|id| (id, id)),
        _ => return Err(HistoryFault::InvalidReference(selector)),
    };
    place.ok_or(HistoryFault::InvalidParameter(selector))
}
