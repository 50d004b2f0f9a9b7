//! The configuration of a session, decided before it begins.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::client::command::{JoinTarget, UserCommand};
use crate::client::event::matcher::EventMatcher;
use crate::wire::sasl::Mechanism;

/// The security of the transport to the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Transport {
    /// It stays on this machine.
    #[default]
    Loopback,
    /// Others on the way can read it.
    Plain,
    /// It is encrypted, and the certificate of the server is not checked (`--insecure`): others on
    /// the way can take the place of the server, and read it.
    Unverified,
    /// It is encrypted, for the server and no other.
    Encrypted,
}

impl Transport {
    /// Whether the connection is encrypted, to the server or to one in its place.
    pub(super) fn has_tls(self) -> bool {
        matches!(self, Self::Unverified | Self::Encrypted)
    }
}

/// The account to log in to, and how.
#[derive(Clone, Default)]
pub struct AccountLogin {
    /// The name of the account.
    pub name: String,
    /// Its password; `None` if only the certificate of the user proves who it is.
    pub password: Option<String>,
    /// The only mechanism to use; the strongest one if there is none.
    pub mechanism: Option<Mechanism>,
    /// Whether the client has a certificate of the user to show.
    pub has_certificate: bool,
    /// Whether the session goes on without the account when the login fails.
    pub is_optional: bool,
    /// The key of the nonces of this session, which must be random.
    pub nonce_key: [u8; 32],
}

/// Secrets stay out of debug output.
impl fmt::Debug for AccountLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AccountLogin").field(&self.name).finish()
    }
}

/// The configuration of a session.
#[derive(Debug, Clone, Default)]
pub struct SessionConfig {
    /// The nick to request.
    pub nick: String,
    /// Other nicks, tried in turn if that one is refused.
    pub alternatives: Vec<String>,
    /// The user name; the nick if there is none.
    pub user: Option<String>,
    /// The real name; the nick if there is none.
    pub real_name: Option<String>,
    /// The password of the server, sent with `PASS`.
    pub password: Option<String>,
    /// The account to log in to.
    pub account: Option<AccountLogin>,
    /// The security of the transport. A server can ask for encryption.
    pub transport: Transport,
    /// The network of a bouncer that this session is for, by its id: a connection is bound to it. In
    /// its absence the session is for what the address leads to.
    pub upstream: Option<String>,
    /// When the last line of the network was seen in an earlier run, in Unix milliseconds.
    pub last_seen: Option<i64>,
    /// Commands to carry out on each connect, before rooms are joined; see
    /// [`UserCommand::is_allowed_on_connect`].
    pub on_connect: Vec<UserCommand>,
    /// The rooms to join, besides those that the server joins everyone to.
    pub rooms: Vec<JoinTarget>,
    /// A person whom the user wants to whisper to.
    pub person: Option<String>,
    /// Whether this client has started the server, which is asked to stop when the user leaves.
    pub hosts: bool,
    /// Whether the input is a script: then the user is asked nothing, each line is confirmed, and a
    /// lost connection ends the session.
    pub script: bool,
    /// Whether the session goes on when the first connection fails, as it does after each later one:
    /// others go on meanwhile, and the user is asked nothing.
    pub persistent: bool,
    /// Whether a script ends at the first line that is refused.
    pub strict: bool,
    /// The event that a script waits for before it ends.
    pub wait: Option<EventMatcher>,
    /// The key of the ids of messages in this session, which must be random.
    pub once_key: [u8; 12],
    /// How long a script waits for the server after a lost connection; `None` if it ends with it.
    pub retry: Option<Duration>,
    /// When to give up, counted from the start of the program.
    pub time_limit: Option<Duration>,
    /// Whether CTCP requests of other programs are answered.
    pub ctcp: bool,
    /// Nicks and masks to ignore.
    pub ignore: Vec<String>,
    /// Words that count as a mention of the user.
    pub highlight: Vec<String>,
    /// Whether a log is kept; it also gets the messages of a script.
    pub log: bool,
    /// Aliases for the beginning of a line, without their slash.
    pub aliases: BTreeMap<String, String>,
}

impl SessionConfig {
    /// The configuration of an interactive session with this nick and nothing else.
    pub fn new(nick: &str) -> Self {
        let nick = nick.to_owned();
        Self {
            nick,
            ..Self::default()
        }
    }
}
