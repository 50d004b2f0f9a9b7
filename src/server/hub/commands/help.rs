//! The usage of each command: HELP. The texts are in the table of requests.

use crate::server::hub::{CommandResult, ConnectionId, Hub, Rejection, Reply};
use crate::wire::request::{COMMANDS, Command};

impl Hub {
    pub(super) fn help<'a>(
        &mut self,
        from: ConnectionId,
        subject: Option<&'a str>,
    ) -> CommandResult<'a> {
        let say = |reply, text: &str| {
            let subject = subject.unwrap_or("*");
            self.reply_with(from, reply, format_args!("{subject} :{text}"));
        };
        let Some(subject) = subject else {
            say(Reply::HelpStart, "Commands of this server");
            for command in COMMANDS.iter().filter(|one| self.offers(one.name)) {
                say(Reply::HelpText, command.name);
            }
            say(
                Reply::EndOfHelp,
                "HELP with a command explains that command",
            );
            return Ok(());
        };
        let command = Command::named(subject).filter(|one| self.offers(one.name));
        let command = command.ok_or(Rejection::NoHelp(subject))?;
        let usage = format!("{} {}", command.name, command.parameters);
        say(Reply::HelpStart, command.name);
        say(Reply::HelpText, usage.trim_end());
        say(Reply::HelpText, command.does.trim());
        say(Reply::EndOfHelp, Reply::EndOfHelp.words());
        Ok(())
    }

    /// Whether this server has the command of this name: some need accounts or a store.
    pub(super) fn offers(&self, command: &str) -> bool {
        let of_accounts = [
            "AUTHENTICATE",
            "CHANSERV",
            "CS",
            "NICKSERV",
            "NS",
            "REGISTER",
            "VERIFY",
        ];
        let of_store = ["CHATHISTORY", "MARKREAD", "REDACT"];
        (self.accounts.is_some() || !of_accounts.contains(&command))
            && (self.store.is_some() || !of_store.contains(&command))
    }
}
