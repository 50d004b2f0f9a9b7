//! The documents that `chatroomd --generate` prints.

use std::io;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::ServerOptions;
use crate::common::generate::{self, Generated};
use crate::server::hub::{Limit, Limits};

/// The configuration file with every key but the limits.
const EXAMPLE: &str = include_str!("../example.toml");

/// Something to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum ServerDocument {
    /// A configuration file with every key explained.
    Config,
    /// A document that both programs can print.
    Generated(Generated),
}

const DOCUMENTS: &[ServerDocument] = &[
    ServerDocument::Generated(Generated::Man),
    ServerDocument::Generated(Generated::CompleteBash),
    ServerDocument::Generated(Generated::CompleteZsh),
    ServerDocument::Generated(Generated::CompleteFish),
    ServerDocument::Generated(Generated::CompleteElvish),
    ServerDocument::Generated(Generated::CompletePowershell),
    ServerDocument::Config,
];

impl ValueEnum for ServerDocument {
    fn value_variants<'a>() -> &'a [Self] {
        DOCUMENTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Generated(generated) => generated.to_possible_value(),
            Self::Config => Some(
                PossibleValue::new("config").help("A configuration file with every key explained"),
            ),
        }
    }
}

impl ServerDocument {
    /// Prints it. A closed pipe, as from a pager, is not an error.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub(in crate::server) fn print(self) -> io::Result<()> {
        match self {
            Self::Config => generate::print(example().as_bytes()),
            Self::Generated(generated) => generated.print::<ServerOptions>(),
        }
    }
}

/// The configuration file with every key, all of them commented out.
pub(in crate::server::config) fn example() -> String {
    let usual = &mut Limits::default();
    let limits = Limit::ALL.iter().map(|limit| {
        let line = format!("#{} = {}", limit.key, (limit.field)(usual));
        match limit.description {
            "" => format!("\n{line}\n"),
            words => format!("\n# {words}\n{line}\n"),
        }
    });
    let limits: String = limits.collect();
    format!("{EXAMPLE}{limits}")
}
