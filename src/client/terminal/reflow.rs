//! The treatment of the lines on the screen by a terminal that becomes narrower.

/// Which lines a terminal wraps again when it becomes narrower. It cuts off the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::client) enum Reflow {
    /// None.
    #[default]
    Nothing,
    /// The lines above the one with the cursor.
    AboveCursor,
    /// All lines.
    Everything,
}

impl Reflow {
    /// The behavior of the terminal according to its environment variables. `None` where they are
    /// inconclusive, for example over ssh, where many terminals are called `xterm`.
    pub(in crate::client) fn from_environment() -> Option<Self> {
        let has = |name: &str| std::env::var_os(name).is_some();
        let named = |variable: &str, names: &[&str]| {
            let value = std::env::var(variable).unwrap_or_default();
            names.iter().any(|name| value.starts_with(name))
        };
        let terminals = [
            "tmux",
            "alacritty",
            "foot",
            "xterm-kitty",
            "xterm-ghostty",
            "wezterm",
        ];
        let programs = ["tmux", "iTerm.app", "WezTerm", "ghostty", "vscode"];
        if has("TMUX") || named("TERM", &terminals) || named("TERM_PROGRAM", &programs) {
            Some(Reflow::Everything)
        } else if has("KONSOLE_VERSION") {
            Some(Reflow::AboveCursor)
        } else if has("VTE_VERSION") || has("WT_SESSION") {
            Some(Reflow::Everything)
        } else if !has("XTERM_VERSION") && named("TERM", &["xterm", "screen"]) {
            None
        } else {
            Some(Reflow::Nothing)
        }
    }

    /// The behavior of a terminal that answers with this name and version, or with this unit ID.
    pub(in crate::client) fn of_terminal(name: &str) -> Option<Self> {
        const EVERYTHING: [&str; 9] = [
            "tmux", "VTE", "7E565445", "kitty", "foot", "WezTerm", "iTerm2", "ghostty", "xterm.js",
        ];
        if name.starts_with("Konsole") {
            return Some(Reflow::AboveCursor);
        }
        let is_known = EVERYTHING.iter().any(|one| name.starts_with(one));
        is_known.then_some(Reflow::Everything)
    }
}
