//! Labels the responses to a line: the client labels the line, and each response has the same
//! label. IRCv3 labeled-response, batch.

use std::fmt;

use super::{Capabilities, ConnectionId, Hub, LineSpan, Work};
use crate::wire::message::Tags;

/// The longest label, in bytes. IRCv3 labeled-response, "Labels".
const LABEL_BYTES_MAX: usize = 64;
/// The reference of the batch. A batch ends in the step that begins it, so two are never open.
const BATCH: &str = "answer";

/// A line whose responses are to be labeled.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabeledLine<'a> {
    from: ConnectionId,
    has: Capabilities,
    pub(super) text: &'a str,
}

impl Hub {
    /// The label of a line, if its sender has enabled labels.
    pub(super) fn label<'a>(&self, from: ConnectionId, tags: Tags<'a>) -> Option<LabeledLine<'a>> {
        let both = Capabilities::LABELED_RESPONSE.with(Capabilities::BATCH);
        let has = Some(self.capabilities(from)).filter(|has| has.has(both))?;
        let text = tags.get("label")?;
        let is_valid = !text.is_empty() && text.len() <= LABEL_BYTES_MAX;
        is_valid.then_some(LabeledLine { from, has, text })
    }

    /// A line of an earlier step, whose label was valid then.
    pub(super) fn labeled_before<'a>(&self, from: ConnectionId, text: &'a str) -> LabeledLine<'a> {
        let has = self.capabilities(from);
        LabeledLine { from, has, text }
    }

    /// Labels the responses in both endings of a step, or in the only one.
    pub(super) fn label_endings(&self, line: LabeledLine<'_>, has_other_ending: bool) {
        self.label_responses(line);
        if has_other_ending {
            self.outbox().exchange_endings();
            self.label_responses(line);
            self.outbox().exchange_endings();
        }
    }

    /// Labels the responses to a line in the outbox: one line has the label itself, several are a
    /// batch with the label, and no response becomes an `ACK`.
    pub(super) fn label_responses(&self, line: LabeledLine<'_>) {
        let LabeledLine { from, has, text } = line;
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
        let label = format_args!(";label={text}");
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
