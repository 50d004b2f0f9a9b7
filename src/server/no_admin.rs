//! The subcommands for stored messages in a build without a store: they are errors.

use super::config::options::{
    AccountAction, BanAction, HistoryAction, RoomAction, StatusOptions, StoreAction,
};
use super::error::ServerError;

/// Refuses `chatroomd store`.
pub(super) fn run_store(_: &StoreAction) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}

/// Refuses `chatroomd history`.
pub(super) fn run_history(_: &HistoryAction) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}

/// Refuses `chatroomd account`.
pub(super) fn run_account(_: &AccountAction) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}

/// Refuses `chatroomd status`.
pub(super) fn run_status(_: &StatusOptions) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}

/// Refuses `chatroomd room`.
pub(super) fn run_room(_: &RoomAction) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}

/// Refuses `chatroomd ban`.
pub(super) fn run_ban(_: &BanAction) -> Result<(), ServerError> {
    Err(ServerError::NoStore)
}
