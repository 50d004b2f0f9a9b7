//! Words of the command line that are taken as servers and are probably a mistyped command.

use std::fmt;

use super::file::Config;
use super::options::command_names;
use crate::common::suggest::nearest;

/// A word that is probably a mistyped command of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MistypedCommand {
    /// The word, which could be the name of a host.
    pub word: String,
    /// The command that was probably meant.
    pub command: String,
}

impl fmt::Display for MistypedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, command } = self;
        write!(
            f,
            "{word:?} is neither a command nor a known host. Did you mean chatroom {command}? To \
             connect to a host of this name, use ircs://{word} or irc://{word}."
        )
    }
}

impl std::error::Error for MistypedCommand {}

/// The first of several servers that is probably a mistyped command. The words after it are its
/// arguments then, and no servers: `chatroom msgg bob hi`.
///
/// A server of the configuration, a host with a dot, a port or a scheme, and this machine are never
/// taken for one. Any other host can have such a name, so that it has to be looked up before it is
/// refused.
pub(in crate::client) fn find_mistyped_command<'s>(
    servers: impl Iterator<Item = &'s String>,
    config: &Config,
) -> Option<MistypedCommand> {
    let servers: Vec<&String> = servers.collect();
    if servers.len() < 2 {
        // The lookup of a single host fails with the same suggestion.
        return None;
    }
    let commands = command_names();
    let can_be_command = |word: &String| word.chars().all(|c| c.is_ascii_alphabetic());
    let unknown = servers
        .into_iter()
        .filter(|word| can_be_command(word) && !config.servers.contains_key(*word));
    unknown.into_iter().find_map(|word| {
        let typed = word.to_ascii_lowercase();
        let command = nearest(&typed, commands.iter().map(String::as_str))?;
        Some(MistypedCommand {
            word: word.clone(),
            command: command.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_a_bare_unknown_word_beside_others_can_be_a_mistyped_command() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chatroom.toml");
        fs::write(&file, "[servers.blog]\naddress = \"h\"\n").unwrap();
        let config = Config::load(Some(&file), None).unwrap();
        let command = |typed: &str| {
            let words: Vec<String> = typed.split(' ').map(str::to_owned).collect();
            find_mistyped_command(words.iter(), &config).map(|found| found.command)
        };
        for (typed, meant) in [
            ("msgg bob hi", "msg"),
            ("MSG bob hi", "msg"),
            ("askk @ann deploy?", "ask"),
            ("lgo -", "log"),
            ("ctll who #dev", "ctl"),
            ("certificat libera", "certificate"),
            ("blog msgg bob hi", "msg"),
            ("chat.example lgo", "log"),
        ] {
            assert_eq!(command(typed).as_deref(), Some(meant), "{typed}");
        }
        for servers in [
            "msgg",
            "blog mail",
            "msgg.example bob",
            "msgg:6667 bob",
            "irc://msgg bob",
            "localhost bob",
            "home work",
            "::1 127.0.0.1",
        ] {
            assert_eq!(command(servers), None, "{servers}");
        }
    }
}
