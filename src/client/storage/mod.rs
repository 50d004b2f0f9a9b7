//! The files that the client writes: drafts with unsent lines, the log, the certificates that the user
//! has accepted, the hosts that ask for encryption, and when the last line was seen.
//!
//! It must not know sockets, the session or the editor: it gets text and events, and writes them in
//! threads of its own. It imports `view`, `event`, `config`, `command`, `terminal` and `common`; `net`,
//! `editor`, `ui` and `app` import it.

mod damaged;
mod draft_file;
pub(super) mod drafts;
pub(in crate::client) mod history;
pub(super) mod known_certificates;
pub(in crate::client) mod last_seen;
mod lock;
pub(super) mod log;
pub(in crate::client) mod network_drafts;
mod replace;
pub(in crate::client) mod saved_draft;
pub(super) mod sts_policies;
