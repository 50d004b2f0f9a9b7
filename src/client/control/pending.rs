//! The callers that have sent a line, and wait until the server accepts or refuses it.

use std::ops::Range;
use std::sync::mpsc::SyncSender;

use super::{ERROR, OK};
use crate::client::event::{DeliveryStatus, Event, explain};

/// All waiting callers.
#[derive(Debug, Default)]
pub(in crate::client) struct Pending {
    waiters: Vec<Waiter>,
}

/// A caller that waits for the delivery of its lines.
#[derive(Debug)]
struct Waiter {
    /// The message numbers of its lines.
    numbers: Range<u64>,
    /// How many of them have no result yet.
    missing: u64,
    /// The reason of the first one that was not delivered.
    failure: Option<String>,
    answer: SyncSender<String>,
}

impl Pending {
    /// Answers `answer` as soon as the delivery of these messages is known.
    pub(in crate::client) fn wait(&mut self, numbers: Range<u64>, answer: SyncSender<String>) {
        self.waiters.push(Waiter {
            missing: numbers.end - numbers.start,
            numbers,
            failure: None,
            answer,
        });
    }

    /// Answers every caller: the connection is lost, and the messages without a result are sent
    /// again under other numbers. A line entered while disconnected gets the same answer.
    pub(in crate::client) fn on_disconnect(&mut self) {
        for waiter in self.waiters.drain(..) {
            waiter.finish();
        }
    }

    /// Answers the callers that waited for this event. `next` is the event after it, which has the
    /// reason of a refusal.
    pub(in crate::client) fn on_event(&mut self, event: &Event, next: Option<&Event>) {
        let Event::Sent { number, status, .. } = event else {
            return;
        };
        let is_theirs = |waiter: &&mut Waiter| waiter.numbers.contains(number);
        let Some(waiter) = self.waiters.iter_mut().find(is_theirs) else {
            return;
        };
        waiter.missing -= 1;
        let failure = match (status, next) {
            (DeliveryStatus::Delivered, _) => None,
            (
                DeliveryStatus::Refused,
                Some(Event::Refused {
                    number,
                    parameters,
                    room,
                    ..
                }),
            ) => Some(explain::error(*number, parameters, *room)),
            (DeliveryStatus::Refused, Some(Event::InputRejected { error, .. })) => {
                Some(error.to_string())
            }
            (DeliveryStatus::Refused, _) => Some("The server refused the line.".to_owned()),
            (DeliveryStatus::Unknown, _) => Some("The line may not have arrived.".to_owned()),
            (DeliveryStatus::Unsent, _) => Some("The line was not sent.".to_owned()),
        };
        waiter.failure = waiter.failure.take().or(failure);
        if waiter.missing == 0 {
            waiter.finish();
        }
        self.waiters.retain(|waiter| waiter.missing > 0);
    }
}

impl Waiter {
    /// Sends the answer. The caller may already be gone.
    fn finish(&self) {
        let _ = self.answer.try_send(match &self.failure {
            None => OK.to_owned(),
            Some(failure) => format!("{ERROR}{failure}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::client::event::MessageTags;
    use crate::client::event::{MessageKind, Target};

    fn sent(number: u64, status: DeliveryStatus) -> Event {
        Event::Sent {
            number,
            target: Target::Room("#a".into()),
            nick: "alice".into(),
            text: "x".into(),
            kind: MessageKind::Text,
            status,
            tags: MessageTags::default(),
        }
    }

    #[test]
    fn a_caller_is_answered_when_the_delivery_of_all_its_lines_is_known() {
        let mut pending = Pending::default();
        let [(one, first), (two, second)] = [mpsc::sync_channel(1), mpsc::sync_channel(1)];
        pending.wait(3..5, one);
        pending.wait(5..6, two);
        pending.on_event(&sent(2, DeliveryStatus::Refused), None);
        pending.on_event(&sent(3, DeliveryStatus::Delivered), None);
        assert!(first.try_recv().is_err());
        pending.on_event(&sent(5, DeliveryStatus::Delivered), None);
        assert_eq!(second.try_recv().unwrap(), OK);
        let why = Event::Refused {
            number: 404,
            parameters: vec!["#a".into(), "no".into()],
            room: None,
            line: None,
            text: None,
            command: None,
        };
        pending.on_event(&sent(4, DeliveryStatus::Refused), Some(&why));
        let answer = first.try_recv().unwrap();
        assert!(answer.starts_with("error Cannot send to #a"), "{answer}");
        assert!(pending.waiters.is_empty());
    }
}
