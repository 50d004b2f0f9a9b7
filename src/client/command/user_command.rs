//! What a typed line asks for.

use std::borrow::Cow;

/// What a typed line asks for, borrowed from the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCommand<'a> {
    /// An empty line: nothing at all.
    Nothing,
    /// Say this to everybody in the active room.
    Say {
        /// What to say.
        text: &'a str,
    },
    /// Say this to one person, or to a room that is not the active one.
    Tell {
        /// A nick or a room.
        target: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// Say what one does: `* alice waves`.
    Act {
        /// What stands behind the nick.
        text: &'a str,
    },
    /// Take another nick.
    Nick {
        /// The new one.
        nick: &'a str,
    },
    /// List who is in a room.
    Who {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// List only the nicks of those in a room.
    Names {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// Ask all about one person.
    Whois {
        /// That person.
        nick: &'a str,
    },
    /// Enter a room, or make it the active one.
    Join {
        /// The room.
        room: Cow<'a, str>,
        /// Its key, where it has one.
        key: Option<&'a str>,
    },
    /// Leave a room.
    Part {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
    /// See or set what a room is about.
    Topic {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// The new topic.
        topic: Option<&'a str>,
    },
    /// Be away, or back when there is no message.
    Away {
        /// What those who whisper are told.
        message: Option<&'a str>,
    },
    /// Make another room the active one.
    Switch {
        /// Its name, or its number in the list of rooms; where something is unread when none is
        /// named.
        room: Option<&'a str>,
    },
    /// List the rooms this person is in.
    Rooms,
    /// List the rooms there are on the server.
    List {
        /// Which ones, in the server's own words.
        filter: Option<&'a str>,
    },
    /// Whisper to whoever whispered last.
    Reply {
        /// What to say.
        text: &'a str,
    },
    /// Say something that no program should answer.
    Notice {
        /// A nick or a room.
        target: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// Ask somebody into a room.
    Invite {
        /// Whom.
        nick: &'a str,
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
    },
    /// Become an operator of the server.
    Oper {
        /// Under which name.
        name: &'a str,
        /// The password for it.
        password: &'a str,
    },
    /// Throw somebody out of a room.
    Kick {
        /// The active room when none is named.
        room: Option<Cow<'a, str>>,
        /// Whom.
        nick: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// See or change the modes of a room or of this person.
    Mode {
        /// The active room when none is named.
        target: Option<&'a str>,
        /// The change as it stands on the wire; none to see the modes.
        change: String,
    },
    /// Show nothing that these people say any more, or list who is ignored.
    Ignore {
        /// A nick, or a mask.
        mask: Option<&'a str>,
    },
    /// Show again what they say.
    Unignore {
        /// The nick or the mask.
        mask: &'a str,
    },
    /// Send a line to the server as it is.
    Raw {
        /// The line.
        line: &'a str,
    },
    /// Go to another server.
    Connect {
        /// An address, or a name from the configuration.
        server: &'a str,
    },
    /// Something that only concerns what is shown here.
    LocalCommand(LocalCommand<'a>),
    /// Connect anew to the same server.
    Reconnect,
    /// Explain the commands.
    Help {
        /// One command, all of them when none is named.
        command: Option<&'a str>,
    },
    /// Leave.
    Quit {
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
}

/// What a person can ask of the screen, without any server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalCommand<'a> {
    /// Take everything off the screen.
    Clear,
    /// Show the last lines once more.
    History {
        /// How many.
        count: usize,
    },
    /// Show the lines seen so far that have this text in them.
    Search {
        /// In any letter case.
        text: &'a str,
    },
    /// See or change how things are shown.
    Set {
        /// What; nothing to see all settings.
        name: Option<&'a str>,
        /// To what.
        value: Option<&'a str>,
    },
}

/// Whether this can be done as soon as a server lets this person in: it is for the server or for
/// somebody there, and for no room that this person must be in.
pub fn allowed_on_connect(intent: &UserCommand<'_>) -> bool {
    matches!(
        intent,
        UserCommand::Tell { .. }
            | UserCommand::Notice { .. }
            | UserCommand::Mode {
                target: Some(_),
                ..
            }
            | UserCommand::Join { .. }
            | UserCommand::Nick { .. }
            | UserCommand::Away { .. }
            | UserCommand::Oper { .. }
            | UserCommand::Raw { .. }
    )
}
