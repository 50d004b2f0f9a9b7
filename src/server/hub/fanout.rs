//! The fan-out of a line: it is written once for each variant that its recipients need.
//!
//! A variant is the set of tags that a recipient asked for, so a room of any size needs at most
//! eight, and four if the sender has no account.

use std::fmt;

use super::stored::{MessageId, StoreTag};
use super::{Capabilities, ConnectionId, HubTime, LineSpan, Outbox, RoomMember};

/// A line that goes to several people, with the variants written so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fanout<'t> {
    /// By variant; `EMPTY` for one that no recipient has needed yet.
    variants: [LineSpan; Capabilities::VARIANTS],
    /// The bits of the capabilities that select a variant.
    bits: usize,
    tags: TagSet<'t>,
}

/// The tags that a line can have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TagSet<'t> {
    /// Time of the event.
    pub(super) time: HubTime,
    /// The message id, for messages that people send.
    pub(super) id: Option<MessageTag>,
    /// The account of the sender. IRCv3 account-tag.
    pub(super) account: Option<&'t str>,
    /// Whether the sender is a bot. IRCv3 bot mode.
    pub(super) is_bot: bool,
    /// Client-only tags of the sender, each after a semicolon.
    pub(super) from_client: &'t str,
}

/// A message id on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum MessageTag {
    /// Without a store: the start of the server, and a count.
    Counted(HubTime, u64),
    /// With a store: its tag, and the id.
    Stored(StoreTag, MessageId),
}

impl fmt::Display for MessageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted(started, count) => write!(f, "{:x}-{count:x}", started.unix.as_nanos()),
            Self::Stored(tag, id) => write!(f, "{tag}-{id}"),
        }
    }
}

impl<'t> Fanout<'t> {
    pub(super) fn new(plain: LineSpan, tags: TagSet<'t>) -> Self {
        let nothing = LineSpan::EMPTY;
        // The variant without tags has index 0.
        let mut variants = [nothing; Capabilities::VARIANTS];
        variants[0] = plain;
        let bits = match tags.account {
            Some(_) => Capabilities::WITH_ACCOUNT,
            None => Capabilities::WITHOUT_ACCOUNT,
        };
        Self {
            variants,
            bits,
            tags,
        }
    }

    /// Sends it to one connection, in the variant for these capabilities.
    #[inline]
    pub(super) fn send(&mut self, to: ConnectionId, has: Capabilities, outbox: &mut Outbox) {
        let line = self.variant(has, outbox);
        outbox.send(to, line);
    }

    /// Sends it to all of these members. The variants they need are written first, so that each
    /// member costs no more than a copy of two numbers.
    pub(super) fn send_all(&mut self, members: &[RoomMember], outbox: &mut Outbox) {
        // No index needs a check when the bits are known at compile time.
        match self.bits {
            Capabilities::WITHOUT_ACCOUNT => {
                self.send_by_bits::<{ Capabilities::WITHOUT_ACCOUNT }>(members, outbox);
            }
            _ => self.send_by_bits::<{ Capabilities::WITH_ACCOUNT }>(members, outbox),
        }
    }

    fn send_by_bits<const BITS: usize>(&mut self, members: &[RoomMember], outbox: &mut Outbox) {
        let bit = |member: &RoomMember| 1_u32 << member.capabilities().variant(BITS);
        let kinds = members.iter().map(bit).fold(0, |all, kind| all | kind);
        if kinds & !1 != 0 {
            for kind in Capabilities::variants().filter(|has| kinds & 1 << has.variant(BITS) != 0) {
                self.variant(kind, outbox);
            }
        }
        let forms @ [plain, ..] = self.variants;
        outbox.send_each(members.iter().map(|member| {
            let form = forms.get(member.capabilities().variant(BITS));
            (member.id, form.copied().unwrap_or(plain))
        }));
    }

    /// The variant for these capabilities.
    #[inline]
    pub(super) fn variant(&mut self, has: Capabilities, outbox: &mut Outbox) -> LineSpan {
        match self.variants.get(has.variant(self.bits)) {
            Some(line) if *line != LineSpan::EMPTY => *line,
            _ => self.write(has, outbox),
        }
    }

    #[cold]
    fn write(&mut self, has: Capabilities, outbox: &mut Outbox) -> LineSpan {
        let tags = self.tags;
        let tags = fmt::from_fn(|f| tags.write(has, f));
        let [plain, ..] = self.variants;
        let line = outbox.with_tags(format_args!("{tags}"), plain);
        if let Some(form) = self.variants.get_mut(has.variant(self.bits)) {
            *form = line;
        }
        line
    }
}

impl TagSet<'_> {
    /// Writes the tags of one variant; nothing if it has none.
    fn write(self, has: Capabilities, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if has.has(Capabilities::SERVER_TIME) {
            write!(f, ";time={}", self.time)?;
        }
        if has.has(Capabilities::ACCOUNT_TAG)
            && let Some(account) = self.account
        {
            write!(f, ";account={}", escaped(account))?;
        }
        if !has.has(Capabilities::MESSAGE_TAGS) {
            return Ok(());
        }
        if let Some(id) = self.id {
            write!(f, ";msgid={id}")?;
        }
        if self.is_bot {
            f.write_str(";bot")?;
        }
        f.write_str(self.from_client)
    }
}

/// An account as the value of a tag: of what names can have, only a backslash has to be escaped. IRCv3
/// message-tags, "Escaping values".
fn escaped(account: &str) -> impl fmt::Display {
    fmt::from_fn(|f| {
        for (place, part) in account.split('\\').enumerate() {
            f.write_str(if place > 0 { "\\\\" } else { "" })?;
            f.write_str(part)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(account: Option<&str>, from_client: &str, sets: &[Capabilities]) -> Vec<String> {
        let mut outbox = Outbox::default();
        let plain = outbox.line(format_args!(":a!b@c PRIVMSG d :e"));
        let time = HubTime::default();
        let mut fanout = Fanout::new(
            plain,
            TagSet {
                time,
                id: Some(MessageTag::Counted(time, 17)),
                account,
                is_bot: false,
                from_client,
            },
        );
        let to = ConnectionId::new(0, 0);
        for has in sets {
            fanout.send(to, *has, &mut outbox);
        }
        let text = |bytes: &[u8]| str::from_utf8(bytes).unwrap().trim_end().to_owned();
        outbox.sends().map(|(_, bytes)| text(bytes)).collect()
    }

    #[test]
    fn each_kind_of_recipient_sees_the_tags_it_asked_for() {
        let line = ":a!b@c PRIVMSG d :e";
        let timed = format!("@time=1970-01-01T00:00:00.000Z {line}");
        let tagged = format!("@msgid=0-11;+x=y\\:;+z {line}");
        let both = format!("@time=1970-01-01T00:00:00.000Z;msgid=0-11;+x=y\\:;+z {line}");
        let (time, tags) = (Capabilities::SERVER_TIME, Capabilities::MESSAGE_TAGS);
        let sets = [Capabilities::NONE, time, tags, time.with(tags), tags, time];
        let sent = forms(None, ";+x=y\\:;+z", &sets);
        let tagged = tagged.as_str();
        assert_eq!(sent, [line, &timed, tagged, &both, tagged, &timed]);
    }

    #[test]
    fn the_account_is_for_those_who_asked_for_it_and_only_if_there_is_one() {
        let line = ":a!b@c PRIVMSG d :e";
        let (account, tags) = (Capabilities::ACCOUNT_TAG, Capabilities::MESSAGE_TAGS);
        let sets = [Capabilities::NONE, account, tags, account.with(tags)];
        let sent = forms(None, "", &sets);
        let tagged = format!("@msgid=0-11 {line}");
        assert_eq!(sent, [line, line, &tagged, &tagged]);
        let sent = forms(Some("a\\b"), "", &sets);
        let named = format!("@account=a\\\\b {line}");
        let both = format!("@account=a\\\\b;msgid=0-11 {line}");
        assert_eq!(sent, [line, &named, &tagged, &both]);
    }
}
