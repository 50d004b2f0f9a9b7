//! Which answer belongs to which line: a client labels its line, and all that comes back for it
//! carries the label. IRCv3 labeled-response, batch.

use std::fmt;

use super::{Capabilities, ConnectionId, Hub, Written};
use crate::wire::message::Tags;

/// The longest label, in bytes. IRCv3 labeled-response, "Labels".
const LABEL_BYTES_MAX: usize = 64;
/// The name of the batch. It ends in the step it begins in, so no two of them are ever open.
const BATCH: &str = "answer";

/// A line that wants its answers labelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labelled<'a> {
    from: ConnectionId,
    has: Capabilities,
    label: &'a str,
}

impl Hub {
    /// The label of a line, when its sender can have answers labelled.
    pub(super) fn label<'a>(&self, from: ConnectionId, tags: Tags<'a>) -> Option<Labelled<'a>> {
        let label = tags.get("label")?;
        let has = self.people.get(from)?.capabilities;
        let both = Capabilities::LABELED_RESPONSE.with(Capabilities::BATCH);
        let fits = !label.is_empty() && label.len() <= LABEL_BYTES_MAX;
        (has.has(both) && fits).then_some(Labelled { from, has, label })
    }

    /// Labels what the outbox has for the sender since its answers began: an answer of one line
    /// has the label itself, one of several is a batch that has it, and none is an `ACK`.
    pub(super) fn label_answers(&self, line: Labelled<'_>) {
        let Labelled { from, has, label } = line;
        let name = &self.settings.name;
        let sends = self.outbox().take_answers();
        let own = || sends.iter().filter(|(to, _)| *to == from);
        let with_tag = |tag: fmt::Arguments<'_>, line: Written| {
            let outbox = &mut self.outbox();
            let line = outbox.with_tags(tag, line);
            outbox.send(from, line);
        };
        let own_line = |words: fmt::Arguments<'_>| {
            let mut told = self.told(self.line(words));
            told.form(has, &mut self.outbox())
        };
        let label = format_args!(";label={label}");
        let answers = own().count();
        if answers == 0 {
            with_tag(label, own_line(format_args!(":{name} ACK")));
        }
        let mut is_open = false;
        for &(to, line) in &sends {
            if to != from {
                self.outbox().send(to, line);
            } else if answers == 1 {
                with_tag(label, line);
            } else {
                if !is_open {
                    is_open = true;
                    let begin = format_args!(":{name} BATCH +{BATCH} labeled-response");
                    with_tag(label, own_line(begin));
                }
                with_tag(format_args!(";batch={BATCH}"), line);
            }
        }
        if is_open {
            let end = own_line(format_args!(":{name} BATCH -{BATCH}"));
            self.outbox().send(from, end);
        }
    }
}
