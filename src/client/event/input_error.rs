//! The errors of input from the user or a script.

use std::fmt;

use super::DeliveryReport;
use crate::client::command::ParseError;
use crate::client::event::json::ScriptInputError;
use crate::common::sentence::end_sentence;
use crate::common::shared_error::SharedError;
use crate::wire::outgoing::WriteError;

/// The error of an input that was not carried out. Nothing was sent for it.
///
/// The text of some errors comes from a server or another program; it is not sanitized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputError {
    /// The line is not a command.
    Parse(ParseError),
    /// There is no such command, but an alias that is close to it.
    UnknownCommand {
        /// The command as typed, without the slash.
        name: String,
        /// The alias or command that may have been meant.
        suggestion: String,
    },
    /// There is no such command to explain.
    NoHelp {
        /// The name of the command, without the slash.
        name: String,
        /// A command that is close to it.
        nearest: Option<&'static str>,
    },
    /// A pasted text of several lines begins with a command.
    CommandInPaste,
    /// The line cannot be written.
    Write(WriteError),
    /// The user is in no room.
    NoRoom,
    /// The user is not in this room, in which the line was typed.
    NotInRoom(String),
    /// The user is in no room with this name or number.
    NoSuchRoom(String),
    /// The server has not let the user into this room.
    NotJoined(String),
    /// The server has not confirmed that the user left this room.
    NotParted(String),
    /// No one has whispered to the user.
    NoWhisperer,
    /// The last person who whispered to the user has left.
    WhispererLeft(String),
    /// There is no connection.
    NotConnected,
    /// Too many lines wait for the connection.
    QueueFull,
    /// The mask is not on the ignore list.
    NotIgnored(String),
    /// The command cannot run on connect.
    NotOnConnect,
    /// A script has no screen.
    NoScreen,
    /// A script stays on its server.
    ScriptKeepsServer,
    /// A script stays connected.
    ScriptKeepsConnection,
    /// Leaving would close the room that this client hosts for others.
    RoomInUse {
        /// One of them.
        nick: String,
        /// The number of the others.
        others: usize,
    },
    /// The other network cannot be reached.
    NotAdded(SharedError),
    /// There is no network with this name.
    NoSuchNetwork(String),
    /// The user is connected to this network already.
    AlreadyConnected(String),
    /// This network, to which the line would be sent, is no longer there.
    NetworkGone(String),
    /// The same in a script, which cannot add a network.
    ScriptNetworkGone(String),
    /// The same as [`Self::NetworkGone`], and its bouncer does not have it any more.
    NetworkRemoved(String),
    /// There is no other network to go on with.
    OnlyNetwork,
    /// The server has reported a failure (`FAIL`). IRCv3 standard-replies.
    Fail {
        /// The text of the server.
        text: String,
        /// The command that was typed, if it is known.
        command: Option<String>,
    },
    /// The server does not register accounts. IRCv3 account-registration.
    NoRegistration,
    /// The password would be sent where others can read it.
    PasswordInClear,
    /// The password would be sent to a server whose certificate is not checked.
    PasswordUnverified,
    /// No account waits for a code.
    NothingToVerify,
    /// An earlier line was refused, and the script is strict.
    Strict,
    /// The script was interrupted.
    Interrupted(DeliveryReport),
    /// The line of the script has more bytes than this.
    LineTooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// The line of the script is not UTF-8.
    NotUtf8,
    /// The line of the script is not an input object.
    Object(ScriptInputError),
    /// An error of the past, read from a record.
    Recorded(String),
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::UnknownCommand { name, suggestion } => {
                write!(
                    f,
                    "There is no command /{name}. Did you mean /{suggestion}?"
                )
            }
            Self::NoHelp {
                name,
                nearest: Some(nearest),
            } => write!(
                f,
                "There is no command /{name}. Did you mean /help {nearest}?"
            ),
            Self::NoHelp {
                name,
                nearest: None,
            } => write!(f, "There is no command /{name}. /help lists the commands."),
            Self::CommandInPaste => f.write_str(
                "A multi-line paste cannot start with a command. Send commands one at a time.",
            ),
            Self::Write(error) => error.fmt(f),
            Self::NoRegistration => f.write_str(
                "This server does not register accounts by itself. Try /msg NickServ help \
                 register.",
            ),
            Self::PasswordUnverified => f.write_str(
                "With --insecure, the password could be sent to another server. Connect with \
                 --fingerprint first.",
            ),
            Self::PasswordInClear => f.write_str(
                "The password would be sent without encryption. Connect with ircs://HOST first.",
            ),
            Self::NothingToVerify => {
                f.write_str("No account waits for a code. Use /verify ACCOUNT CODE.")
            }
            Self::NoRoom => f.write_str("You are in no room. /join #ROOM joins one."),
            Self::NotInRoom(room) => write!(
                f,
                "You are not in {room}. /join {room} joins it, /room #ROOM switches to another."
            ),
            Self::NoSuchRoom(room) => {
                write!(f, "You have no room {room}. /rooms lists your rooms.")
            }
            Self::NotJoined(room) => write!(
                f,
                "The server did not confirm that you joined {room}. /rooms lists your rooms."
            ),
            Self::NotParted(room) => write!(
                f,
                "The server did not confirm that you left {room}. /rooms lists your rooms."
            ),
            Self::NoWhisperer => {
                f.write_str("No one has whispered to you yet. @NICK TEXT whispers to NICK.")
            }
            Self::WhispererLeft(nick) => {
                write!(f, "{nick}, who whispered to you last, has left.")
            }
            Self::NotConnected => f.write_str("Not connected. Try again later."),
            Self::QueueFull => f.write_str(
                "Too many lines are waiting for the connection. Send this one again when they are \
                 sent.",
            ),
            Self::NotIgnored(mask) => {
                write!(
                    f,
                    "{mask} is not ignored. /ignore lists the masks that are."
                )
            }
            Self::NotOnConnect => f.write_str(
                "This command cannot be used in on-connect. Use /msg, /notice, /mode NICK, /nick, \
                 /away, /join or /raw.",
            ),
            Self::NoScreen => f.write_str(
                "A script has no screen: /clear, /history, /search and /set do not work.",
            ),
            Self::ScriptKeepsServer => f.write_str(
                "A script cannot connect to another network or leave one. Name its networks on the \
                 command line.",
            ),
            Self::ScriptKeepsConnection => {
                f.write_str("A script cannot reconnect. Start chatroom again for a new connection.")
            }
            Self::RoomInUse { nick, others } => {
                let here = match others {
                    0 => format!("{nick} is here"),
                    1 => format!("{nick} and 1 other are here"),
                    many => format!("{nick} and {many} others are here"),
                };
                write!(
                    f,
                    "{here} and the room closes with you: /quit again closes it, /quit --keep \
                     leaves it running."
                )
            }
            Self::NotAdded(error) => f.write_str(&end_sentence(error.to_string())),
            Self::NoSuchNetwork(name) => {
                write!(f, "You have no network {name}. /networks lists yours.")
            }
            Self::AlreadyConnected(name) => write!(
                f,
                "{name} is one of your networks already. /room {name} switches to it."
            ),
            Self::NetworkGone(name) => write!(
                f,
                "{name} is gone. /room #ROOM switches to another network, /connect {name} connects \
                 again."
            ),
            Self::ScriptNetworkGone(name) => {
                write!(f, "Not sent: the connection to {name} has ended.")
            }
            Self::NetworkRemoved(name) => write!(
                f,
                "{name} is gone: the bouncer does not have it any more. /room #ROOM switches to \
                 another network."
            ),
            Self::OnlyNetwork => f.write_str(
                "This is your only network. /connect SERVER adds another, /quit leaves.",
            ),
            Self::Fail { text, command } => {
                f.write_str(&end_sentence(text.clone()))?;
                match command {
                    Some(command) => write!(f, " Not done: {command}"),
                    None => Ok(()),
                }
            }
            Self::Recorded(text) => f.write_str(text),
            Self::Strict => {
                f.write_str("The lines after this one are not sent, because of --strict.")
            }
            Self::Interrupted(report) => write!(f, "Interrupted; {report}."),
            Self::LineTooLong { bytes_max } => write!(
                f,
                "Not sent: the line is longer than {} KiB.",
                bytes_max / 1_024
            ),
            Self::NotUtf8 => f.write_str("Not sent: the line is not UTF-8."),
            Self::Object(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InputError {}

impl From<ParseError> for InputError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

impl From<WriteError> for InputError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}
