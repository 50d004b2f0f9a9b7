//! Which answer belongs to which line: a client labels its line, and all that comes back for it
//! carries the label. IRCv3 labeled-response, batch.

use std::fmt;

use super::{Capabilities, ConnectionId, Hub, LineSpan, Work};
use crate::wire::message::Tags;

/// The longest label, in bytes. IRCv3 labeled-response, "Labels".
const LABEL_BYTES_MAX: usize = 64;
/// The name of the batch. It ends in the step it begins in, so no two of them are ever open.
const BATCH: &str = "answer";

/// A line that wants its answers labelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelledLine<'a> {
    from: ConnectionId,
    has: Capabilities,
    label: &'a str,
}

impl Hub {
    /// The label of a line, when its sender can have answers labelled.
    pub(super) fn label<'a>(&self, from: ConnectionId, tags: Tags<'a>) -> Option<LabelledLine<'a>> {
        let both = Capabilities::LABELED_RESPONSE.with(Capabilities::BATCH);
        let has = Some(self.capabilities(from)).filter(|has| has.has(both))?;
        let label = tags.get("label")?;
        let fits = !label.is_empty() && label.len() <= LABEL_BYTES_MAX;
        fits.then_some(LabelledLine { from, has, label })
    }

    /// Labels what the outbox has for the sender since its answers began: an answer of one line
    /// has the label itself, one of several is a batch that has it, and none is an `ACK`.
    pub(super) fn label_responses(&self, line: LabelledLine<'_>) {
        let LabelledLine { from, has, label } = line;
        let name = &self.settings.name;
        let sends = self.outbox().take_responses();
        self.charge(Work::Entry, 3 * sends.len());
        let (own, others): (Vec<_>, Vec<_>) = sends.into_iter().partition(|(to, _)| *to == from);
        self.outbox().send_each(others.into_iter());
        let with_tag = |tag: fmt::Arguments<'_>, line: LineSpan| {
            let outbox = &mut self.outbox();
            let line = outbox.with_tags(tag, line);
            outbox.send(from, line);
        };
        let own_line = |words: fmt::Arguments<'_>| {
            let mut fanout = self.fanout(self.line(words));
            fanout.variant(has, &mut self.outbox())
        };
        let label = format_args!(";label={label}");
        match &*own {
            [] => with_tag(label, own_line(format_args!(":{name} ACK"))),
            [(_, line)] => with_tag(label, *line),
            answers => {
                let begin = own_line(format_args!(":{name} BATCH +{BATCH} labeled-response"));
                with_tag(label, begin);
                for (_, line) in answers {
                    with_tag(format_args!(";batch={BATCH}"), *line);
                }
                let end = own_line(format_args!(":{name} BATCH -{BATCH}"));
                self.outbox().send(from, end);
            }
        }
    }
}
