//! The port for work that the hub does not do itself, because it takes long or needs a file.
//!
//! A step of the hub puts a [`Task`] into the outbox. The caller has it carried out elsewhere,
//! takes no more lines from the connection meanwhile, and passes the [`Answer`] to
//! [`Hub::answered`](super::Hub::answered).

use super::ConnectionId;

/// Work to do outside the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Check a password against a hash in the PHC string format, which takes some milliseconds.
    CheckPassword {
        /// The connection that gave the password.
        connection: ConnectionId,
        /// The password.
        password: String,
        /// The hash.
        hash: String,
    },
}

impl Task {
    /// The connection that waits for the answer.
    pub fn connection(&self) -> ConnectionId {
        let Self::CheckPassword { connection, .. } = self;
        *connection
    }
}

/// The result of a [`Task`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A password was checked.
    PasswordChecked {
        /// The connection of the task.
        connection: ConnectionId,
        /// Whether the password belongs to the hash.
        is_correct: bool,
    },
}

impl Answer {
    /// The connection that waits for it.
    pub fn connection(&self) -> ConnectionId {
        let Self::PasswordChecked { connection, .. } = self;
        *connection
    }
}

/// Carries out tasks while the event loop goes on.
pub(in crate::server) trait TaskRunner: Send {
    /// Accepts a task. Its answer comes later, in the order of the tasks.
    fn submit(&mut self, task: Task);

    /// The next answer, if one is ready.
    fn next_answer(&mut self) -> Option<Answer>;
}
