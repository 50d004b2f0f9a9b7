//! Deletes stored messages: REDACT. IRCv3 draft/message-redaction.
//!
//! The message is read from the store first, since only that knows its author. The deletion is a
//! record like a message: no one sees it before it is on disk.

use super::history::FoundBuffer;
use crate::server::hub::error::RedactionFault;
use crate::server::hub::limits::truncate;
use crate::server::hub::replies::trailing;
use crate::server::hub::state::pending_history::{
    HistoryPurpose, PendingHistory, PendingRedaction,
};
use crate::server::hub::stored::{
    HistoryLine, HistoryPage, HistoryQuery, HistoryWanted, MessageId, Redaction, StoreState,
    StoredKind, StoredRecord,
};
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, Registered, Rejection, RoomMember, Work,
};
use crate::wire::{FoldedName, Nick};

impl Hub {
    pub(super) fn redact<'a>(
        &mut self,
        from: ConnectionId,
        target: &'a str,
        msgid: &'a str,
        reason: Option<&'a str>,
    ) -> CommandResult<'a> {
        let Some(store) = self.store else {
            return Err(Rejection::UnknownCommand("REDACT"));
        };
        self.people.registered(from)?;
        let rejected = |fault| Rejection::Redaction(target, fault);
        let found = self.buffer_with_history(from, target);
        let (buffer, conversation): FoundBuffer =
            found.ok_or(rejected(RedactionFault::InvalidTarget))?;
        let id = store.tag.read_id(msgid);
        let id = id.filter(|id| (1..=self.messages).contains(&id.0));
        let (Some(buffer), Some(id)) = (buffer, id) else {
            return Err(rejected(RedactionFault::UnknownMessage(msgid)));
        };
        // It goes to the members with the answer, which has no charge of its own.
        let room = self.rooms.by_name(target);
        self.charge(
            Work::Delivery,
            room.map_or(1, |room| 2 * room.members.len()),
        );
        let reason = reason.map(|reason| truncate(reason, self.settings.limits.reason_bytes));
        let query = HistoryQuery {
            connection: from,
            after: MessageId(id.0 - 1),
            before: MessageId(id.0 + 1),
            count: 1,
            with_events: true,
            wanted: HistoryWanted::First(buffer.clone()),
        };
        let redaction = PendingRedaction {
            buffer,
            msgid: msgid.to_owned(),
            reason: reason.map(str::to_owned),
        };
        let pending = PendingHistory {
            purpose: HistoryPurpose::Redaction(redaction),
            target: Some(target.to_owned()),
            conversation,
            label: None,
        };
        self.read_history(query, pending);
        Ok(())
    }

    /// Deletes the message that was read, if its reader may do that.
    pub(super) fn redaction_read(
        &mut self,
        from: ConnectionId,
        (target, label): (&str, Option<&str>),
        redaction: PendingRedaction,
        page: HistoryPage,
    ) {
        self.outbox().begin_responses();
        if let Err(fault) = self.redact_line(from, target, &redaction, page) {
            self.send_rejection(from, Rejection::Redaction(target, fault));
        }
        let has_other_ending = self.outbox().begin_other_ending();
        if let Some(label) = label {
            self.label_endings(self.labeled_before(from, label), has_other_ending);
        }
    }

    fn redact_line<'r>(
        &self,
        from: ConnectionId,
        target: &str,
        redaction: &'r PendingRedaction,
        page: HistoryPage,
    ) -> Result<(), RedactionFault<'r>> {
        let PendingRedaction {
            buffer,
            msgid,
            reason,
        } = redaction;
        let HistoryPage::Lines(lines, _) = page else {
            return Err(RedactionFault::Unavailable(msgid));
        };
        let can_end =
            |line: &&HistoryLine| line.kind.is_message() || line.kind == StoredKind::Tagmsg;
        let line = lines.first().filter(can_end);
        let line = line.ok_or(RedactionFault::UnknownMessage(msgid))?;
        // The user may have left the room since.
        let found = self.buffer_with_history(from, target);
        let is_same = found.is_some_and(|(found, _)| found.as_ref() == Some(buffer));
        let user = self.people.registered(from).ok().filter(|_| is_same);
        let user = user.ok_or(RedactionFault::InvalidTarget)?;
        let room = self.rooms.by_name(target);
        let member = room.and_then(|room| self.member(from, room));
        let is_operator = member.is_some_and(|member: &RoomMember| member.operator);
        if !is_operator {
            if !is_own(user, line) {
                return Err(RedactionFault::Forbidden(msgid));
            }
            let seconds = self.settings.limits.redact_seconds;
            let age = self
                .unix_milliseconds()
                .saturating_sub(line.id.unix_milliseconds());
            if age > 1_000 * u64::from(seconds) {
                return Err(RedactionFault::WindowExpired(msgid, seconds));
            }
        }
        let store = self.store.map(|store| store.state);
        if store != Some(StoreState::Ready) {
            return Err(RedactionFault::Unavailable(msgid));
        }
        self.send_redaction(from, user, target, redaction);
        let otherwise = Rejection::Redaction(target, RedactionFault::Unavailable(msgid));
        let otherwise = self.rejection_line(from, otherwise);
        let record = StoredRecord::Redaction(Redaction {
            buffer: buffer.clone(),
            id: line.id,
            source: user.source.clone(),
            account: user.account.as_deref().map_or("", Nick::as_str).into(),
            time: self.unix_milliseconds(),
            reason: reason.as_deref().unwrap_or_default().into(),
        });
        self.outbox().store(record, 0, (from, otherwise));
        Ok(())
    }

    /// Sends a redaction to those who have got the message and know redactions, its author included.
    fn send_redaction(
        &self,
        from: ConnectionId,
        user: &Registered,
        target: &str,
        redaction: &PendingRedaction,
    ) {
        let source = &user.source;
        let reason = trailing(redaction.reason.as_deref());
        let room = self.rooms.by_name(target);
        let other = self.people.find(target).ok();
        let shown = match (room, other) {
            (Some(room), _) => room.name.as_str(),
            (None, Some((_, other))) => other.nick.as_str(),
            (None, None) => target,
        };
        let words = format_args!(":{source} REDACT {shown} {}{reason}", redaction.msgid);
        let mut fanout = self.user_fanout(user, self.line(words));
        let mut send = |to: ConnectionId| {
            let has = self.capabilities(to);
            if has.has(Capabilities::MESSAGE_REDACTION) {
                fanout.send(to, has, &mut self.outbox());
            }
        };
        match room {
            Some(room) => room.members.iter().for_each(|member| send(member.id)),
            None => {
                let other = other.map(|(person, _)| person.id);
                other
                    .filter(|other| *other != from)
                    .into_iter()
                    .for_each(&mut send);
                send(from);
            }
        }
    }

    /// The time of the current step, in Unix milliseconds.
    pub(super) fn unix_milliseconds(&self) -> u64 {
        u64::try_from(self.now.unix.as_millis()).unwrap_or_default()
    }
}

/// Whether a user has written a message. Without an account, the same nick must be on the connection
/// since then.
fn is_own(user: &Registered, line: &HistoryLine) -> bool {
    match (user.account.as_deref(), line.account.as_str()) {
        (Some(own), author) if !author.is_empty() => FoldedName::same(own.as_str(), author),
        (_, "") => {
            let signed_on = u64::try_from(user.signed_on.as_millis()).unwrap_or(u64::MAX);
            *user.source == *line.source && signed_on <= line.id.unix_milliseconds()
        }
        _ => false,
    }
}
