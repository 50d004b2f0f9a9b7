//! The purpose of a request: a command of the user, or a change of the target of messages.

/// A command that the user has typed and the server has not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) struct SentCommand {
    /// The line; only its first word if it carries a password.
    pub(in crate::client::session) shown: String,
    /// The line as it was typed, until it is reported as refused; `None` if it carries a password.
    typed: Option<String>,
}

impl SentCommand {
    pub(in crate::client::session) fn new(typed: &str, is_secret: bool) -> Self {
        let first = typed.split(' ').next().unwrap_or_default();
        Self {
            shown: if is_secret { first } else { typed }.to_owned(),
            typed: (!is_secret).then(|| typed.to_owned()),
        }
    }

    pub(in crate::client::session) fn take_typed(&mut self) -> Option<String> {
        self.typed.take()
    }
}

/// How a line of a script changes the target of the next lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) enum TargetChange {
    /// It joins this room.
    Join(String),
    /// It leaves this room.
    Part(String),
}
