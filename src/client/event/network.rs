//! The identity of a network: its number in a run, and its name.

use std::fmt;
use std::sync::Arc;

/// The number of a network in a run of the program. It is given once and never again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkId(pub u32);

/// The name of a network: that of its table in the configuration, or else its host, with the port
/// where that is not the usual one. Clones share the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkName(Arc<str>);

impl NetworkName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for NetworkName {
    /// No name: an event that belongs to no network.
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for NetworkName {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
