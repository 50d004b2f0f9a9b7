//! What a frontend needs besides the session, and how a session ends for it.

use std::io;
use std::path::{Path, PathBuf};

use crate::client::config::options::Format;
use crate::client::control::server::ControlServer;
use crate::client::net::{DriverInput, InputSender};
use crate::client::session::{CertificateFacts, CloseReason, Incomplete, Outcome, TlsFailure};
use crate::client::terminal::printer::Printer;
use crate::common::io_error::os_error_text;

/// What a frontend for a user needs besides the session.
pub(in crate::client) struct UiContext {
    /// The form of the output when it is not a terminal.
    pub(in crate::client) format: Format,
    /// The history of typed lines.
    pub(in crate::client) history_file: Option<PathBuf>,
    /// Where unsent text is saved.
    pub(in crate::client) draft_file: Option<PathBuf>,
    /// The folder for the control socket, if other programs may use the session.
    pub(in crate::client) control: Option<PathBuf>,
    /// The command for notifications and its arguments; empty if the terminal shows them.
    pub(in crate::client) notify_command: Vec<String>,
    /// The text to print first.
    pub(in crate::client) greeting: String,
}

/// How a session ended.
pub(in crate::client) struct SessionEnd {
    /// `None` when a thread of the program panicked.
    pub(in crate::client) outcome: Option<Outcome>,
    /// The signal that ended it, if one did.
    pub(in crate::client) signal: Option<i32>,
}

impl SessionEnd {
    /// Whether the server has refused the password, or the lack of one.
    pub(in crate::client) fn wants_password(&self) -> bool {
        let incomplete = self.incomplete();
        matches!(
            incomplete,
            Some(Incomplete::RegistrationRefused {
                reason: CloseReason::WrongPassword
            })
        )
    }

    /// Whether the server has refused the password of the account.
    pub(in crate::client) fn wants_account_password(&self) -> bool {
        let incomplete = self.incomplete();
        matches!(incomplete, Some(Incomplete::NotLoggedIn { failure }) if failure.is_about_password())
    }

    /// The certificate of the server, if the session ended because no authority has signed it.
    pub(in crate::client) fn unknown_certificate(&self) -> Option<&CertificateFacts> {
        match self.incomplete() {
            Some(Incomplete::NotSecure {
                failure: TlsFailure::UnknownAuthority(facts),
                ..
            }) => Some(facts),
            _ => None,
        }
    }

    /// Why not all was done, unless a signal ended it.
    fn incomplete(&self) -> Option<&Incomplete> {
        match &self.outcome {
            Some(Outcome::Incomplete(incomplete)) => Some(incomplete),
            _ => None,
        }
        .filter(|_| self.signal.is_none())
    }
}

/// Whether another session or a question can follow one that ended like this.
pub(super) fn continues(outcome: Option<&Outcome>) -> bool {
    matches!(
        outcome,
        Some(Outcome::SwitchServer { .. } | Outcome::Incomplete(_))
    )
}

/// Opens the control socket of a session in this folder.
pub(super) fn start_control_server(
    folder: &Path,
    commands: &InputSender,
) -> io::Result<ControlServer> {
    let commands = commands.clone();
    ControlServer::start(folder, move |request, answer| {
        // Without a session the caller reads the end of the answer.
        let _ = commands.send(DriverInput::Control(request, answer));
    })
}

/// The same, or a message to the user that it failed.
pub(super) fn try_control_server(
    folder: &Path,
    commands: &InputSender,
    printer: &Printer,
) -> Option<ControlServer> {
    let report = |error: &io::Error| {
        let reason = os_error_text(error);
        printer.push(format!(
            "other programs cannot use this session: {reason}\n"
        ));
    };
    start_control_server(folder, commands)
        .inspect_err(report)
        .ok()
}
