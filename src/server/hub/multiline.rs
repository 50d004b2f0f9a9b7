//! Messages of several lines: as a batch for clients that know those, and as single lines for all
//! others. IRCv3 draft/multiline.
//!
//! A message is one text. A line feed joins two lines, and a carriage return two parts of one line, so
//! that the lines of the sender come back as they were.

use super::fanout::{Fanout, TagSet};
use super::outbox::LINE_BYTES_MAX;
use super::{Capabilities, LineSpan, Outbox};

/// Between two lines.
pub(super) const LINE_END: char = '\n';
/// Between two parts of a line.
pub(super) const CONCAT: char = '\r';
/// The type of the batch, the name of the capability.
pub(super) const BATCH_TYPE: &str = "draft/multiline";
/// The tag of a part that continues a line.
pub(super) const CONCAT_TAG: &str = "draft/multiline-concat";
/// The reference of the batch. It ends in the step that begins it, so two are never open.
const BATCH: &str = "multiline";

/// A message of several lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct MultilineMessage<'t> {
    /// `nick!user@host`.
    pub(super) source: &'t str,
    /// `PRIVMSG` or `NOTICE`.
    pub(super) command: &'t str,
    /// The prefix of a room's target, or nothing.
    pub(super) prefix: &'t str,
    /// The room or user.
    pub(super) target: &'t str,
    /// The text with [`LINE_END`] and [`CONCAT`].
    pub(super) text: &'t str,
    pub(super) tags: TagSet<'t>,
}

/// Its two forms, each written when the first recipient needs it.
#[derive(Debug)]
pub(super) struct MultilineForms<'t> {
    message: MultilineMessage<'t>,
    batch: Option<(Fanout<'t>, Vec<LineSpan>)>,
    plain: Option<Vec<Fanout<'t>>>,
}

/// Whether a text has several lines.
pub(super) fn is_multiline(text: &str) -> bool {
    text.contains([LINE_END, CONCAT])
}

/// The lines and parts of a text, and whether each continues the line before.
pub(super) fn parts(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let separators = text.chars().filter(|one| [LINE_END, CONCAT].contains(one));
    let continues = std::iter::once(false).chain(separators.map(|one| one == CONCAT));
    text.split([LINE_END, CONCAT]).zip(continues)
}

impl<'t> MultilineMessage<'t> {
    /// Whether each line fits with the source in front.
    pub(super) fn fits(&self) -> bool {
        let head = self.source.len() + self.command.len() + self.prefix.len() + self.target.len();
        let around = ":  :".len() + " ".len();
        parts(self.text).all(|(part, _)| head + around + part.len() <= LINE_BYTES_MAX)
    }

    pub(super) fn forms(self) -> MultilineForms<'t> {
        MultilineForms {
            message: self,
            batch: None,
            plain: None,
        }
    }

    fn line(&self, part: &str, outbox: &mut Outbox) -> LineSpan {
        let Self {
            source,
            command,
            prefix,
            target,
            ..
        } = self;
        outbox.line(format_args!(":{source} {command} {prefix}{target} :{part}"))
    }

    fn batch(&self, outbox: &mut Outbox) -> (Fanout<'t>, Vec<LineSpan>) {
        let Self {
            source,
            prefix,
            target,
            ..
        } = self;
        let begin = format_args!(":{source} BATCH +{BATCH} {BATCH_TYPE} {prefix}{target}");
        let begin = Fanout::new(outbox.line(begin), self.tags);
        let mut rest: Vec<_> = parts(self.text)
            .map(|(part, continues)| {
                let line = self.line(part, outbox);
                match continues {
                    false => outbox.with_tags(format_args!(";batch={BATCH}"), line),
                    true => outbox.with_tags(format_args!(";batch={BATCH};{CONCAT_TAG}"), line),
                }
            })
            .collect();
        rest.push(outbox.line(format_args!(":{source} BATCH -{BATCH}")));
        (begin, rest)
    }

    /// The lines without the blank ones. The first has the id.
    fn plain(&self, outbox: &mut Outbox) -> Vec<Fanout<'t>> {
        let mut tags = self.tags;
        let filled = parts(self.text).filter(|(part, _)| !part.is_empty());
        let lines = filled.map(|(part, _)| {
            let fanout = Fanout::new(self.line(part, outbox), tags);
            tags.id = None;
            fanout
        });
        lines.collect()
    }
}

impl MultilineForms<'_> {
    /// The lines for these capabilities, and whether they are a batch.
    pub(super) fn lines(
        &mut self,
        has: Capabilities,
        outbox: &mut Outbox,
    ) -> (Vec<LineSpan>, bool) {
        if has.has(Capabilities::MULTILINE.with(Capabilities::BATCH)) {
            let message = &self.message;
            let (begin, rest) = self.batch.get_or_insert_with(|| message.batch(outbox));
            let begin = begin.variant(has, outbox);
            let lines = std::iter::once(begin).chain(rest.iter().copied());
            return (lines.collect(), true);
        }
        let message = &self.message;
        let plain = self.plain.get_or_insert_with(|| message.plain(outbox));
        let lines = plain.iter_mut().map(|line| line.variant(has, outbox));
        (lines.collect(), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_into_the_lines_that_it_was_made_of() {
        for (text, expected) in [
            ("a", &[("a", false)] as &[_]),
            ("a\nb", &[("a", false), ("b", false)]),
            (
                "a \rb\n\nc",
                &[("a ", false), ("b", true), ("", false), ("c", false)],
            ),
            ("\na\n", &[("", false), ("a", false), ("", false)]),
        ] {
            assert_eq!(parts(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
