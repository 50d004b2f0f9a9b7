//! Keeps the events of stored rooms (joins, parts, topics, modes), for clients that show them in the
//! history. IRCv3 draft/chathistory, "event-playback".
//!
//! An event is reported in any case: while the store cannot be written, it is only not kept.

use crate::server::hub::buffers::Buffer;
use crate::server::hub::fanout::{Fanout, MessageTag, TagSet};
use crate::server::hub::stored::{MessageId, StoreState, StoredKind, StoredLine, StoredRecord};
use crate::server::hub::{Hub, LineSpan, Registered, Room, Work};
use crate::wire::Nick;

impl Hub {
    /// The id of the next event, if events are kept at the moment.
    pub(in crate::server::hub) fn begin_event(&mut self) -> Option<MessageId> {
        let store = self.store.filter(|_| self.settings.stores_events)?;
        if store.state != StoreState::Ready {
            return None;
        }
        self.count_message();
        Some(MessageId(self.messages))
    }

    /// Prepares the line of an event of a user. With an id, it has that and its time.
    pub(in crate::server::hub) fn event_fanout<'u>(
        &self,
        user: Option<&'u Registered>,
        line: LineSpan,
        event: Option<MessageId>,
    ) -> Fanout<'u> {
        let tags = TagSet {
            time: event.map_or(self.now, |id| self.now.at_unix(id)),
            id: event
                .zip(self.store)
                .map(|(id, store)| MessageTag::Stored(store.tag, id)),
            account: user.and_then(|user| user.account.as_deref().map(Nick::as_str)),
            is_bot: user.is_some_and(|user| user.modes.has('B')),
            from_client: "",
        };
        Fanout::new(line, tags)
    }

    /// Keeps an event of a user in a room, if the room is stored. The text is the end of its line, after
    /// the name of the room if that is in the line.
    pub(in crate::server::hub) fn keep_event(
        &self,
        room: &Room,
        event: Option<MessageId>,
        kind: StoredKind,
        user: &Registered,
        text: &str,
    ) {
        let bot = if user.modes.has('B') { "bot" } else { "" };
        let account = user.account.as_deref().map_or("", Nick::as_str);
        self.keep_event_of(room, event, kind, (&user.source, account, bot), text);
    }

    /// The same with the source of the line, its account and its tags.
    pub(in crate::server::hub) fn keep_event_of(
        &self,
        room: &Room,
        event: Option<MessageId>,
        kind: StoredKind,
        (source, account, tags): (&str, &str, &str),
        text: &str,
    ) {
        let (Some(id), Some(stored)) = (event, self.stored_room(room)) else {
            return;
        };
        self.charge(Work::KeptMask, 1);
        self.outbox().keep(StoredRecord::Line(StoredLine {
            id,
            buffer: Buffer::Room(stored),
            kind,
            source: source.into(),
            account: account.into(),
            tags: tags.into(),
            text: text.into(),
            once: None,
        }));
    }
}
