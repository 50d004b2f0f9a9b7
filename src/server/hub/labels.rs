//! Which answer belongs to which line: a client labels its line, and all that comes back for it
//! carries the label. IRCv3 labeled-response, batch.

use super::Hub;
use super::capability::Capabilities;
use super::outbox::{Outbox, Written};
use super::people::ConnectionId;
use super::told::Told;
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
        if tags.is_empty() {
            return None;
        }
        let (_, label) = tags.iter().filter(|(key, _)| *key == "label").last()?;
        let has = self.people.get(from)?.capabilities;
        let both = Capabilities::LABELED_RESPONSE.with(Capabilities::BATCH);
        let fits = !label.is_empty() && label.len() <= LABEL_BYTES_MAX;
        (has.has(both) && fits).then_some(Labelled { from, has, label })
    }

    /// Labels what the outbox has for the sender since its answers began: an answer of one line
    /// has the label itself, one of several is a batch that has it, and none is an `ACK`.
    pub(super) fn label_answers(&self, line: Labelled<'_>, outbox: &mut Outbox) {
        let Labelled { from, has, label } = line;
        let name = &self.settings.name;
        let sends = outbox.take_answers();
        let own = || sends.iter().filter(|(to, _)| *to == from);
        let with_label = |line: Written, outbox: &mut Outbox| {
            let line = outbox.with_tags(format_args!(";label={label}"), line);
            outbox.send(from, line);
        };
        if own().next().is_none() {
            let line = outbox.line(format_args!(":{name} ACK"));
            let line = Told::new(line, self.now).form(has, outbox);
            with_label(line, outbox);
        }
        let is_batch = own().nth(1).is_some();
        let mut is_open = false;
        for &(to, line) in &sends {
            if to != from {
                outbox.send(to, line);
            } else if !is_batch {
                with_label(line, outbox);
            } else {
                if !is_open {
                    is_open = true;
                    let line = outbox.line(format_args!(":{name} BATCH +{BATCH} labeled-response"));
                    let line = Told::new(line, self.now).form(has, outbox);
                    with_label(line, outbox);
                }
                let line = outbox.with_tags(format_args!(";batch={BATCH}"), line);
                outbox.send(from, line);
            }
        }
        if is_open {
            let line = outbox.line(format_args!(":{name} BATCH -{BATCH}"));
            Told::new(line, self.now).send(from, has, outbox);
        }
    }
}
