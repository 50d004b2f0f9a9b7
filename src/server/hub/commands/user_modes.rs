//! Modes as sets of letters, and the ones that people set on themselves: `MODE nick`.
//!
//! `i` hides from those who share no room, `w` asks to hear `WALLOPS`, `B` says that this is a
//! program, and `o` is what `OPER` gives.

use std::fmt::{self, Write};

use crate::server::hub::{CommandResult, ConnectionId, Hub, Registered, Rejection, Reply};
use crate::wire::FoldedName;

/// The letters that people can set on themselves.
const SETTABLE_USER_MODES: &str = "Biw";
/// All letters that can stand on people, as the welcome tells them.
pub(super) const USER_MODES: &str = "Biow";

/// A set of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server::hub) struct Modes(u64);

impl Modes {
    /// The letters of a text.
    pub(super) fn of(letters: &str) -> Self {
        let mut modes = Self::default();
        for letter in letters.chars() {
            modes.set(letter, true);
        }
        modes
    }

    pub(in crate::server::hub) fn has(self, letter: char) -> bool {
        self.0 & bit(letter) != 0
    }

    /// Sets or takes a letter; whether that was a change.
    pub(super) fn set(&mut self, letter: char, on: bool) -> bool {
        let before = *self;
        if on {
            self.0 |= bit(letter);
        } else {
            self.0 &= !bit(letter);
        }
        *self != before
    }
}

impl fmt::Display for Modes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = ('A'..='z').filter(|letter| self.has(*letter));
        letters.try_for_each(|letter| f.write_char(letter))
    }
}

fn bit(letter: char) -> u64 {
    let place = u32::from(letter).checked_sub(u32::from('A'));
    place.and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0)
}

/// The letters of a request with the sign that stands before each.
pub(super) fn signed(letters: &str) -> impl Iterator<Item = (bool, char)> {
    let mut on = true;
    letters.chars().filter_map(move |letter| match letter {
        '+' | '-' => {
            on = letter == '+';
            None
        }
        letter => Some((on, letter)),
    })
}

/// How many bytes of changes are put into one line, before the last of them: with a mask behind
/// them, and a source and a room before them, they still fit.
const CHANGES_BYTES_MAX: usize = 200;

/// What has changed, as it stands in a line: `+nt-l` and the like.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) letters: String,
    pub(super) parameters: String,
    sign: Option<bool>,
}

impl Changes {
    pub(super) fn add(&mut self, on: bool, letter: char, parameter: Option<&str>) {
        if self.sign != Some(on) {
            self.sign = Some(on);
            self.letters.push(if on { '+' } else { '-' });
        }
        self.letters.push(letter);
        if let Some(parameter) = parameter {
            self.parameters.push(' ');
            self.parameters.push_str(parameter);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether one more parameter could be too many for a line.
    pub(super) fn is_full(&self) -> bool {
        self.letters.len() + self.parameters.len() > CHANGES_BYTES_MAX
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.letters, self.parameters)
    }
}

impl Hub {
    /// The modes of a person, who alone can see and change them.
    pub(in crate::server::hub) fn user_mode<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        letters: Option<&'a str>,
    ) -> CommandResult<'a> {
        let user = self.people.registered(from)?;
        if !FoldedName::same(user.nick.as_str(), nick) {
            self.people.find(nick)?;
            return Err(Rejection::ModesOfAnotherUser);
        }
        let Some(letters) = letters else {
            let rest = format_args!("+{}", user.modes);
            self.reply_with(from, Reply::UserModeIs, rest);
            return Ok(());
        };
        let (mut changes, mut unknown) = (Changes::default(), false);
        for (on, letter) in signed(letters) {
            // Being an operator can be given back, and got by `OPER` only.
            if !SETTABLE_USER_MODES.contains(letter) && letter != 'o' {
                unknown = true;
            } else if !(letter == 'o' && on) && self.set_user_mode(from, letter, on) {
                changes.add(on, letter, None);
            }
        }
        if !changes.is_empty() {
            self.send_user_modes(from, &changes.letters);
        }
        if changes.letters.contains('o') {
            self.set_lobby_operator(from, false);
        }
        (!unknown).then_some(()).ok_or(Rejection::UnknownUserMode)
    }

    /// Sets or takes a mode of a person; whether that was a change.
    pub(super) fn set_user_mode(&mut self, id: ConnectionId, letter: char, on: bool) -> bool {
        let user = self.people.registered_mut(id);
        let changed = user.is_ok_and(|user| user.modes.set(letter, on));
        if changed {
            self.people.count_mode(letter, on);
        }
        changed
    }

    pub(super) fn send_user_modes(&self, id: ConnectionId, changes: &str) {
        if let Ok(Registered { source, nick, .. }) = self.people.registered(id) {
            let line = self.line(format_args!(":{source} MODE {nick} {changes}"));
            self.send(id, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_letters_is_shown_in_their_order() {
        let mut modes = Modes::of("tnC");
        assert_eq!(modes.to_string(), "Cnt");
        assert!(modes.set('n', false));
        assert!(!modes.set('n', false));
        assert!(!modes.set('é', true) && !modes.set('\u{1}', true));
        assert_eq!(modes.to_string(), "Ct");
    }

    #[test]
    fn letters_have_the_sign_before_them() {
        let found: Vec<(bool, char)> = signed("a+b-+-cd").collect();
        assert_eq!(
            found,
            [(true, 'a'), (true, 'b'), (false, 'c'), (false, 'd')]
        );
    }

    #[test]
    fn changes_of_one_sign_share_it() {
        let mut changes = Changes::default();
        changes.add(true, 'o', Some("bob"));
        changes.add(true, 'n', None);
        changes.add(false, 'b', Some("*!*@x"));
        assert_eq!(changes.to_string(), "+on-b bob *!*@x");
    }
}
