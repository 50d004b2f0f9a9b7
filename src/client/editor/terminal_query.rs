//! Asks the terminal for its name where the environment does not have it, for example over ssh.
//!
//! The answers arrive among the keys: `ESC P > |`, a name with a version, `ESC \` for XTVERSION, and
//! `ESC P ! |`, a unit ID, `ESC \` for DA3 (xterm's control sequences). Older VTE knows only DA3.

/// Asks for both. Terminals that do not know a query ignore it.
const QUESTION: &str = "\x1b[>0q\x1b[=0c";

/// The state of the query.
#[derive(Debug, Default)]
pub(super) enum TerminalQuery {
    /// There is nothing to ask.
    #[default]
    Closed,
    /// The terminal will be asked.
    Wanted,
    /// The terminal was asked.
    Asked,
}

impl TerminalQuery {
    /// The query to send to the terminal; it is returned once.
    pub(super) fn question(&mut self) -> Option<&'static str> {
        matches!(self, Self::Wanted).then(|| {
            *self = Self::Asked;
            QUESTION
        })
    }

    /// Whether the terminal was asked. It can have answered since.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked)
    }

    /// The name with the version, or the unit ID, in the string that a terminal has sent, if it was
    /// asked for that.
    pub(super) fn answer<'s>(&self, introducer: char, text: &'s str) -> Option<&'s str> {
        let name = text.strip_prefix(">|").or(text.strip_prefix("!|"))?;
        (self.is_asked() && introducer == 'P').then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_asked_once_and_its_answer_is_a_name_or_a_unit_id() {
        let mut query = TerminalQuery::Wanted;
        assert_eq!(query.answer('P', ">|tmux 3.4"), None, "not asked yet");
        assert_eq!(query.question(), Some(QUESTION));
        assert_eq!(query.question(), None, "once is enough");
        assert_eq!(query.answer('P', ">|VTE(7600)"), Some("VTE(7600)"));
        assert_eq!(query.answer('P', "!|7E565445"), Some("7E565445"));
        assert_eq!(query.answer('P', "1$r0m"), None);
        assert_eq!(query.answer(']', ">|tmux 3.4"), None);
    }
}
