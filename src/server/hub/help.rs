//! How commands are used: HELP, as one table.

use super::Hub;
use super::people::ConnectionId;
use super::refusal::{Done, Refusal};
use crate::wire::Reply;

/// A command, how it is written, and what it does.
#[rustfmt::skip]
const TABLE: [(&str, &str, &str); 39] = [
    ("AWAY", "AWAY [:message]", "Says that you are not at the keyboard, or back again."),
    ("CAP", "CAP LS|LIST|REQ|END", "Negotiates what your client understands."),
    ("HELP", "HELP [command]", "Says how a command is used."),
    ("INFO", "INFO", "Says what this server is."),
    ("INVITE", "INVITE nick #room", "Asks somebody into a room."),
    ("ISON", "ISON nick...", "Says which of these people are here."),
    ("JOIN", "JOIN #room[,#room] [key[,key]]", "Enters rooms."),
    ("KICK", "KICK #room nick[,nick] [:reason]", "Puts people out of a room."),
    ("KILL", "KILL nick [:reason]", "Ends somebody's connection; for operators."),
    ("LINKS", "LINKS", "Lists servers; there is one."),
    ("LIST", "LIST [#room|mask|<n|>n|C<n|C>n|T<n|T>n]", "Lists rooms."),
    ("LUSERS", "LUSERS", "Says how many people are here."),
    ("MODE", "MODE #room|nick [letters [parameters]]", "Shows or changes modes."),
    ("MONITOR", "MONITOR +|- nick[,nick], or C, L, S", "Tells you who comes and goes."),
    ("MOTD", "MOTD", "Shows the message of the day."),
    ("NAMES", "NAMES #room[,#room]", "Lists who is in rooms."),
    ("NICK", "NICK nick", "Changes your nick."),
    ("NOTICE", "NOTICE target[,target] :text", "Says something that nobody answers."),
    ("OPER", "OPER name password", "Makes you an operator of the server."),
    ("PART", "PART #room[,#room] [:reason]", "Leaves rooms."),
    ("PASS", "PASS password", "Gives the password of the server, before all else."),
    ("PING", "PING token", "Asks for a PONG with the same token."),
    ("PONG", "PONG token", "Answers a PING."),
    ("PRIVMSG", "PRIVMSG target[,target] :text", "Says something to rooms or people."),
    ("QUIT", "QUIT [:reason]", "Leaves the server."),
    ("REHASH", "REHASH", "Reads the configuration again; for operators."),
    ("SETNAME", "SETNAME :real name", "Changes your real name."),
    ("STATS", "STATS u", "Says how long the server has been up."),
    ("TAGMSG", "TAGMSG target[,target]", "Sends tags without a text."),
    ("TIME", "TIME", "Says what time it is here."),
    ("TOPIC", "TOPIC #room [:topic]", "Shows or changes what a room is about."),
    ("USER", "USER name 0 * :real name", "Says who you are, once."),
    ("USERHOST", "USERHOST nick...", "Says where people connect from."),
    ("VERSION", "VERSION", "Says which program this is."),
    ("WALLOPS", "WALLOPS :text", "Tells all who want to hear it; for operators."),
    ("WHO", "WHO #room|nick|mask [o|%fields]", "Lists people with details."),
    ("WHOIS", "WHOIS nick", "Says all about one person."),
    ("WHOWAS", "WHOWAS nick [count]", "Says who had a nick before."),
    ("HELPOP", "HELPOP [command]", "The same as HELP."),
];

impl Hub {
    pub(super) fn help<'a>(&mut self, from: ConnectionId, subject: Option<&'a str>) -> Done<'a> {
        let say = |reply, subject: &str, text: &str| {
            self.reply_about(from, reply, format_args!("{subject} :{text}"));
        };
        let Some(subject) = subject else {
            say(Reply::HelpStart, "*", "The commands of this server");
            for (command, ..) in TABLE {
                say(Reply::HelpText, "*", command);
            }
            say(Reply::EndOfHelp, "*", "HELP and a command says more of it");
            return Ok(());
        };
        let mut table = TABLE.iter();
        let row = table.find(|(command, ..)| command.eq_ignore_ascii_case(subject));
        let (command, usage, text) = row.ok_or(Refusal::NoHelp { subject })?;
        say(Reply::HelpStart, subject, command);
        say(Reply::HelpText, subject, usage);
        say(Reply::HelpText, subject, text);
        say(Reply::EndOfHelp, subject, Reply::EndOfHelp.words());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Message, Request, RequestError};

    #[test]
    fn each_command_that_has_help_is_one_that_is_known() {
        for (command, usage, _) in TABLE {
            assert!(usage.starts_with(command), "{usage}");
            let read = Request::read(&Message::parse(command).unwrap());
            assert!(
                !matches!(read, Err(RequestError::Unknown { .. })),
                "{command}"
            );
        }
    }
}
