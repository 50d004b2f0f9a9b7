//! `MODE nick`, and the changes of modes as text.
//!
//! `i` hides a user from others without a shared room, `w` enables `WALLOPS`, `B` marks a bot, and
//! `o` is set by `OPER` alone.

use std::fmt;

use crate::server::hub::{CommandResult, ConnectionId, Hub, Registered, Rejection, Reply};
use crate::wire::FoldedName;

/// The modes that users can set themselves.
const SETTABLE_USER_MODES: &str = "Biw";
/// All user modes, as the welcome lists them.
pub(super) const USER_MODES: &str = "Biow";

/// The letters of a request, each with its sign.
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

/// Bytes of changes in one line before the last one: with a mask after them, and a source and a
/// room before them, they still fit.
const CHANGES_BYTES_MAX: usize = 200;

/// Mode changes as text, such as `+nt-l`.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) letters: String,
    pub(super) parameters: String,
    sign: Option<bool>,
    /// The place of a key among the parameters.
    key: Option<usize>,
}

impl Changes {
    pub(super) fn add(&mut self, on: bool, letter: char, parameter: Option<&str>) {
        if self.sign != Some(on) {
            self.sign = Some(on);
            self.letters.push(if on { '+' } else { '-' });
        }
        self.letters.push(letter);
        if let Some(parameter) = parameter {
            if letter == 'k' {
                self.key = Some(self.parameters.matches(' ').count());
            }
            self.parameters.push(' ');
            self.parameters.push_str(parameter);
        }
    }

    /// The same without the key of a room, which is a secret of those who were in it then.
    pub(super) fn without_key(&self) -> impl fmt::Display {
        let key_place = match self.key {
            Some(place) => place,
            None => usize::MAX,
        };
        let words = self.parameters.split(' ').skip(1).enumerate();
        let words = words.map(move |(at, word)| if at == key_place { "*" } else { word });
        let parameters: String = words.flat_map(|word| [" ", word]).collect();
        format!("{}{parameters}", self.letters)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether another parameter might not fit in the line.
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
    /// Shows or changes the modes of a user, which only the user may do.
    pub(super) fn user_mode<'a>(
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
            // `-o` is allowed; `+o` needs `OPER`.
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

    /// Sets or removes a user mode. Returns whether it changed.
    pub(super) fn set_user_mode(&mut self, id: ConnectionId, letter: char, on: bool) -> bool {
        let user = self.people.registered_mut(id);
        let changed = user.is_ok_and(|user| user.modes.set(letter, on));
        if changed {
            self.people.count_mode(letter, on);
        }
        changed
    }

    pub(super) fn send_user_modes(&self, id: ConnectionId, changes: &str) {
        if let Ok(user) = self.people.registered(id) {
            let Registered { source, nick, .. } = user;
            let line = self.line(format_args!(":{source} MODE {nick} {changes}"));
            self.send_fanout(id, self.user_fanout(user, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
