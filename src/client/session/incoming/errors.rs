//! What the server refuses: which numbers are refusals, and what becomes of what was asked for.

use super::fields::parameters_from;
use crate::client::event::{DeliveryStatus, Event, MessageTags};
use crate::client::session::{
    CloseReason, Incomplete, NickRefusal, Phase, Session, SessionAction, SessionOutput,
};
use crate::wire::{Message, Reply};

/// The server is too busy for that just now.
const TRY_AGAIN: u16 = 263;
/// Only those whom a service knows may enter that room.
const NICK_NOT_REGISTERED: u16 = 477;
/// Another room was entered in place of the one that was asked for.
const FORWARDED: u16 = 470;

impl Session {
    /// A refusal before the user is in: another nick can help, nothing else.
    pub(super) fn entry_refused(
        &mut self,
        number: u16,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let why = message.parameters.last().copied().unwrap_or_default();
        if !is_about_nick(number) {
            // A server that knows no capabilities says so in one of these ways.
            let is_no_news = [
                Reply::UnknownCommand,
                Reply::NotRegistered,
                Reply::InvalidCapCommand,
            ];
            if is_no_news.iter().any(|reply| reply.number() == number) {
                return self.on_cap_answered(output);
            }
            let is_wrong_password = number == Reply::PasswdMismatch.number();
            let reason = match is_wrong_password {
                true => CloseReason::WrongPassword,
                false => CloseReason::ServerError(why.to_owned()),
            };
            // It may say no more than that before it closes, or before patience ends.
            self.link.close_reason = Some(reason.clone());
            if !is_about_entry(number) {
                return output.events.push(Event::ServerNotice {
                    text: parameters_from(message, 1),
                });
            }
            if self.link.was_registered {
                return output.actions.push(SessionAction::Close);
            }
            self.phase = Phase::Ended;
            let incomplete = Incomplete::RegistrationRefused { reason };
            output.actions.push(SessionAction::End(incomplete.into()));
            return;
        }
        let taken = number == Reply::NicknameInUse.number();
        let reason = match taken {
            true => NickRefusal::InUse,
            false => NickRefusal::ServerError(why.to_owned()),
        };
        let nick = self.identity.nick.clone();
        if self.link.was_registered {
            match self.other_spelling(number) {
                Some(another) => {
                    self.identity.nick.clone_from(&another);
                    self.send_nick(&another, output);
                }
                None => output.actions.push(SessionAction::Close),
            }
        } else if let Some(another) = self
            .settings
            .alternatives
            .get(self.identity.alternatives_tried)
        {
            let another = another.clone();
            self.identity.alternatives_tried += 1;
            self.identity.nick.clone_from(&another);
            self.settings.nick.clone_from(&another);
            self.request_nick(&another, output);
        } else if self.settings.script {
            self.phase = Phase::Ended;
            let incomplete = Incomplete::NickRefused { nick, reason };
            output.actions.push(SessionAction::End(incomplete.into()));
        } else {
            self.phase = Phase::Asking;
            output.actions.push(SessionAction::AskNick { nick, reason });
        }
    }

    /// What to be called on connecting again, when the wanted nick is refused with this number.
    fn other_spelling(&mut self, number: u16) -> Option<String> {
        if is_about_nick(number) && !matches!(number, 432 | 437) {
            // The person was in under this nick a moment ago: most likely it is the lost
            // connection that still holds it. It is asked for again once inside.
            return self.identity.next_spelling();
        }
        // No spelling of this one will do, so what was configured must.
        let alternatives = &self.settings.alternatives;
        let others = [&self.identity.configured].into_iter().chain(alternatives);
        let mut others = others.enumerate().skip(self.identity.alternatives_tried);
        let wanted = &self.settings.nick;
        let (at, another) = others.find(|(_, other)| !self.is_same(other, wanted))?;
        self.identity.alternatives_tried = at + 1;
        Some(another.clone())
    }

    pub(super) fn on_error_numeric(
        &mut self,
        number: u16,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        if self.queries.regaining && is_about_change_of_nick(number) {
            let about = message.parameter(1);
            let is_wanted = about.is_some_and(|nick| self.is_same(nick, &self.settings.nick));
            if !is_about_nick(number) || is_wanted {
                self.queries.regaining = false;
                return;
            }
        }
        let about = message.parameter(1).map(|name| self.key(name));
        if number == Reply::NoSuchNick.number()
            && let Some(nick) = message.parameter(1)
            && self.on_whois(nick, None, output)
        {
            // Someone left between the list and the question about them.
            return;
        }
        if number == TRY_AGAIN && self.queries.awaits_whois(message.parameter(1)) {
            // The list is worth more than what is missing in it.
            return self.show_partial_lists(output);
        }
        if let Some(room) = message.parameter(1) {
            let forward = message.parameter(2).filter(|_| number == FORWARDED);
            self.join_refused(room, forward);
            if number == NICK_NOT_REGISTERED {
                self.join_after_login(room);
            }
        }
        if let Some(key) = &about {
            self.queries.whois.remove(key);
            self.queries.topics.remove(key);
        }
        let event = Event::Refused {
            number,
            parameters: message
                .parameters
                .iter()
                .skip(1)
                .map(|text| (*text).to_owned())
                .collect(),
            line: None,
            text: None,
            command: None,
        };
        self.record_error(event, output);
    }

    /// Tells a person what was refused at once, with their words where it is about them.
    pub(in crate::client::session) fn report_error(
        &mut self,
        mut event: Event,
        output: &mut SessionOutput,
    ) {
        let of_script = self.settings.script;
        let script = &mut self.delivery;
        let flight = match (script.answering, &event) {
            // What is being written is not said yet.
            _ if script.writing => None,
            (Some(number), _) => script.request_mut(number),
            // The lines of a script are answered one by one, and this one is among them.
            (None, _) if of_script => script.in_flight.front_mut(),
            (
                None,
                Event::Refused {
                    number, parameters, ..
                },
            ) if is_about_talk(*number) => {
                let about = parameters.first().map_or("", String::as_str);
                let mut flights = script.in_flight.iter_mut();
                flights.find(|flight| {
                    let talk = flight.message.as_ref();
                    talk.is_some_and(|talk| self.rooms.naming.is_same(talk.target.name(), about))
                })
            }
            _ => None,
        };
        if let Some((number, talk)) =
            flight.and_then(|flight| Some((flight.number, flight.message.take()?)))
        {
            if let Event::Refused { text, .. } = &mut event {
                *text = Some(talk.text.clone());
            }
            self.report_delivery(
                number,
                talk,
                DeliveryStatus::Refused,
                MessageTags::default(),
                output,
            );
        } else if let Event::Refused {
            parameters,
            command,
            ..
        } = &mut event
        {
            let naming = &self.rooms.naming;
            *command = self
                .sent_commands
                .take_refused(parameters, self.link.last_received, naming);
        }
        output.events.push(event);
    }
}

/// Whether a number says that something was not done. Beyond the range that is meant for that
/// there are some, among answers of all kinds.
pub(super) fn is_refusal(number: u16) -> bool {
    matches!(
        number,
        TRY_AGAIN
            | 400..=599
            | 691
            | 696..=698
            | 707
            | 712..=716
            | 723
            | 734
            | 742
            | 902
            | 904..=907
    )
}

/// `433`, and the other numbers that say that a nick cannot be had.
pub(super) fn is_about_nick(number: u16) -> bool {
    matches!(number, 431 | 432 | 433 | 436 | 437)
}

/// Whether a refusal can be the answer to a change of nick once the user is in.
pub(super) fn is_about_change_of_nick(number: u16) -> bool {
    is_about_nick(number) || matches!(number, 435 | 438 | 447 | 484)
}

/// Whether a refusal can be about something that was said.
fn is_about_talk(number: u16) -> bool {
    matches!(number, 401 | 403 | 404 | 407 | 411..=417 | 477 | 531 | 716)
}

/// Whether a server that answers so does not let the user in. Whatever else it refuses
/// before that, it may still do so: some ask for patience with such a number.
pub(super) fn is_about_entry(number: u16) -> bool {
    matches!(number, 463..=466 | 468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_answers() {
        for number in [263, 400, 401, 433, 599, 696, 716, 742, 904] {
            assert!(is_refusal(number), "{number}");
        }
        for number in [1, 324, 352, 600, 671, 704, 705, 706, 730, 731, 900, 903] {
            assert!(!is_refusal(number), "{number}");
        }
    }
}
