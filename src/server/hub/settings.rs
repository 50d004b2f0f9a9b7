//! Input of the hub besides lines: its settings, and why a connection ended.

use std::fmt;

use super::{CertificateFingerprint, IpNetwork, Limits};
use crate::wire::{Nick, RoomName};

/// An account for `OPER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name.
    pub name: String,
    /// The credential that a user needs.
    pub credential: Credential,
    /// The rights of the operator.
    pub may: OperatorRights,
}

/// A row is a right of operators, its bit, and its word in the configuration.
macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident $bit:literal $word:literal;)*) => {
        /// Something that an operator of the server may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum OperatorRight {
            $($(#[$doc])* $name = 1 << $bit,)*
        }

        impl OperatorRight {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its word in the configuration.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

rights! {
    /// `KLINE`, `DLINE` and the others.
    Ban 0 "ban";
    /// `KILL`.
    Kill 1 "kill";
    /// `REHASH`.
    Rehash 2 "rehash";
    /// To do with each registered room what its founder can.
    Rooms 3 "rooms";
    /// `WALLOPS`.
    Wallops 4 "wallops";
}

/// A set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorRights(u8);

impl OperatorRights {
    /// No right.
    pub const NONE: Self = Self(0);
    /// All rights, also those of later versions.
    pub const ALL: Self = Self(u8::MAX);

    /// The same set with one more right.
    pub fn with(self, right: OperatorRight) -> Self {
        Self(self.0 | right as u8)
    }

    /// Whether the right is in it.
    pub fn has(self, right: OperatorRight) -> bool {
        self.0 & right as u8 != 0
    }
}

/// The credential of an operator: a password, or an account or a certificate that the user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The password in plain text.
    Plain(String),
    /// The hash of the password, in the PHC string format.
    Hash(String),
    /// The account to be logged in to.
    Account(Nick),
    /// The fingerprint of the certificate of the connection.
    Certificate(CertificateFingerprint),
}

/// The settings of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// The name of the server, in the form of a host name.
    pub name: String,
    /// The name of the network, one word.
    pub network: String,
    /// The message of the day as lines; empty if there is none.
    pub motd: Vec<String>,
    /// The password that `PASS` has to give, if one is required.
    pub password: Option<String>,
    /// The accounts for `OPER`.
    pub operators: Vec<Operator>,
    /// The room that every user joins at registration, if there is one.
    pub lobby: Option<RoomName>,
    /// The policy that makes clients connect with TLS, if there is one.
    pub sts: Option<StsPolicy>,
    /// The users who can register accounts.
    pub registration: Registration,
    /// Whether clients can register accounts before they have joined.
    pub register_before_connect: bool,
    /// Whether clients can send passwords of accounts without TLS, from other machines, too.
    pub plain_without_tls: bool,
    /// Whether the name of an account is a nick that only its users can have.
    pub reserve_nicks: bool,
    /// Whether users see each other's addresses only as cloaked hosts.
    pub cloak: bool,
    /// The proxies in front of the server.
    pub proxies: ProxySettings,
    /// The gateways that connect for other users.
    pub gateways: Vec<Gateway>,
    /// The rooms whose messages are kept, if there is a store.
    pub stored_rooms: StoredRooms,
    /// Whether whispers of users with accounts are kept, if there is a store.
    pub stores_whispers: bool,
    /// Whether joins, parts and the like in stored rooms are kept.
    pub stores_events: bool,
    /// How many stored messages a client gets when it joins a room; 0 for none.
    pub history_on_join: u32,
    /// The limits.
    pub limits: Limits,
}

/// The users who can register accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Registration {
    /// Only the administrator.
    #[default]
    Closed,
    /// Every user.
    Open,
    /// Users with a code from the administrator.
    Code,
    /// Users who get a code from this program, which is given with its arguments.
    Command(Vec<String>),
}

/// The rooms whose messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoredRooms {
    /// The lobby.
    Lobby,
    /// The lobby and all registered rooms.
    #[default]
    Registered,
    /// All rooms.
    All,
}

/// Strict transport security: clients connect with TLS only, for some time.
/// <https://ircv3.net/specs/extensions/sts>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StsPolicy {
    /// The port for connections with TLS.
    pub port: u16,
    /// How long a client keeps to the policy after each connection, in seconds; 0 ends it.
    pub seconds: u32,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            name: "chatroomd.local".to_owned(),
            network: "chatting-room".to_owned(),
            motd: Vec::new(),
            password: None,
            operators: Vec::new(),
            lobby: RoomName::parse("#lobby").ok(),
            sts: None,
            registration: Registration::Closed,
            register_before_connect: true,
            plain_without_tls: false,
            reserve_nicks: true,
            cloak: true,
            proxies: ProxySettings::default(),
            gateways: Vec::new(),
            stored_rooms: StoredRooms::default(),
            stores_whispers: true,
            stores_events: false,
            history_on_join: 0,
            limits: Limits::default(),
        }
    }
}

/// The proxies whose connections begin with a header of the PROXY protocol.
/// <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// Their addresses.
    pub from: Vec<IpNetwork>,
    /// The ports of the server where they connect; all if there are none.
    pub ports: Vec<u16>,
}

/// A gateway, such as a web client, which names the address of each user with `WEBIRC`.
/// <https://ircv3.net/specs/extensions/webirc>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The name that it sends.
    pub name: String,
    /// Its addresses.
    pub from: Vec<IpNetwork>,
    /// The hash of its password, in the PHC string format.
    pub password_hash: String,
}

/// The reason to close a connection that pretends to be one of a proxy.
pub(super) const REFUSED_PROXY_HEADER: &str =
    "This address is not that of a proxy, so it may not send a PROXY header";

/// Why a connection ended, as `net` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The peer closed it.
    Closed,
    /// It failed with an error.
    Lost,
    /// Its send queue exceeded a limit.
    SendQueueFull,
    /// A line exceeded the receive queue.
    LineTooLong,
    /// A proxy has not sent a header of the PROXY protocol in time.
    NoProxyHeader,
    /// A proxy has sent something else than a header of the PROXY protocol.
    BadProxyHeader,
    /// An address that is not that of a proxy has sent such a header.
    ProxyHeaderRefused,
}

impl DisconnectReason {
    /// Whether the server ends it, so that the peer can still be sent the reason.
    pub(in crate::server) fn is_local(self) -> bool {
        !matches!(self, Self::Closed | Self::Lost)
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Connection closed",
            Self::Lost => "Connection lost",
            Self::SendQueueFull => "SendQ exceeded",
            Self::LineTooLong => "Line too long",
            Self::NoProxyHeader => "The header of the PROXY protocol is missing",
            Self::BadProxyHeader => {
                "Connections from this address must begin with a valid header of the PROXY protocol"
            }
            Self::ProxyHeaderRefused => REFUSED_PROXY_HEADER,
        })
    }
}
