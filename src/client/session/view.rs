//! Read access of other parts to a session: the prompt, completion, highlighting and the control
//! socket.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::{CloseReason, Phase, Session, UpstreamStatus};
use crate::client::command::completion::CompletionNames;
use crate::client::event::{RoomSummary, Unread};

/// Why the members of a room are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum MembersError {
    /// The session is in no room.
    NoRoom,
    /// The session is not in this room.
    NotInRoom(String),
    /// The server has not been asked for the members of this room.
    NotListed(String),
}

impl fmt::Display for MembersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("This session is in no room."),
            Self::NotInRoom(room) => write!(f, "This session is not in {room}."),
            Self::NotListed(room) => write!(
                f,
                "The members of {room} are not known until it is the active room: this server does \
                 not list them at a join."
            ),
        }
    }
}

impl std::error::Error for MembersError {}

impl Session {
    /// Whether the session is registered and everything the server does after registration is done.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether the last line of the server was replayed history.
    pub(in crate::client) fn is_replay(&self) -> bool {
        self.link.replay.is_current
    }

    /// When the last line of a bouncer that plays back was seen, in Unix milliseconds.
    pub(in crate::client) fn last_seen(&self) -> Option<i64> {
        self.playback.seen()
    }

    /// Whether the session has ended.
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// The status of the session, in words, for the list of networks.
    pub(in crate::client) fn status(&self, elapsed: Duration) -> String {
        if let (Phase::Ready { .. }, Some(state)) = (self.phase, &self.upstream_state)
            && state.status != UpstreamStatus::Connected
        {
            return state.to_string();
        }
        match (self.phase, &self.link.refusal) {
            (Phase::Ready { .. }, _) => match self.rooms.iter().count() {
                1 => "connected, 1 room".to_owned(),
                count => format!("connected, {count} rooms"),
            },
            (Phase::Leaving { .. } | Phase::Ended, _) => "leaving".to_owned(),
            (_, Some(refusal)) => format!("not connected: {refusal}"),
            (Phase::Offline, None) => self
                .offline_note(elapsed)
                .unwrap_or_else(|| "connecting".to_owned()),
            _ => "connecting".to_owned(),
        }
    }

    /// Why no attempt to connect follows by itself, if that is so.
    pub(in crate::client) fn refusal(&self) -> Option<&CloseReason> {
        self.link.refusal.as_ref()
    }

    /// Whether the session goes on when the first connection fails.
    pub(in crate::client) fn is_persistent(&self) -> bool {
        self.settings.persistent
    }

    /// Another password of the server, for the next connection.
    pub(in crate::client) fn set_password(&mut self, password: String) {
        self.settings.password = Some(password);
    }

    /// Another password of the account, for the next connection.
    pub(in crate::client) fn set_account_password(&mut self, password: String) {
        if let Some(account) = &mut self.settings.account {
            account.password = Some(password);
        }
    }

    /// Another network becomes active, or this one again. In the background all messages are unread.
    pub(in crate::client) fn set_background(&mut self, is_background: bool) {
        self.rooms.set_background(is_background);
    }

    /// The rooms that the user is in, in the order of their numbers.
    pub(in crate::client) fn room_summaries(&self) -> Vec<RoomSummary> {
        let active = self.active_room();
        let rooms = self.rooms.iter().map(|room| RoomSummary {
            name: room.name.clone(),
            number: room.number,
            people: match room.names_requested {
                true => room.members().count(),
                false => 0,
            },
            unread: room.unread,
            active: active == Some(&room.name),
            topic: String::new(),
        });
        rooms.collect()
    }

    /// The name of the room with this number.
    pub(super) fn numbered_room(&self, number: u32) -> Option<&str> {
        let room = self.rooms.numbered(number)?;
        Some(&room.name)
    }

    /// Reserves numbers for the rooms that are joined first.
    pub(super) fn reserve_room_numbers(&mut self) {
        let count = self.settings.rooms.len().max(1);
        self.rooms.reserve_numbers(count);
    }

    /// The numbers of the rooms, and the reserved ones.
    pub(super) fn room_numbers(&self) -> impl Iterator<Item = u32> {
        self.rooms.numbers()
    }

    /// Counts the rooms that came and went.
    pub(super) fn numbers_changed(&self) -> u64 {
        self.rooms.numbers_changed
    }

    /// Rooms of other networks have these numbers.
    pub(super) fn set_numbers_elsewhere(&mut self, numbers: BTreeSet<u32>) {
        self.rooms.numbers_elsewhere = numbers;
    }

    /// The name of a room that the user is in, for a name in any letter case.
    pub(super) fn joined_name(&self, name: &str) -> Option<String> {
        self.rooms.get(name).map(|room| room.name.clone())
    }

    /// The room with the most mentions, or else the first one with unread messages.
    pub(super) fn most_unread(&self) -> Option<(String, Unread)> {
        let name = self.rooms.most_unread()?;
        let unread = self.rooms.get(name)?.unread;
        Some((name.to_owned(), unread))
    }

    /// The user has entered something: the mentions before it are seen.
    pub(super) fn note_input(&mut self) {
        self.attention.highlight_count = 0;
    }

    /// Whether `QUIT` is sent or the session has ended.
    pub fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving { .. } | Phase::Ended)
    }

    /// The room that typed text goes to.
    pub fn active_room(&self) -> Option<&str> {
        self.rooms.active().map(|room| room.name.as_str())
    }

    /// Makes a room the active one. False if the user is not in it.
    pub(in crate::client) fn show_room(&mut self, name: &str) -> bool {
        let is_in = self.rooms.get(name).is_some();
        if is_in {
            self.rooms.request_active(name, None);
        }
        is_in
    }

    /// Where typed text goes, for the prompt: the active room, or the room that the user was
    /// removed from. In that case nothing is sent until the user chooses a room.
    pub(in crate::client) fn prompt_location(&self) -> Option<Cow<'_, str>> {
        let gone = || Some(Cow::Owned(format!("{} gone", self.rooms.left_room()?)));
        self.active_room().map(Cow::Borrowed).or_else(gone)
    }

    /// The note in the prompt about a lost connection; `None` while there is one.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn offline_note(&self, elapsed: Duration) -> Option<String> {
        /// A shorter wait is over before anyone has read how long it is.
        const SHOWN_SECONDS_MIN: u64 = 5;
        if !self.is_lasting() || self.is_ready() || self.is_leaving() {
            return None;
        }
        if !self.link.was_registered && self.link.refusal.is_none() && self.link.retry_at.is_none()
        {
            return Some("connecting".to_owned());
        }
        let wait = self.link.retry_at.map(|at| at.saturating_sub(elapsed));
        let seconds = wait.map_or(0, |wait| wait.as_secs());
        Some(match seconds {
            0..SHOWN_SECONDS_MIN => "offline".to_owned(),
            // In steps, so that the prompt is seldom drawn again.
            seconds => format!("offline, next try in {} s", seconds.next_multiple_of(5)),
        })
    }

    /// The next attempt to connect is at this time.
    pub(in crate::client) fn plan_retry(&mut self, at: Option<Duration>) {
        self.link.retry_at = at;
    }

    /// The unread messages in the rooms that are not active.
    pub fn unread(&self) -> Unread {
        self.rooms.unread()
    }

    /// How many mentions in the active room and whispers there were since the user last typed.
    pub(in crate::client) fn highlight_count(&self) -> u32 {
        self.attention.highlight_count
    }

    /// The names that Tab completes, as far as the session knows them: the nicks of the active
    /// room, the last speakers first; the nicks of the other rooms; the last person who whispered;
    /// and the rooms.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn names(&self) -> CompletionNames {
        let mut nicks = self.rooms.nicks_by_activity(&self.identity.nick);
        let whispered = self.attention.last_whisperer.iter();
        let outsider = whispered.filter(|nick| !nick.is_empty() && !self.rooms.is_visible(nick));
        nicks.extend(outsider.cloned());
        CompletionNames {
            nicks,
            topic: self.rooms.active().and_then(|room| room.topic.clone()),
            rooms: self.rooms.names(),
            other_rooms: self.rooms.known_rooms(),
            aliases: self.settings.aliases.clone(),
            ignored: self
                .attention
                .ignore_list
                .masks()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            ..CompletionNames::default()
        }
    }

    /// The nicks of the members of a room, or of the active one if none is named.
    pub(in crate::client) fn members(
        &self,
        room: Option<&str>,
    ) -> Result<Vec<String>, MembersError> {
        let name = room.or_else(|| self.active_room());
        let name = name.ok_or(MembersError::NoRoom)?;
        let room = self.rooms.get(name);
        let room = room.or_else(|| self.rooms.get(&format!("#{name}")));
        let room = room.ok_or_else(|| MembersError::NotInRoom(name.to_owned()))?;
        if !room.names_requested {
            return Err(MembersError::NotListed(room.name.clone()));
        }
        Ok(room.members().map(|member| member.nick.clone()).collect())
    }

    /// The number that the next message of the user gets.
    pub(in crate::client) fn next_number(&self) -> u64 {
        self.delivery.next_number
    }

    /// Whether messages wait for their delivery, from this number on.
    pub(in crate::client) fn has_messages_from(&self, number: u64) -> bool {
        self.delivery.has_messages_from(number)
    }

    /// The user's nick, as the server knows it.
    pub fn nick(&self) -> &str {
        &self.identity.nick
    }
}
