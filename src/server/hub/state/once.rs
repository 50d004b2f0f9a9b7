//! The table of the ids that clients have given to their messages, those that wait for the store
//! included.
//!
//! It is bounded in time, in total, and for each user, so that one who sends much does not displace
//! the ids of others. It knows since when it has all ids: an older message that is not in it may have
//! been sent before. That time is one for all users, since a user may come back under another host.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::server::hub::once::{OnceKey, StoredOnce, hash};
use crate::server::hub::stored::MessageId;
use crate::wire::FoldedName;

/// The bounds of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) struct OnceBounds {
    /// How long an id is kept, in milliseconds.
    pub(in crate::server::hub) window: u64,
    /// The largest number of ids.
    pub(in crate::server::hub) total: usize,
    /// The largest number of ids of one user.
    pub(in crate::server::hub) per_user: usize,
}

/// The user who has sent a message: an account, or a host without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::server::hub) struct OnceSender {
    hash: u64,
    has_account: bool,
}

impl OnceSender {
    /// The sender with this `nick!user@host` and account, which is empty without one.
    pub(in crate::server::hub) fn of(source: &str, account: &str) -> Self {
        let has_account = !account.is_empty();
        let host = source.rsplit('@').next().unwrap_or_default();
        let name = if has_account { account } else { host };
        Self {
            hash: hash([&FoldedName::folded(name)]),
            has_account,
        }
    }

    /// Whether both can be one user: a guest may log in between two messages.
    fn can_be(self, other: Self) -> bool {
        !(self.has_account && other.has_account) || self == other
    }
}

/// The meaning of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) enum OnceMatch {
    /// The message is new.
    New,
    /// It was sent before, and has this id of the server.
    Repeated(MessageId),
    /// The id is that of another message.
    Reused,
    /// It may have been sent before.
    Expired,
}

/// The ids.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct OnceTable {
    /// The messages in their order.
    messages: BTreeMap<MessageId, OnceEntry>,
    /// The message with an id, by its hash: ids are random. It is never iterated.
    by_id: HashMap<u64, MessageId>,
    /// It is never iterated.
    senders: HashMap<OnceSender, VecDeque<MessageId>>,
    /// Ids of messages up to this time may be missing, in Unix milliseconds.
    complete_since: u64,
}

#[derive(Debug)]
struct OnceEntry {
    id: u64,
    content: u64,
    sender: OnceSender,
}

impl OnceTable {
    /// An empty table in which ids of messages up to this time may be missing.
    pub(in crate::server::hub) fn since(complete_since: u64) -> Self {
        Self {
            complete_since,
            ..Self::default()
        }
    }

    /// Adds an id from the store; they come in the order of their messages.
    pub(in crate::server::hub) fn load(&mut self, stored: &StoredOnce, bounds: OnceBounds) {
        let sender = OnceSender::of(&stored.source, &stored.account);
        self.insert(stored.message, &stored.key, sender, bounds);
    }

    /// The meaning of an id that a user sends at a time in Unix milliseconds, with the time of the
    /// first attempt if there was one.
    ///
    /// A message whose first attempt is later than now, as after the clock was set back and the server
    /// started again, is not taken: its own time would be before that attempt, and when its id is
    /// displaced, only that time tells which ids may be missing.
    pub(in crate::server::hub) fn find(
        &self,
        key: &OnceKey,
        sender: OnceSender,
        (now, first_sent): (u64, Option<u64>),
        window: u64,
    ) -> OnceMatch {
        let message = self.by_id.get(&hash([&key.id]));
        let found = message.and_then(|message| Some((message, self.messages.get(message)?)));
        if let Some((message, entry)) = found {
            return match entry.content == key.content && entry.sender.can_be(sender) {
                true => OnceMatch::Repeated(*message),
                false => OnceMatch::Reused,
            };
        }
        let since = self.complete_since.max(now.saturating_sub(window));
        match first_sent {
            Some(time) if time <= since || time > now => OnceMatch::Expired,
            _ => OnceMatch::New,
        }
    }

    /// Adds the id of a message, which has the largest id of the server.
    pub(in crate::server::hub) fn insert(
        &mut self,
        message: MessageId,
        key: &OnceKey,
        sender: OnceSender,
        bounds: OnceBounds,
    ) {
        let oldest = message.unix_milliseconds().saturating_sub(bounds.window);
        while let Some((first, _)) = self.messages.first_key_value()
            && first.unix_milliseconds() < oldest
        {
            self.remove(*first);
        }
        let own = self.senders.get(&sender);
        let own = own.filter(|own| own.len() >= bounds.per_user);
        let surplus = match own.and_then(VecDeque::front) {
            Some(first) => Some(*first),
            None if self.messages.len() >= bounds.total => self.messages.keys().next().copied(),
            None => None,
        };
        if let Some(first) = surplus {
            self.complete_since = self.complete_since.max(first.unix_milliseconds());
            self.remove(first);
        }
        let id = hash([&key.id]);
        let entry = OnceEntry {
            id,
            content: key.content,
            sender,
        };
        self.messages.insert(message, entry);
        self.by_id.insert(id, message);
        self.senders.entry(sender).or_default().push_back(message);
    }

    /// Removes the id of a message, which is too old or was not stored.
    pub(in crate::server::hub) fn remove(&mut self, message: MessageId) {
        let Some(OnceEntry { id, sender, .. }) = self.messages.remove(&message) else {
            return;
        };
        if self.by_id.get(&id) == Some(&message) {
            self.by_id.remove(&id);
        }
        if let Some(own) = self.senders.get_mut(&sender) {
            if let Ok(place) = own.binary_search(&message) {
                own.remove(place);
            }
            if own.is_empty() {
                self.senders.remove(&sender);
            }
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.messages.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: OnceBounds = OnceBounds {
        window: 1_000,
        total: 4,
        per_user: 2,
    };

    fn key(id: &str) -> OnceKey {
        OnceKey::new(id, "PRIVMSG", "#dev", "hello")
    }

    fn at(milliseconds: u64) -> MessageId {
        MessageId::range_at(milliseconds).0
    }

    fn sender(host: &str) -> OnceSender {
        OnceSender::of(&format!("n!u@{host}"), "")
    }

    #[test]
    fn an_id_is_known_until_its_window_is_over_and_then_neither_known_nor_new() {
        let mut table = OnceTable::since(10);
        let a = sender("a");
        let find = |table: &OnceTable, id: &str, now, first| {
            table.find(&key(id), a, (now, first), BOUNDS.window)
        };
        assert_eq!(find(&table, "x", 500, None), OnceMatch::New);
        assert_eq!(find(&table, "x", 500, Some(10)), OnceMatch::Expired);
        assert_eq!(find(&table, "x", 500, Some(11)), OnceMatch::New);
        assert_eq!(find(&table, "x", 500, Some(500)), OnceMatch::New);
        // The clock was set back.
        assert_eq!(find(&table, "x", 500, Some(501)), OnceMatch::Expired);
        table.insert(at(500), &key("x"), a, BOUNDS);
        assert_eq!(find(&table, "x", 900, None), OnceMatch::Repeated(at(500)));
        table.insert(at(1_500), &key("y"), a, BOUNDS);
        assert_eq!(
            find(&table, "x", 1_500, Some(500)),
            OnceMatch::Repeated(at(500))
        );
        table.insert(at(1_501), &key("z"), a, BOUNDS);
        assert_eq!(find(&table, "x", 1_501, Some(500)), OnceMatch::Expired);
        assert_eq!(find(&table, "x", 1_501, Some(502)), OnceMatch::New);
        table.remove(at(1_501));
        assert_eq!(find(&table, "z", 1_501, Some(1_501)), OnceMatch::New);
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn an_id_of_another_text_or_account_is_reused_and_a_guest_may_log_in() {
        let mut table = OnceTable::default();
        let source = "n!u@host";
        let [guest, account, other] = ["", "Alice", "bob"].map(|one| OnceSender::of(source, one));
        table.insert(at(5), &key("x"), account, BOUNDS);
        let find = |key: OnceKey, sender| table.find(&key, sender, (5, None), BOUNDS.window);
        assert_eq!(find(key("x"), guest), OnceMatch::Repeated(at(5)));
        let spelled = OnceSender::of("m!v@elsewhere", "ALICE");
        assert_eq!(find(key("x"), spelled), OnceMatch::Repeated(at(5)));
        assert_eq!(find(key("x"), other), OnceMatch::Reused);
        let text = OnceKey::new("x", "PRIVMSG", "#dev", "another");
        assert_eq!(find(text, account), OnceMatch::Reused);
        let target = OnceKey::new("x", "PRIVMSG", "#devx", "hello");
        assert_eq!(find(target, account), OnceMatch::Reused);
    }

    #[test]
    fn one_user_displaces_only_its_own_ids_until_the_table_is_full() {
        let mut table = OnceTable::default();
        for (time, id, host) in [(1, "1", "a"), (2, "2", "b"), (3, "3", "a"), (4, "4", "a")] {
            table.insert(at(time), &key(id), sender(host), BOUNDS);
        }
        let find = |table: &OnceTable, id: &str, host: &str, time| {
            table.find(&key(id), sender(host), (9, Some(time)), BOUNDS.window)
        };
        assert_eq!(find(&table, "1", "a", 1), OnceMatch::Expired);
        assert_eq!(find(&table, "other", "a", 2), OnceMatch::New);
        // Under another host, it can be the user who was displaced.
        assert_eq!(find(&table, "1", "b", 1), OnceMatch::Expired);
        assert_eq!(find(&table, "2", "b", 2), OnceMatch::Repeated(at(2)));
        for (time, id, host) in [(5, "5", "c"), (6, "6", "d")] {
            table.insert(at(time), &key(id), sender(host), BOUNDS);
        }
        assert_eq!(table.len(), 4);
        assert_eq!(find(&table, "2", "b", 2), OnceMatch::Expired);
        assert_eq!(find(&table, "other", "e", 2), OnceMatch::Expired);
        assert_eq!(find(&table, "other", "e", 3), OnceMatch::New);
        assert_eq!(find(&table, "3", "a", 3), OnceMatch::Repeated(at(3)));
    }
}
