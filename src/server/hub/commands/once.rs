//! Messages with an id of their client: one that is sent again is not relayed again, and gets the
//! response of the first time. See [`crate::wire::once`].

use super::messages::Chat;
use crate::server::hub::error::OnceFault;
use crate::server::hub::state::once::{OnceBounds, OnceMatch, OnceSender, OnceTable};
use crate::server::hub::stored::{MessageId, OnceKey, StoredOnces};
use crate::server::hub::{Capabilities, CommandResult, Hub, Rejection, Work};
use crate::wire::Nick;
use crate::wire::once::{ONCE, OnceTag};

impl Hub {
    /// Recognizes the ids of these messages from now on.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn once_in(&mut self, stored: &StoredOnces) {
        self.once = OnceTable::since(stored.complete_since);
        let bounds = self.once_bounds();
        for one in &stored.entries {
            self.once.load(one, bounds);
        }
    }

    /// A message was not stored, so its id is free again. The outbox of a step that is released says
    /// when this is the case.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn forget_once(&mut self, message: MessageId) {
        self.once.remove(message);
    }

    /// The id that the client has given to a message to these targets, if it has.
    pub(super) fn once_tag<'a>(
        &self,
        chat: Chat<'a>,
        targets: &'a str,
    ) -> CommandResult<'a, Option<OnceTag<'a>>> {
        if chat.tags.is_empty() || chat.text.is_none() {
            return Ok(None);
        }
        let needed = Capabilities::ONCE.with(Capabilities::MESSAGE_TAGS);
        if self.store.is_none() || !self.capabilities(chat.from).has(needed) {
            return Ok(None);
        }
        let Some(value) = chat.tags.get(ONCE) else {
            return Ok(None);
        };
        let rejected = |fault| Rejection::Once(chat.command, targets, fault);
        let tag = OnceTag::parse(value).ok_or(rejected(OnceFault::Invalid))?;
        match targets.contains(',') {
            true => Err(rejected(OnceFault::SeveralTargets)),
            false => Ok(Some(tag)),
        }
    }

    /// Sends a message with an id to one target, unless it was sent before.
    pub(super) fn send_chat_once<'a>(
        &mut self,
        target: &'a str,
        chat: Chat<'a>,
        tags: &str,
        once: OnceTag<'a>,
    ) -> CommandResult<'a> {
        self.charge(Work::OnceId, 1);
        let key = OnceKey::new(once.id, chat.command, target, chat.text.unwrap_or_default());
        let user = self.people.registered(chat.from)?;
        let account = user.account.as_deref().map_or("", Nick::as_str);
        let sender = OnceSender::of(&user.source, account);
        let last = MessageId(self.messages).unix_milliseconds();
        let now = last.max(self.unix_milliseconds());
        let bounds = self.once_bounds();
        let rejected = |fault| Err(Rejection::Once(chat.command, target, fault));
        match self
            .once
            .find(&key, sender, (now, once.first_sent), bounds.window)
        {
            OnceMatch::New => {}
            OnceMatch::Repeated(message) => {
                return self.repeat_chat(target, chat, tags, (&key, message));
            }
            OnceMatch::Reused => return rejected(OnceFault::Reused),
            OnceMatch::Expired => return rejected(OnceFault::Expired),
        }
        self.count_message();
        self.send_chat_to_target(target, chat, tags, Some(&key))?;
        self.once
            .insert(MessageId(self.messages), &key, sender, bounds);
        Ok(())
    }

    /// Sends the response to a message again. If the message is still on its way to the store, the
    /// response waits for it, and depends on it.
    fn repeat_chat<'a>(
        &self,
        target: &'a str,
        chat: Chat<'a>,
        tags: &str,
        (key, message): (&OnceKey, MessageId),
    ) -> CommandResult<'a> {
        let (person, speaker) = self.people.person(chat.from)?;
        let (prefix, name) = target.split_at(usize::from(target.starts_with(['@', '+'])));
        let shown = match (self.rooms.by_name(name), self.people.find(name)) {
            (Some(room), _) => room.name.as_str(),
            (None, Ok((_, user))) => user.nick.as_str(),
            (None, Err(_)) => name,
        };
        let mut fanout = self.chat_fanout(speaker, chat, (prefix, shown), tags, message)?;
        let first_send = self.outbox().spans().len();
        self.echo_message(person, chat, &mut fanout, Some(key));
        let otherwise = Rejection::NotStored(chat.command, target);
        let otherwise = self.rejection_line(chat.from, otherwise);
        self.outbox()
            .repeat(message, first_send, (chat.from, otherwise));
        Ok(())
    }

    fn once_bounds(&self) -> OnceBounds {
        let limits = &self.settings.limits;
        OnceBounds {
            window: 1_000 * u64::from(limits.once_seconds),
            total: limits.once_ids as usize,
            per_user: limits.once_ids_per_user as usize,
        }
    }
}
