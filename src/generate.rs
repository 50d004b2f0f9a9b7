//! What both programs can print about themselves: the man page and shell completions, made from
//! the same description that parses their options.

use std::io::{self, Write};

use clap::{Command, ValueEnum};
use clap_complete::Shell;

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generated {
    /// The man page, in roff.
    Man,
    /// Completions for bash.
    CompleteBash,
    /// Completions for zsh.
    CompleteZsh,
    /// Completions for fish.
    CompleteFish,
    /// Completions for elvish.
    CompleteElvish,
    /// Completions for PowerShell.
    CompletePowershell,
}

impl Generated {
    /// Writes it, for the program that `command` describes.
    pub fn write(self, mut command: Command, out: &mut dyn Write) -> io::Result<()> {
        let name = command.get_name().to_owned();
        let shell = match self {
            Self::Man => return clap_mangen::Man::new(command).render(out),
            Self::CompleteBash => Shell::Bash,
            Self::CompleteZsh => Shell::Zsh,
            Self::CompleteFish => Shell::Fish,
            Self::CompleteElvish => Shell::Elvish,
            Self::CompletePowershell => Shell::PowerShell,
        };
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut text);
        out.write_all(&text)
    }
}
