//! Parsed commands: the value that goes from the parser to the code that carries it out.

/// The command in a typed line.
///
/// Names are as they were typed. Which of them are rooms of the server is for the session to
/// decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCommand {
    /// An empty line: nothing to do.
    Nothing,
    /// Send a message to the active room.
    Say {
        /// The message.
        text: String,
    },
    /// Send a message to a person, or to a room that need not be the active one.
    Message {
        /// A nick or a room, with the prefix of a rank where only members of that rank get it.
        target: String,
        /// The message.
        text: String,
    },
    /// Send an action, shown as `* alice waves`. CTCP ACTION.
    Action {
        /// The text after the nick.
        text: String,
    },
    /// Change the nick.
    Nick {
        /// The new nick.
        nick: String,
    },
    /// List the members of a room with details.
    Who {
        /// The active room if none is named.
        room: Option<String>,
        /// Whether to show all, however many they are.
        all: bool,
    },
    /// List the nicks of the members of a room.
    Names {
        /// The active room if none is named.
        room: Option<String>,
    },
    /// Ask the server about a person.
    Whois {
        /// The person.
        nick: String,
    },
    /// Join a room, or make it the active one.
    Join {
        /// The room.
        room: String,
        /// Its key, if it has one.
        key: Option<String>,
    },
    /// Leave a room.
    Part {
        /// The active room if none is named.
        room: Option<String>,
        /// The reason for the other members.
        reason: Option<String>,
    },
    /// Show or set the topic of a room.
    Topic {
        /// The active room if none is named.
        room: Option<String>,
        /// The new topic; empty to delete it.
        topic: Option<String>,
    },
    /// Mark the user as away, or as back if there is no message.
    Away {
        /// The away message.
        message: Option<String>,
    },
    /// Make another room the active one.
    SwitchRoom {
        /// Its name or its number in the list of rooms; the room with the most unread messages if
        /// none is named.
        room: Option<String>,
    },
    /// List the rooms that the user is in.
    Rooms,
    /// List the rooms of the server.
    List {
        /// The filter, passed to the server.
        filter: Option<String>,
        /// Whether to show all, however many they are.
        all: bool,
    },
    /// Send a message to the last person who whispered to the user.
    Reply {
        /// The message.
        text: String,
    },
    /// Send a NOTICE, which programs must not answer.
    Notice {
        /// A nick or a room.
        target: String,
        /// The message.
        text: String,
    },
    /// Ask the program of a person. CTCP.
    Ctcp {
        /// A nick or a room.
        target: String,
        /// The CTCP request, in capitals: `VERSION`.
        request: String,
        /// The text after the request.
        text: Option<String>,
    },
    /// Invite a person to a room.
    Invite {
        /// The person.
        nick: String,
        /// The active room if none is named.
        room: Option<String>,
    },
    /// Register the nick as an account.
    Register {
        /// The address to verify it with.
        email: Option<String>,
        /// The password of the account.
        password: String,
    },
    /// Complete the registration of an account.
    Verify {
        /// The account; the one that waits for it if none is named.
        account: Option<String>,
        /// The code that the server has sent.
        code: String,
    },
    /// Become a server operator.
    Oper {
        /// The name of the operator.
        name: String,
        /// The password of the operator; `None` for one that is known by the account or certificate.
        password: Option<String>,
    },
    /// Kick a member from a room.
    Kick {
        /// The active room if none is named.
        room: Option<String>,
        /// The member.
        nick: String,
        /// The reason.
        reason: Option<String>,
    },
    /// Show or change the modes of a room or of the user.
    Mode {
        /// A room or a nick; the active room if none is named.
        target: Option<String>,
        /// The change in the letters of IRC; empty to show the modes.
        change: String,
    },
    /// Ignore a person, or list the ignored ones.
    Ignore {
        /// A nick or a mask.
        mask: Option<String>,
    },
    /// Stop ignoring a person.
    Unignore {
        /// The nick or mask that was ignored.
        mask: String,
    },
    /// Send a line to the server unchanged.
    Raw {
        /// The line.
        line: String,
    },
    /// Connect to one more network.
    Connect {
        /// An address, or the name of a server in the configuration.
        server: String,
    },
    /// Leave a network.
    Disconnect {
        /// Its name; the active one if none is named.
        network: Option<String>,
    },
    /// List the networks.
    Networks,
    /// Change or show something on the screen; the server is not involved.
    Local(LocalCommand),
    /// Disconnect and connect again to the same server.
    Reconnect,
    /// Explain the commands.
    Help {
        /// The command to explain; all if none is named.
        command: Option<String>,
    },
    /// Leave the server and end the program.
    Quit {
        /// The reason for other users.
        reason: Option<String>,
        /// A room that this client hosts stays open.
        keep: bool,
    },
}

/// A command that only concerns the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalCommand {
    /// Clear the screen.
    Clear,
    /// Show the last lines again.
    History {
        /// Only those of this room.
        room: Option<String>,
        /// The number of lines.
        count: usize,
    },
    /// Show the lines that contain a text.
    Search {
        /// The text, in any letter case.
        text: String,
    },
    /// Show or change a setting.
    Set {
        /// Its name; all settings if none is named.
        name: Option<String>,
        /// Its new value.
        value: Option<String>,
    },
}

impl UserCommand {
    /// The command with each of its texts replaced, if it can run on connect. Its kind stays the same,
    /// whatever the texts become.
    pub(in crate::client) fn try_map_texts<E>(
        self,
        replace: impl Fn(&str) -> Result<String, E>,
    ) -> Result<Self, E> {
        let optional = |text: Option<String>| text.map(|text| replace(&text)).transpose();
        Ok(match self {
            Self::Message { target, text } => Self::Message {
                target: replace(&target)?,
                text: replace(&text)?,
            },
            Self::Notice { target, text } => Self::Notice {
                target: replace(&target)?,
                text: replace(&text)?,
            },
            Self::Mode { target, change } => Self::Mode {
                target: optional(target)?,
                change: replace(&change)?,
            },
            Self::Join { room, key } => Self::Join {
                room: replace(&room)?,
                key: optional(key)?,
            },
            Self::Nick { nick } => Self::Nick {
                nick: replace(&nick)?,
            },
            Self::Away { message } => Self::Away {
                message: optional(message)?,
            },
            Self::Oper { name, password } => Self::Oper {
                name: replace(&name)?,
                password: optional(password)?,
            },
            Self::Raw { line } => Self::Raw {
                line: replace(&line)?,
            },
            other => other,
        })
    }

    /// Whether the command can run on connect, before rooms are joined: it needs no room that the
    /// user must be in.
    pub fn is_allowed_on_connect(&self) -> bool {
        matches!(
            self,
            Self::Message { .. }
                | Self::Notice { .. }
                | Self::Mode {
                    target: Some(_),
                    ..
                }
                | Self::Join { .. }
                | Self::Nick { .. }
                | Self::Away { .. }
                | Self::Oper { .. }
                | Self::Raw { .. }
        )
    }
}
