//! Helpers for several kinds of lines from the server.

use crate::wire::Message;

/// The parameters from `index` on, joined by spaces.
pub(super) fn parameters_from(message: &Message<'_>, index: usize) -> String {
    message
        .parameters
        .get(index..)
        .unwrap_or_default()
        .join(" ")
}

/// Whether `nick` is `wanted`, truncated by a server with shorter nicks.
pub(in crate::client::session) fn is_truncated_nick(nick: &str, wanted: &str) -> bool {
    let start = wanted.get(..nick.len());
    nick.len() < wanted.len() && start.is_some_and(|start| start.eq_ignore_ascii_case(nick))
}
