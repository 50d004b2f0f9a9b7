//! The setup of the driver and of its networks.

use std::collections::VecDeque;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::dial::Dialer;
use super::remembered::RememberedSecurity;
use crate::client::config::address::Address;
use crate::client::config::proxy::ProxyAddress;
use crate::client::config::trust::{IdentityFiles, Trust};
use crate::client::event::NetworkName;
use crate::client::session::Session;
use crate::common::shared_error::SharedError;

/// A network to run, and what is needed to connect to it again.
pub(in crate::client) struct NetworkSetup {
    /// The name of the network.
    pub(in crate::client) name: NetworkName,
    /// The first connection; `None` if the driver makes it.
    pub(in crate::client) stream: Option<TcpStream>,
    /// The address to connect to.
    pub(in crate::client) address: Address,
    /// The other addresses to try, in this order.
    pub(in crate::client) others: VecDeque<Address>,
    /// The proxy to connect through.
    pub(in crate::client) proxy: Option<ProxyAddress>,
    /// Which certificates are trusted there.
    pub(in crate::client) trust: Trust,
    /// Whether the user may accept a certificate that no authority has signed.
    pub(in crate::client) may_accept: bool,
    /// The certificate to show there.
    pub(in crate::client) identity: Option<IdentityFiles>,
    /// The files of the user for it.
    pub(in crate::client) files: NetworkFiles,
    /// Notices about it for the user.
    pub(in crate::client) notices: Vec<String>,
    /// Its session.
    pub(in crate::client) session: Session,
}

/// The files of the user for one network.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct NetworkFiles {
    /// The history of typed lines.
    pub(in crate::client) history: Option<PathBuf>,
    /// Where it is kept when the last line was seen.
    pub(in crate::client) seen: Option<PathBuf>,
    /// Where unsent text is saved.
    pub(in crate::client) drafts: Option<PathBuf>,
    /// The folder of the log, if one is kept.
    pub(in crate::client) log: Option<PathBuf>,
}

/// The setup that all networks of a run share.
pub(in crate::client) struct DriverSetup {
    /// The start of the program: session times count from here.
    pub(in crate::client) started: Instant,
    /// Connects to servers.
    pub(in crate::client) dialer: Dialer,
    /// The remembered encryption of servers.
    pub(in crate::client) remembered: RememberedSecurity,
    /// Resolves and connects to a server for `/connect`.
    pub(in crate::client) prepare: PrepareNetwork,
    /// Finds the files of a network by its name.
    pub(in crate::client) files_of: FilesOfNetwork,
}

/// The files of a network that is not in the configuration, by its name.
#[derive(Clone)]
pub(in crate::client) struct FilesOfNetwork(
    pub(in crate::client) Arc<dyn Fn(&NetworkName) -> NetworkFiles + Send + Sync>,
);

/// Makes everything for one more network: a server as it was typed, with the password of the account
/// if the user was asked for it. It blocks until the connection is made.
#[derive(Clone)]
pub(in crate::client) struct PrepareNetwork(pub(in crate::client) Arc<PrepareFn>);

type PrepareFn = dyn Fn(&str, Option<String>) -> Result<NetworkSetup, PrepareFailure> + Send + Sync;

/// Why there is no connection to one more network.
pub(in crate::client) enum PrepareFailure {
    /// This error says why.
    Failed(SharedError),
    /// The password of this account is missing.
    NeedsAccountPassword(String),
}
