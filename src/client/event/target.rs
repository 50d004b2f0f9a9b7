//! The target of a message or a mode change.

/// A room or a person. The session decides which, by the channel types of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A room, with the prefix of a rank where only members of that rank are meant.
    Room(String),
    /// A person.
    Person(String),
}

impl Target {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Room(name) | Self::Person(name) => name,
        }
    }

    /// The name, if it is a room.
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Room(name) => Some(name),
            Self::Person(_) => None,
        }
    }

    /// The name, if it is a person.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Room(_) => None,
            Self::Person(name) => Some(name),
        }
    }
}
