//! Answers `/help`.

use crate::client::command::{self, CommandSpec, commands};
use crate::client::event::{Event, InputError};
use crate::client::session::{Session, SessionOutput};

impl Session {
    pub(super) fn help(&mut self, command: Option<&str>, output: &mut SessionOutput) {
        let Some(name) = command else {
            return self.list_help(output);
        };
        let Some(long) = self.settings.aliases.get(name).cloned() else {
            return self.explain(name, output);
        };
        notice(output, format!("/{name} is short for {long}."));
        let of_long = long
            .strip_prefix('/')
            .and_then(|long| long.split(' ').next());
        if let Some(name) = of_long.filter(|name| CommandSpec::find(name).is_some()) {
            self.explain(name, output);
        }
    }

    fn list_help(&self, output: &mut SessionOutput) {
        let wide = commands().map(|slash| slash.to_string().len()).max();
        let wide = wide.unwrap_or_default();
        let mut row = |usage: &str, help: &str| notice(output, format!("  {usage:wide$}  {help}"));
        row("TEXT", "send it to the active room");
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
        row("//TEXT, @@TEXT", "send text that begins with / or @");
        row(
            "Tab",
            "completes commands and their arguments, nicks and rooms",
        );
    }

    fn explain(&mut self, name: &str, output: &mut SessionOutput) {
        match CommandSpec::find(name) {
            Some(slash) => output.events.push(Event::Answer {
                words: format!("{slash}: {}", slash.help),
            }),
            None => {
                let nearest = command::nearest_command(name);
                let name = name.to_owned();
                self.reject_input(InputError::NoHelp { name, nearest }, output);
            }
        }
    }
}

pub(super) fn notice(output: &mut SessionOutput, words: String) {
    output.events.push(Event::Answer { words });
}
