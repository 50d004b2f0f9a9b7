//! What there is to type, explained.

use crate::client::command::{self, CommandSpec, commands};
use crate::client::event::Event;
use crate::client::session::{Session, SessionOutput};

impl Session {
    pub(super) fn help(&mut self, command: Option<&str>, outbox: &mut SessionOutput) {
        let Some(name) = command else {
            return self.list_help(outbox);
        };
        let Some(long) = self.settings.aliases.get(name).cloned() else {
            return self.explain(name, outbox);
        };
        notice(outbox, format!("/{name} is short for {long}"));
        let of_long = long
            .strip_prefix('/')
            .and_then(|long| long.split(' ').next());
        if let Some(name) = of_long.filter(|name| CommandSpec::find(name).is_some()) {
            self.explain(name, outbox);
        }
    }

    fn list_help(&self, outbox: &mut SessionOutput) {
        let wide = commands().map(|slash| slash.to_string().len()).max();
        let wide = wide.unwrap_or_default();
        let mut row = |usage: &str, help: &str| notice(outbox, format!("  {usage:wide$}  {help}"));
        row("TEXT", "say it to everybody in the room");
        row("@NICK TEXT", "whisper it to one person");
        for slash in commands() {
            row(&slash.to_string(), slash.help);
        }
        let others = command::OTHER_NAMES.iter();
        let others: Vec<String> = others
            .map(|(other, name)| format!("/{other} is /{name}"))
            .collect();
        row("other names", &others.join(", "));
        for (name, long) in &self.settings.aliases {
            row(&format!("/{name}"), &format!("short for {long}"));
        }
        row("//TEXT, @@TEXT", "say text that begins with / or @");
        row(
            "Tab",
            "completes commands and all that they take, nicks and rooms",
        );
    }

    fn explain(&mut self, name: &str, outbox: &mut SessionOutput) {
        match CommandSpec::find(name) {
            Some(slash) => outbox.events.push(Event::Answer {
                words: format!("{slash}: {}", slash.help),
            }),
            None => {
                let nearest = command::nearest_command(name);
                let hint = nearest.map_or("/help lists them".to_owned(), |nearest| {
                    format!("did you mean /help {nearest}?")
                });
                self.reject_input(&format!("no command /{name}; {hint}"), outbox);
            }
        }
    }
}

pub(super) fn notice(outbox: &mut SessionOutput, words: String) {
    outbox.events.push(Event::Answer { words });
}
