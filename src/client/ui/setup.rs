//! The context of a frontend besides the sessions, and how they end for it.

use std::io;
use std::path::{Path, PathBuf};

use crate::client::config::options::Format;
use crate::client::control::server::ControlServer;
use crate::client::net::{DriverInput, InputSender};
use crate::client::session::{
    CertificateFacts, CloseReason, Incomplete, Networks, Outcome, TlsFailure,
};
use crate::client::terminal::printer::Printer;
use crate::client::view::scrollback::ActivePlace;
use crate::common::io_error::os_error_text;

/// The context of a frontend for a user, besides the sessions.
pub(in crate::client) struct UiContext {
    /// The form of the output when it is not a terminal.
    pub(in crate::client) format: Format,
    /// The folder for the control socket, if other programs may use the sessions.
    pub(in crate::client) control: Option<PathBuf>,
    /// The command for notifications and its arguments; empty if the terminal shows them.
    pub(in crate::client) notify_command: Vec<String>,
    /// The text to print first.
    pub(in crate::client) greeting: String,
}

/// How a run of sessions ended.
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

    /// The cause of an incomplete run, unless a signal ended it.
    fn incomplete(&self) -> Option<&Incomplete> {
        match &self.outcome {
            Some(Outcome::Incomplete(incomplete)) => Some(incomplete),
            _ => None,
        }
        .filter(|_| self.signal.is_none())
    }
}

/// Whether a question can follow a run that ended like this.
pub(super) fn continues(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Incomplete(_)))
}

/// Which network and which room the lines above the prompt need not name.
pub(super) fn shown_in(networks: &Networks) -> ActivePlace<'_> {
    let active = networks.active();
    ActivePlace {
        is_several: networks.is_several(),
        network: active.map(|network| network.id),
        room: active.and_then(|network| network.session.active_room()),
    }
}

/// Opens the control socket of a run in this folder.
pub(super) fn start_control_server(
    folder: &Path,
    commands: &InputSender,
) -> io::Result<ControlServer> {
    let commands = commands.clone();
    ControlServer::start(folder, move |request, answer| {
        // Without sessions the caller reads the end of the answer.
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
            "Other programs cannot use this session: {reason}.\n"
        ));
    };
    start_control_server(folder, commands)
        .inspect_err(report)
        .ok()
}
