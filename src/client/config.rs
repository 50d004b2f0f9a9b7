//! The configuration file of `chatroom`: who one is, and the servers one goes to, by name.

mod checks;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::input::{Slash, nearest_command};
use super::settings::{Setting, SettingError, Taste};
use crate::configuration::{ConfigError, Source};

/// A file that says everything there is to say, as `--generate config` prints it.
pub const EXAMPLE: &str = r##"# The configuration of chatroom. All of it can be left out. Where a line begins with #, what
# stands behind it is what holds without the line, or an example.

# Who you are; --nick and CHATROOM_NICK come before it.
#nick = "alice"

# Where to go when no server is named: a name from below, or an address.
#server = "home"

# The keys of the editor: emacs or vi.
#keys = "emacs"

# Keep all that is seen, for `chatroom log`, in ~/.local/state/chatroom/log.
#log = false

# Let other programs use a running session: `chatroom ctl`.
#control = false

# Whose words are not shown; /ignore adds to it until the end.
#ignore = ["troll", "*!*@spam.example"]

# Words that call you as your nick does.
#highlight = ["deploy"]

# What a server tells others about you beside the nick, which both are where nothing is said.
#user = "alice"
#real-name = "Alice Liddell"

# Nicks that the shell completes when no session is running.
#people = ["bob"]

#[servers.home]
#address = "chat.example:6667"
#nick = "ali"                         # instead of the one above
#alternatives = ["ali_", "alice2"]    # tried in turn when that is taken
#user = "ali"                         # instead of those above
#real-name = "Ali"
#rooms = ["#dev", "#ops key"]         # to enter besides the lobby
#password-file = "/home/alice/.chat-password"
#password-command = "pass show chat"  # instead of a file
# Done as if typed on each connection, before rooms are entered. $(COMMAND) stands for the first
# line that a command of the shell prints.
#on-connect = ["/msg NickServ identify $(pass show nickserv)"]

# What /set can change, by name.
[look]
#bell = "mentions"   # off, whispers, mentions or all
#formatting = true   # show bold, colours and so on that others use
#gather = true       # one line for all who come or leave in one moment
#joins = true        # show who comes and goes
#nick-width = 0      # right-align nicks in so many cells
#notify = "off"      # desktop notifications: off, whispers, mentions or all
#notify-by = "osc9"  # how the terminal is asked for that: osc9 or osc777
#time = "%H:%M"      # a format of strftime(3), or off
#title = false       # tell in the title of the window what is unread
#wrap = true         # break long lines between words; false copies each as one

# Short names for the beginning of a line.
[alias]
#j = "/join"
#w = "/who"
"##;

/// What the file can say; [`EXAMPLE`] explains it. Every part of it may be left out.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// The nick to ask for.
    pub nick: Option<String>,
    /// The server to go to: one of `servers`, or an address.
    pub server: Option<String>,
    /// The keys of the editor: those of Emacs or those of vi.
    #[serde(default)]
    pub keys: Keys,
    /// Whether other programs of this person can use a running session: `chatroom ctl`.
    #[serde(default)]
    pub control: bool,
    /// Whether all that is seen is kept, for `chatroom log`.
    #[serde(default)]
    pub log: bool,
    /// Nicks and masks of those whose words are not shown.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Words that call this person as their nick does.
    #[serde(default)]
    pub highlight: Vec<String>,
    /// The user name to tell servers.
    pub user: Option<String>,
    /// The real name to tell servers.
    pub real_name: Option<String>,
    /// Nicks that the shell completes when no session is running.
    #[serde(default)]
    pub people: Vec<String>,
    /// Servers by name.
    #[serde(default)]
    pub servers: BTreeMap<String, Server>,
    /// How things are shown: the settings of `/set`, by name.
    #[serde(default)]
    look: BTreeMap<String, toml::Spanned<LookValue>>,
    /// Short names for longer lines: `j = "/join"`.
    #[serde(default)]
    alias: BTreeMap<String, toml::Spanned<String>>,
}

/// The keys of the editor.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// Ctrl-A, Ctrl-E and so on.
    #[default]
    Emacs,
    /// Esc for commands.
    Vi,
}

/// A setting in the file, which may be written as what it is.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
enum LookValue {
    Switch(bool),
    Number(i64),
    Text(String),
}

/// One server.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Server {
    /// Where it is: as on the command line.
    pub address: String,
    /// The nick to ask for there.
    pub nick: Option<String>,
    /// The user name to tell this one.
    pub user: Option<String>,
    /// The real name to tell this one.
    pub real_name: Option<String>,
    /// Other nicks, to be tried in turn when that one is taken.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// The rooms to enter there.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// A file with the password of the server on its first line.
    pub password_file: Option<PathBuf>,
    /// A command of the shell that prints the password of the server on its first line.
    pub password_command: Option<String>,
    /// What is done on each connection before rooms are entered, as it would be typed.
    #[serde(default)]
    pub on_connect: Vec<String>,
}

impl Config {
    /// The names in it that begin like this: `@nick` or a room.
    pub fn names_like(&self, start: &str) -> Vec<String> {
        let nicks = self.people.iter().map(|nick| format!("@{nick}"));
        let rooms = self.servers.values().flat_map(|server| &server.rooms);
        // A key may stand behind the name.
        let rooms = rooms.filter_map(|room| room.split(' ').next());
        let names = nicks.chain(rooms.map(str::to_owned));
        names.filter(|name| name.starts_with(start)).collect()
    }

    /// The address of a server by its name here.
    pub fn address_of(&self, name: &str) -> Option<&String> {
        self.servers.get(name).map(|server| &server.address)
    }

    /// Reads `named`, or the usual file if there is one.
    pub fn load(named: Option<&Path>, usual: Option<&Path>) -> Result<Self, ConfigError> {
        let (file, must_exist) = match (named, usual) {
            (Some(file), _) => (file, true),
            (None, Some(file)) => (file, false),
            (None, None) => return Ok(Self::default()),
        };
        match Source::read("configuration", file) {
            Ok(source) => Self::parse(&source),
            Err(ConfigError::Unreadable { error, .. })
                if error.kind() == io::ErrorKind::NotFound && !must_exist =>
            {
                Ok(Self::default())
            }
            Err(error) => Err(error),
        }
    }

    fn parse(source: &Source) -> Result<Self, ConfigError> {
        let config: Self = source.parse()?;
        if let Some((at, words)) = checks::first_mistake(&source.text) {
            return Err(source.wrong(Some(at), words));
        }
        for (name, long) in &config.alias {
            check_alias(name, long.get_ref())
                .map_err(|words| source.wrong(Some(long.span().start), words))?;
        }
        let mut taste = Taste::default();
        for (name, value) in &config.look {
            config
                .set(name, value.get_ref(), &mut taste)
                .map_err(|error| source.wrong(Some(value.span().start), error.to_string()))?;
        }
        Ok(config)
    }

    /// Short names and what they stand for.
    pub fn aliases(&self) -> BTreeMap<String, String> {
        let aliases = self.alias.iter();
        aliases
            .map(|(name, long)| (name.clone(), long.get_ref().clone()))
            .collect()
    }

    fn set(&self, name: &str, value: &LookValue, taste: &mut Taste) -> Result<(), SettingError> {
        let value = match value {
            LookValue::Switch(true) => "on".to_owned(),
            LookValue::Switch(false) => "off".to_owned(),
            LookValue::Number(number) => number.to_string(),
            LookValue::Text(text) => text.clone(),
        };
        Setting::find(name)?.set(taste, &value)
    }

    /// How things are shown, as the file says.
    pub fn taste(&self) -> Taste {
        let mut taste = Taste::default();
        for (name, value) in &self.look {
            let set = self.set(name, value.get_ref(), &mut taste);
            debug_assert!(set.is_ok(), "the file was checked when it was read");
        }
        taste
    }
}

/// What stands for the beginning of a line must be one that does something.
fn check_alias(name: &str, long: &str) -> Result<(), String> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(format!("{name:?} cannot be typed behind a /"));
    }
    if long.starts_with(['@', '#']) || long.starts_with("//") {
        return Ok(());
    }
    let Some(command) = long.strip_prefix('/') else {
        return Err(format!(
            "{long:?} would be said in the room; a command begins with a /"
        ));
    };
    let command = command.split(' ').next().unwrap_or_default();
    match Slash::find(command) {
        Some(_) => Ok(()),
        None => Err(match nearest_command(command) {
            Some(nearest) => format!("no command /{command}; did you mean /{nearest}?"),
            None => format!("no command /{command}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let (path, text) = (Path::new("c.toml"), text.to_owned());
        Config::parse(&Source { path, text }).map_err(|error| error.to_string())
    }

    #[test]
    fn the_example_is_right_and_says_everything() {
        parse(EXAMPLE).unwrap();
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let config = parse(&uncommented).unwrap();
        assert_eq!(config.taste(), Taste::default());
        assert_eq!(config.look.len(), crate::client::settings::SETTINGS.len());
        let home = &config.servers["home"];
        assert!(home.password_command.is_some() && home.alternatives.len() == 2);
        assert_eq!(home.on_connect.len(), 1);
        assert!(config.nick.is_some() && config.server.is_some() && config.alias.len() == 2);
    }

    #[test]
    fn servers_have_names() {
        let config = parse(
            "nick = \"alice\"\nserver = \"home\"\n[servers.home]\naddress = \"h:1\"\nrooms = [\"#a\"]",
        )
        .unwrap();
        assert_eq!(config.nick.as_deref(), Some("alice"));
        assert_eq!(config.servers["home"].address, "h:1");
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let words = parse("nick = \"a\"\nserwer = 1").unwrap_err();
        assert!(
            words.starts_with("c.toml:2:1: unknown key `serwer`"),
            "{words}"
        );
        assert!(words.ends_with("; did you mean `server`?"), "{words}");
        let words = parse("frobnicate = 1").unwrap_err();
        assert!(words.contains("expected one of `nick`, "), "{words}");
        assert_eq!(
            parse("keys = \"vim\"").unwrap_err(),
            "c.toml:1:8: unknown value `vim`; did you mean `vi`?"
        );
        assert_eq!(
            parse("ignore = [\"bob\",\n\"a b\"]").unwrap_err(),
            "c.toml:2:1: \"a b\" can be neither a nick nor a mask"
        );
        assert_eq!(
            parse("real-name = \"a\\nb\"").unwrap_err(),
            "c.toml:1:13: \"a\\nb\" cannot be sent to a server"
        );
        for (line, words) in [
            ("hello", "\"hello\" cannot be done on coming in"),
            ("/me waves", "\"/me waves\" cannot be done on coming in"),
            ("/mesg x y", "no command /mesg; did you mean /msg?"),
            ("/join", "which room is missing: /join #ROOM [KEY]"),
        ] {
            let file = format!("[servers.x]\naddress = \"h\"\non-connect = [\"{line}\"]");
            let error = parse(&file).unwrap_err();
            assert!(error.starts_with("c.toml:3:15: "), "{error}");
            assert!(error.contains(words), "{error}");
        }
        parse("[servers.x]\naddress = \"h\"\non-connect = [\"/ns id $(pass x)\"]\n[alias]\nns = \"/msg NickServ\"").unwrap();
        let words = parse("nick = 7").unwrap_err();
        assert!(words.starts_with("c.toml:1:8: invalid type"), "{words}");
        let words = parse("[servers.x]\nnick = \"a\"").unwrap_err();
        assert!(words.contains("missing key `address`"), "{words}");
    }

    #[test]
    fn settings_are_written_as_what_they_are_and_checked() {
        let config = parse("[look]\nbell = \"off\"\ntitle = true\nnick-width = 12").unwrap();
        let taste = config.taste();
        assert!(taste.title && taste.nick_width == 12);
        assert_eq!(
            parse("[look]\nbel = \"off\"").unwrap_err(),
            "c.toml:2:7: no setting bel; did you mean bell?"
        );
        assert_eq!(
            parse("[look]\n\nbell = 3").unwrap_err(),
            "c.toml:3:8: bell cannot be \"3\"; it is off, whispers, mentions or all"
        );
    }

    #[test]
    fn short_names_stand_for_commands_there_are() {
        let config = parse("[alias]\nns = \"/msg NickServ\"\nhi = \"//hi\"").unwrap();
        assert_eq!(config.aliases()["ns"], "/msg NickServ");
        for (alias, words) in [
            ("j = \"join\"", "\"join\" would be said in the room"),
            ("j = \"/jion\"", "no command /jion; did you mean /join?"),
            ("\"/j\" = \"/join\"", "\"/j\" cannot be typed behind a /"),
        ] {
            let error = parse(&format!("[alias]\n{alias}")).unwrap_err();
            assert!(error.starts_with("c.toml:2:"), "{error}");
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn only_a_named_file_must_exist() {
        let missing = Path::new("/nonexistent/chatroom.toml");
        assert_eq!(
            Config::load(None, Some(missing)).unwrap(),
            Config::default()
        );
        let words = Config::load(Some(missing), None).unwrap_err().to_string();
        assert_eq!(
            words,
            "cannot read the configuration /nonexistent/chatroom.toml: there is no such file"
        );
    }
}
