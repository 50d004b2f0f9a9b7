//! One line for many people: written once for each kind of recipient, and only for those kinds
//! that are met. What makes a kind is which tags they asked for.

use std::fmt;

use super::{Capabilities, ConnectionId, Member, Moment, Outbox, Written};

/// A line that is told to people, in the forms written so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'t> {
    /// By kind; nothing stands in the place of one that was not needed yet.
    forms: [Written; Capabilities::KINDS],
    tags: Tagged<'t>,
}

/// What can stand before a line as its tags.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tagged<'t> {
    /// When it happened.
    pub(super) time: Moment,
    /// Which message it is, for messages that people send: when the server started, and a count.
    pub(super) id: Option<(Moment, u64)>,
    /// Whether a program speaks. IRCv3 bot mode.
    pub(super) is_bot: bool,
    /// What the sender put there, each behind a semicolon.
    pub(super) from_client: &'t str,
}

impl<'t> Told<'t> {
    pub(super) fn tagged(plain: Written, tags: Tagged<'t>) -> Self {
        let nothing = Written::NOTHING;
        // Those who asked for no tags are the first kind.
        let forms = [plain, nothing, nothing, nothing];
        Self { forms, tags }
    }

    /// Sends it to somebody, in the form for whoever has these capabilities.
    #[inline]
    pub(super) fn send(&mut self, to: ConnectionId, has: Capabilities, outbox: &mut Outbox) {
        let line = self.form(has, outbox);
        outbox.send(to, line);
    }

    /// Sends it to all of these. The forms that are needed are written first, so that what is done
    /// for each of them is nothing but copying two numbers.
    pub(super) fn send_all(&mut self, members: &[Member], outbox: &mut Outbox) {
        let bit = |member: &Member| 1 << member.capabilities.kind();
        let kinds = members.iter().map(bit).fold(0, |all, kind| all | kind);
        let plain_only = 1 << Capabilities::NONE.kind();
        if kinds | plain_only != plain_only {
            for kind in Capabilities::kinds().filter(|has| kinds & 1 << has.kind() != 0) {
                self.form(kind, outbox);
            }
        }
        let forms @ [plain, ..] = self.forms;
        outbox.send_each(members.iter().map(|member| {
            let form = forms.get(member.capabilities.kind());
            (member.id, form.copied().unwrap_or(plain))
        }));
    }

    /// The form for whoever has these capabilities.
    #[inline]
    pub(super) fn form(&mut self, has: Capabilities, outbox: &mut Outbox) -> Written {
        match self.forms.get(has.kind()) {
            Some(line) if *line != Written::NOTHING => *line,
            _ => self.write(has, outbox),
        }
    }

    #[cold]
    fn write(&mut self, has: Capabilities, outbox: &mut Outbox) -> Written {
        let tags = self.tags;
        let tags = fmt::from_fn(|f| tags.write(has, f));
        let [plain, ..] = self.forms;
        let line = outbox.with_tags(format_args!("{tags}"), plain);
        if let Some(form) = self.forms.get_mut(has.kind()) {
            *form = line;
        }
        line
    }
}

impl Tagged<'_> {
    /// Writes the tags that one kind of recipient sees; nothing when there are none for it.
    fn write(self, has: Capabilities, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if has.has(Capabilities::SERVER_TIME) {
            write!(f, ";time={}", self.time)?;
        }
        if !has.has(Capabilities::MESSAGE_TAGS) {
            return Ok(());
        }
        if let Some((started, count)) = self.id {
            write!(f, ";msgid={:x}-{count:x}", started.unix.as_nanos())?;
        }
        if self.is_bot {
            f.write_str(";bot")?;
        }
        f.write_str(self.from_client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(from_client: &str) -> Vec<String> {
        let mut outbox = Outbox::default();
        let plain = outbox.line(format_args!(":a!b@c PRIVMSG d :e"));
        let time = Moment::default();
        let mut told = Told::tagged(
            plain,
            Tagged {
                time,
                id: Some((time, 17)),
                is_bot: false,
                from_client,
            },
        );
        let to = ConnectionId::new(0, 0);
        let (time, tags) = (Capabilities::SERVER_TIME, Capabilities::MESSAGE_TAGS);
        for has in [Capabilities::NONE, time, tags, time.with(tags), tags, time] {
            told.send(to, has, &mut outbox);
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
        let sent = forms(";+x=y\\:;+z");
        let tagged = tagged.as_str();
        assert_eq!(sent, [line, &timed, tagged, &both, tagged, &timed]);
    }
}
