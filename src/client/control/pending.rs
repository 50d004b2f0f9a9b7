//! Other programs that had something said, and wait to hear what became of it.

use std::ops::Range;
use std::sync::mpsc::SyncSender;

use super::{ERROR, OK};
use crate::client::event::{DeliveryStatus, Event, explain};

/// All who wait.
#[derive(Debug, Default)]
pub(in crate::client) struct Pending {
    callers: Vec<Caller>,
}

/// One who waits.
#[derive(Debug)]
struct Caller {
    /// The numbers of what was said for it.
    said: Range<u64>,
    /// How much of that is not known yet.
    missing: u64,
    /// Why some of it did not arrive.
    words: Option<String>,
    answer: SyncSender<String>,
}

impl Pending {
    /// Somebody waits for the fate of what has these numbers.
    pub(in crate::client) fn wait(&mut self, said: Range<u64>, answer: SyncSender<String>) {
        self.callers.push(Caller {
            missing: said.end - said.start,
            said,
            words: None,
            answer,
        });
    }

    /// The connection is lost, and what is not known yet waits for the next one. It will have other
    /// numbers then, so nobody waits for it; that it waits is the answer to a line said now, too.
    pub(in crate::client) fn lost(&mut self) {
        for caller in self.callers.drain(..) {
            caller.tell();
        }
    }

    /// Answers those who waited for this event; `next` is the one behind it, which has the reason
    /// for a refusal. Whether they still listen is their own concern.
    pub(in crate::client) fn hear(&mut self, event: &Event, next: Option<&Event>) {
        let Event::Sent {
            number,
            status: fate,
            ..
        } = event
        else {
            return;
        };
        let Some(caller) = self
            .callers
            .iter_mut()
            .find(|caller| caller.said.contains(number))
        else {
            return;
        };
        caller.missing -= 1;
        let words = match (fate, next) {
            (DeliveryStatus::Delivered, _) => None,
            (
                DeliveryStatus::Refused,
                Some(Event::Refused {
                    number, parameters, ..
                }),
            ) => Some(explain::error(*number, parameters)),
            (DeliveryStatus::Refused, Some(Event::InputRejected { words, .. })) => {
                Some(words.clone())
            }
            (DeliveryStatus::Refused, _) => Some("the server refused it".to_owned()),
            (DeliveryStatus::Unknown, _) => Some("nobody knows whether it arrived".to_owned()),
            (DeliveryStatus::Unsent, _) => Some("it was never sent".to_owned()),
        };
        caller.words = caller.words.take().or(words);
        if caller.missing == 0 {
            caller.tell();
        }
        self.callers.retain(|caller| caller.missing > 0);
    }
}

impl Caller {
    /// Answers, whether or not somebody still listens.
    fn tell(&self) {
        let _ = self.answer.try_send(match &self.words {
            None => OK.to_owned(),
            Some(words) => format!("{ERROR}{words}"),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::client::event::MessageKind;
    use crate::client::event::json::MessageTags;

    fn sent(number: u64, status: DeliveryStatus) -> Event {
        Event::Sent {
            number,
            target: "#a".into(),
            nick: "alice".into(),
            text: "x".into(),
            kind: MessageKind::Text,
            status,
            tags: MessageTags::default(),
        }
    }

    #[test]
    fn each_hears_what_became_of_its_own_lines_when_all_is_known() {
        let mut pending = Pending::default();
        let [(one, first), (two, second)] = [mpsc::sync_channel(1), mpsc::sync_channel(1)];
        pending.wait(3..5, one);
        pending.wait(5..6, two);
        pending.hear(&sent(2, DeliveryStatus::Refused), None);
        pending.hear(&sent(3, DeliveryStatus::Delivered), None);
        assert!(first.try_recv().is_err());
        pending.hear(&sent(5, DeliveryStatus::Delivered), None);
        assert_eq!(second.try_recv().unwrap(), OK);
        let why = Event::Refused {
            number: 404,
            parameters: vec!["#a".into(), "no".into()],
            line: None,
            text: None,
            command: None,
        };
        pending.hear(&sent(4, DeliveryStatus::Refused), Some(&why));
        let answer = first.try_recv().unwrap();
        assert!(
            answer.starts_with("error you cannot talk in #a"),
            "{answer}"
        );
        assert!(pending.callers.is_empty());
    }
}
