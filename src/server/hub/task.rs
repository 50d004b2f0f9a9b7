//! The port for work that the hub does not do itself, because it takes long or needs a file.
//!
//! A step of the hub puts a [`Task`] into the outbox. The caller has it carried out elsewhere,
//! takes no more lines from the connection meanwhile, and passes the [`Answer`] to
//! [`Hub::answered`](super::Hub::answered).

use std::fmt;
use std::net::IpAddr;

use super::ConnectionId;
use super::stored::{HistoryPage, HistoryQuery, LineStore, StoreChange};
use crate::wire::sasl::scram_server::StoredPassword;

/// A function that wakes the event loop.
pub(in crate::server) type Wake = Box<dyn Fn() + Send>;
/// The writer and the reader of the store.
pub(in crate::server) type StoreThreads = (Box<dyn LineStore>, Box<dyn TaskRunner>);

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
    /// Check a password against what an account keeps of it, which takes some 20 ms.
    CheckLogin {
        /// The connection that logs in.
        connection: ConnectionId,
        /// Its address: all addresses take turns.
        address: IpAddr,
        /// The password.
        password: ClearPassword,
        /// The verifier that the account keeps.
        stored: StoredPassword,
    },
    /// Derive the verifier of a new password, which takes some 20 ms.
    DerivePassword {
        /// The connection that has given it.
        connection: ConnectionId,
        /// Its address: all addresses take turns.
        address: IpAddr,
        /// The password.
        password: ClearPassword,
        /// The salt, which was never used before.
        salt: String,
    },
    /// Run a program that sends a code for the registration of an account.
    SendCode {
        /// The connection that registers the account.
        connection: ConnectionId,
        /// The program and its arguments.
        command: Vec<String>,
        /// Its input: account, mail address and code, a line each.
        input: ClearPassword,
    },
    /// Have the store write a change of an account or of a registered room.
    ChangeStore {
        /// The connection that has asked for it.
        connection: ConnectionId,
        /// The change.
        change: StoreChange,
    },
    /// Send the status of the server to the administrator, and the users if they are asked for.
    ReportStatus {
        /// The connection of the administrator.
        connection: ConnectionId,
        /// Whether the users are listed.
        with_users: bool,
    },
    /// Read stored messages. It is carried out when no earlier step waits for the store, so the
    /// answer has exactly the messages that the connection could have seen by then.
    ReadHistory(HistoryQuery),
}

impl Task {
    /// The connection that waits for the answer.
    pub fn connection(&self) -> ConnectionId {
        match self {
            Self::CheckPassword { connection, .. }
            | Self::CheckLogin { connection, .. }
            | Self::DerivePassword { connection, .. }
            | Self::ReportStatus { connection, .. }
            | Self::SendCode { connection, .. }
            | Self::ChangeStore { connection, .. } => *connection,
            Self::ReadHistory(query) => query.connection,
        }
    }
}

/// A password or a code as it was given. It stays out of debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct ClearPassword(pub String);

impl fmt::Debug for ClearPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClearPassword")
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
    /// The password of an account was checked.
    LoginChecked {
        /// The connection of the task.
        connection: ConnectionId,
        /// Whether it is the password.
        is_correct: bool,
    },
    /// A password was derived.
    PasswordDerived {
        /// The connection of the task.
        connection: ConnectionId,
        /// The verifier that the account keeps.
        password: StoredPassword,
    },
    /// The program that sends a code has ended.
    CodeSent {
        /// The connection of the task.
        connection: ConnectionId,
        /// Whether the program has succeeded.
        is_sent: bool,
    },
    /// The store has written a change, or could not.
    StoreChanged {
        /// The connection of the task.
        connection: ConnectionId,
        /// Whether the change is on disk.
        is_stored: bool,
    },
    /// Stored messages were read.
    HistoryRead {
        /// The connection of the task.
        connection: ConnectionId,
        /// The messages.
        page: HistoryPage,
    },
}

impl Answer {
    /// The connection that waits for it.
    pub fn connection(&self) -> ConnectionId {
        match self {
            Self::PasswordChecked { connection, .. }
            | Self::LoginChecked { connection, .. }
            | Self::PasswordDerived { connection, .. }
            | Self::CodeSent { connection, .. }
            | Self::StoreChanged { connection, .. }
            | Self::HistoryRead { connection, .. } => *connection,
        }
    }
}

/// Carries out tasks while the event loop goes on.
pub(in crate::server) trait TaskRunner: Send {
    /// Accepts a task. Its answer comes later, in the order of the tasks.
    fn submit(&mut self, task: Task);

    /// The next answer, if one is ready.
    fn next_answer(&mut self) -> Option<Answer>;
}
