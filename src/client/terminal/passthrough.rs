//! Control sequences for the terminal around a terminal multiplexer, which does not know them and
//! passes them on only in an envelope of its own.

use std::env;

/// The multiplexer that the program runs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::client) enum Passthrough {
    /// None.
    #[default]
    None,
    /// tmux. It passes sequences on with `set -g allow-passthrough on`.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Passthrough {
    /// The multiplexer according to its environment variables.
    pub(in crate::client) fn from_environment() -> Self {
        match (env::var_os("TMUX"), env::var_os("STY")) {
            (Some(_), _) => Self::Tmux,
            (None, Some(_)) => Self::Screen,
            (None, None) => Self::None,
        }
    }

    /// The sequence in the envelope of the multiplexer (tmux(1), `allow-passthrough`; screen(1),
    /// "Control Sequences").
    pub(in crate::client) fn wrap(self, sequence: &str) -> String {
        match self {
            Self::None => sequence.to_owned(),
            Self::Tmux => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
            Self::Screen => format!("\x1bP{sequence}\x1b\\"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_wrapped_for_its_multiplexer() {
        let wrap = |multiplexer: Passthrough| multiplexer.wrap("\x1b]9;hi\x07");
        assert_eq!(wrap(Passthrough::None), "\x1b]9;hi\x07");
        assert_eq!(wrap(Passthrough::Tmux), "\x1bPtmux;\x1b\x1b]9;hi\x07\x1b\\");
        assert_eq!(wrap(Passthrough::Screen), "\x1bP\x1b]9;hi\x07\x1b\\");
    }
}
