//! Error numerics: which numerics are refusals, and what a refusal means for the request.

use super::fields::parameters_from;
use crate::client::event::{DeliveryStatus, Event, InputError, MessageTags, RoomStanding};
use crate::client::session::outgoing::message::OutgoingMessage;
use crate::client::session::outgoing::sent_command::SentCommand;
use crate::client::session::{
    CloseReason, Incomplete, NickRefusal, Phase, RefusedNick, Session, SessionAction, SessionOutput,
};
use crate::wire::{Message, Reply};

/// RPL_TRYAGAIN: the server is too busy.
const TRY_AGAIN: u16 = 263;
/// ERR_NEEDREGGEDNICK: only users who are logged in may join.
const NICK_NOT_REGISTERED: u16 = 477;
/// ERR_LINKCHANNEL: another room was joined instead of the requested one.
const FORWARDED: u16 = 470;

impl Session {
    /// A refusal before the registration is complete. Only another nick can help.
    pub(super) fn entry_refused(
        &mut self,
        number: u16,
        message: &Message<'_>,
        output: &mut SessionOutput,
    ) {
        let why = message.parameters.last().copied().unwrap_or_default();
        if !is_about_nick(number) {
            // A server without capabilities answers `CAP` with one of these.
            let means_no_capabilities = [
                Reply::UnknownCommand,
                Reply::NotRegistered,
                Reply::InvalidCapCommand,
            ];
            if means_no_capabilities
                .iter()
                .any(|reply| reply.number() == number)
            {
                return self.on_cap_answered(output);
            }
            let is_wrong_password = number == Reply::PasswdMismatch.number();
            let reason = match is_wrong_password {
                true => CloseReason::WrongPassword,
                false => CloseReason::ServerError(why.to_owned()),
            };
            // The server may close the connection without another word, or not at all.
            self.link.close_reason = Some(reason.clone());
            if !is_about_entry(number) {
                return output.events.push(Event::ServerNotice {
                    text: parameters_from(message, 1),
                });
            }
            if self.is_lasting() {
                self.link.refusal = Some(reason);
                return output.actions.push(SessionAction::Close);
            }
            self.phase = Phase::Ended;
            let incomplete = Incomplete::RegistrationRefused { reason };
            output.actions.push(SessionAction::End(incomplete.into()));
            return;
        }
        let reason = match number == Reply::NicknameInUse.number() {
            true => NickRefusal::in_use_or(message.parameter(2).unwrap_or_default()),
            false if number == Reply::ErroneousNickname.number() => {
                NickRefusal::Invalid(why.to_owned())
            }
            false => NickRefusal::ServerError(why.to_owned()),
        };
        self.nick_refused(number, reason, output);
    }

    /// The server refuses the nick before the registration is complete: another is requested, or
    /// asked for.
    fn nick_refused(&mut self, number: u16, reason: NickRefusal, output: &mut SessionOutput) {
        let nick = self.identity.nick.clone();
        let alternative = match self.link.was_registered {
            true => None,
            false => self
                .settings
                .alternatives
                .get(self.identity.alternatives_tried)
                .cloned(),
        };
        if let Some(another) = alternative {
            self.identity.alternatives_tried += 1;
            self.identity.nick.clone_from(&another);
            self.settings.nick.clone_from(&another);
            self.request_nick(&another, output);
        } else if self.is_lasting() {
            match self.other_spelling(number) {
                Some(another) => {
                    self.identity.nick.clone_from(&another);
                    self.request_nick(&another, output);
                }
                None => {
                    let may_become_free = reason.is_about_others();
                    let reason = CloseReason::NickRefused { nick, reason };
                    match may_become_free {
                        true => self.link.close_reason = Some(reason),
                        false => self.link.refusal = Some(reason),
                    }
                    output.actions.push(SessionAction::Close);
                }
            }
        } else if self.settings.script {
            self.phase = Phase::Ended;
            let incomplete = Incomplete::NickRefused { nick, reason };
            output.actions.push(SessionAction::End(incomplete.into()));
        } else {
            self.phase = Phase::Asking;
            let cause = std::mem::discriminant(&reason);
            let before = self.identity.refused_for.replace(cause);
            output.actions.push(SessionAction::AskNick(RefusedNick {
                nick,
                reason,
                is_repeated: before == Some(cause),
            }));
        }
    }

    /// The nick to request next on a reconnect, after the wanted one was refused with this numeric.
    fn other_spelling(&mut self, number: u16) -> Option<String> {
        if is_about_nick(number) && !matches!(number, 432 | 437) {
            // Most likely the lost connection of this user still holds the nick. It is requested
            // again after the registration.
            return self.identity.next_spelling();
        }
        // No spelling of this nick is valid, so the configured ones are tried.
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
        let about_nick = message.parameter(1).filter(|_| is_about_message(number));
        if about_nick.is_some_and(|nick| self.is_about_ctcp_answer(nick)) {
            return;
        }
        let about = message.parameter(1).map(|name| self.key(name));
        if number == Reply::NoSuchNick.number()
            && let Some(nick) = message.parameter(1)
            && self.on_whois(nick, None, output)
        {
            // The user has left between the list and the `WHOIS`.
            return;
        }
        if number == TRY_AGAIN && self.queries.awaits_whois(message.parameter(1)) {
            // An incomplete list is better than none.
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
        let room = message
            .parameter(1)
            .filter(|name| self.rooms.isupport.is_room(name));
        let event = Event::Refused {
            room: room.map(|room| self.standing(number, room)),
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

    /// The membership of the user in the room of a refusal. A refused `PART` is no longer awaited.
    fn standing(&mut self, number: u16, room: &str) -> RoomStanding {
        let means_not_in_room = [Reply::NoSuchNick, Reply::NoSuchChannel, Reply::NotOnChannel];
        let mut replies = means_not_in_room.iter();
        if replies.any(|reply| reply.number() == number) && self.rooms.part_refused(room) {
            return RoomStanding::Leaving;
        }
        match self.rooms.get(room) {
            Some(_) => RoomStanding::Member,
            None => RoomStanding::NotMember,
        }
    }

    /// Reports a refusal to the user at once, with the text of the message if it is about one.
    pub(in crate::client::session) fn report_error(
        &mut self,
        mut event: Event,
        output: &mut SessionOutput,
    ) {
        let at = self.request_at_fault(&event);
        let flight = at.and_then(|at| self.delivery.in_flight.get_mut(at));
        let Some(flight) = flight else {
            return output.events.push(event);
        };
        if let Some(message) = flight.message.take() {
            if let Event::Refused { text, .. } = &mut event {
                *text = Some(message.text.clone());
            }
            let number = flight.number;
            self.report_delivery(
                number,
                message,
                DeliveryStatus::Refused,
                MessageTags::default(),
                output,
            );
        } else if let Event::Refused { command, .. } = &mut event {
            // A second refusal is about another part of the same command.
            *command = flight.command.as_mut().and_then(SentCommand::take_typed);
        } else if let Event::InputRejected {
            error: InputError::Fail { command, .. },
            ..
        } = &mut event
        {
            *command = flight.command.as_mut().and_then(SentCommand::take_typed);
        }
        output.events.push(event);
    }

    /// The place in flight of the request that an error is about, if it is about one.
    fn request_at_fault(&self, event: &Event) -> Option<usize> {
        let delivery = &self.delivery;
        let in_flight = || delivery.in_flight.iter();
        match delivery.answering {
            // A message that is being written is not in flight yet.
            _ if delivery.writing => return None,
            Some(number) => return in_flight().position(|flight| flight.number == number),
            // The lines of a script are answered one by one, and this is one of them.
            None if self.settings.script => return Some(0),
            None => {}
        }
        // Without labels each command has a fence, so the oldest one in flight is refused.
        let is_fenced = !self.link.capabilities.can_label();
        let of_command = || in_flight().position(|flight| is_fenced && flight.command.is_some());
        match event {
            Event::Refused {
                number, parameters, ..
            } => {
                let about = parameters.first().map_or("", String::as_str);
                let is_about = |message: &OutgoingMessage| {
                    is_about_message(*number) && self.is_same(message.target.name(), about)
                };
                let of_message =
                    in_flight().position(|flight| flight.message.as_ref().is_some_and(is_about));
                of_message.or_else(of_command)
            }
            Event::InputRejected {
                error: InputError::Fail { .. },
                ..
            } => of_command(),
            _ => None,
        }
    }
}

/// Whether a numeric is a refusal. Some are outside the range for errors, among answers of all
/// kinds.
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

/// `433`, and the other numerics that refuse a nick.
pub(super) fn is_about_nick(number: u16) -> bool {
    matches!(number, 431 | 432 | 433 | 436 | 437)
}

/// Whether a numeric can refuse a change of nick after the registration.
pub(super) fn is_about_change_of_nick(number: u16) -> bool {
    is_about_nick(number) || matches!(number, 435 | 438 | 447 | 484)
}

/// Whether a numeric can refuse a message.
fn is_about_message(number: u16) -> bool {
    matches!(number, 401 | 403 | 404 | 407 | 411..=417 | 477 | 531 | 716)
}

/// Whether a numeric refuses the registration. After any other refusal the server may still accept
/// it: some servers ask for patience with such a numeric.
pub(super) fn is_about_entry(number: u16) -> bool {
    matches!(number, 463..=466 | 468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_not_confused_with_answers() {
        for number in [263, 400, 401, 433, 599, 696, 716, 742, 904] {
            assert!(is_refusal(number), "{number}");
        }
        for number in [1, 324, 352, 600, 671, 704, 705, 706, 730, 731, 900, 903] {
            assert!(!is_refusal(number), "{number}");
        }
    }
}
