//! The analysis of a line while it is typed: its tokens, a hint, and whether it is a secret.
//!
//! The session fills it in; the editor and the view show it.

use std::ops::Range;

use super::{carries_password, secret_part};

/// The analysis of a typed line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineAnalysis {
    /// Byte ranges of the line and what they are, in order and without overlap.
    pub tokens: Vec<(Range<usize>, TokenKind)>,
    /// The effect of Enter, where the line does not show it.
    pub hint: Option<String>,
    /// The arguments that the command still takes, to be shown right after the line.
    pub usage: Option<String>,
    /// The line carries a password and must not be written to a file.
    pub secret: bool,
}

impl LineAnalysis {
    /// The analysis of a line without a session.
    pub fn without_session(line: &str) -> Self {
        let secret = secret_part(line, None);
        Self {
            secret: secret.is_some() || carries_password(line, None),
            tokens: secret
                .map(|part| (part, TokenKind::Secret))
                .into_iter()
                .collect(),
            ..Self::default()
        }
    }

    /// Hides a part of the line: no other token remains in it.
    pub fn hide(&mut self, secret: Range<usize>) {
        self.tokens.retain(|(token, _)| token.end <= secret.start);
        self.tokens.push((secret, TokenKind::Secret));
    }
}

/// The kind of a part of a typed line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A known command.
    Command,
    /// Something that would be refused, such as an unknown command.
    Refused,
    /// The nick of a user who can be seen.
    Nick,
    /// A part with a password, which is not shown.
    Secret,
}
