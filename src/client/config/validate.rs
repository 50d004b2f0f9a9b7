//! Checks the names, rooms, masks and lines in the configuration file before anything uses them: a
//! name must not become more than a name in a line to a server.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::address::{Address, parse_address};
use crate::client::command::{self, CommandSpec, check_nick, nearest_command, parse_room};
use crate::common::suggest::nearest;
use crate::wire::mask;

/// The longest real name, in bytes.
const REAL_NAME_BYTES_MAX: usize = 200;

/// The values to check, with their positions in the file. Other keys are ignored.
#[derive(Debug, Deserialize)]
struct CheckedConfig {
    nick: Option<Spanned<String>>,
    server: Option<Spanned<String>>,
    #[serde(rename = "real-name")]
    real_name: Option<Spanned<String>>,
    #[serde(default)]
    people: Vec<Spanned<String>>,
    #[serde(default)]
    highlight: Vec<Spanned<String>>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    servers: BTreeMap<String, CheckedServer>,
    #[serde(default)]
    alias: BTreeMap<String, Spanned<String>>,
}

#[derive(Debug, Deserialize)]
struct CheckedServer {
    address: Spanned<String>,
    nick: Option<Spanned<String>>,
    #[serde(rename = "real-name")]
    real_name: Option<Spanned<String>>,
    #[serde(default)]
    alternatives: Vec<Spanned<String>>,
    #[serde(default)]
    rooms: Vec<Spanned<String>>,
    #[serde(default, rename = "on-connect")]
    on_connect: Vec<Spanned<String>>,
    #[serde(rename = "password-file")]
    password_file: Option<Spanned<String>>,
    #[serde(rename = "password-command")]
    password_command: Option<Spanned<String>>,
}

/// The byte offset of a mistake in the file, and its message.
type Mistake = (usize, String);

/// The first mistake in the file.
pub(super) fn first_mistake(text: &str) -> Option<Mistake> {
    let config: CheckedConfig = toml::from_str(text).ok()?;
    let mut mistakes = Vec::new();
    if let Some(server) = &config.server {
        mistakes.extend(check_server_choice(server, &config.servers));
    }
    for word in &config.highlight {
        let is_word = !word.get_ref().trim().is_empty();
        mistakes.extend(mistake_unless(is_word, word, "is not a word"));
    }
    for (name, expansion) in &config.alias {
        let error = check_alias(name, expansion.get_ref()).err();
        mistakes.extend(error.map(|message| (expansion.span().start, message)));
    }
    for mask in &config.ignore {
        let is_mask = mask::normalize(mask.get_ref()).is_some();
        mistakes.extend(mistake_unless(
            is_mask,
            mask,
            "is neither a nick nor a mask",
        ));
    }
    for nick in config.nick.iter().chain(&config.people) {
        mistakes.extend(check_nick_at(nick));
    }
    mistakes.extend(config.real_name.as_ref().and_then(check_real_name));
    for server in config.servers.values() {
        check_server(server, &config.alias, &mut mistakes);
    }
    mistakes.into_iter().min()
}

/// Checks one `[servers.NAME]` table.
fn check_server(
    server: &CheckedServer,
    aliases: &BTreeMap<String, Spanned<String>>,
    mistakes: &mut Vec<Mistake>,
) {
    if let Err(error) = parse_address(server.address.get_ref()) {
        mistakes.push((server.address.span().start, error.to_string()));
    }
    for nick in server.nick.iter().chain(&server.alternatives) {
        mistakes.extend(check_nick_at(nick));
    }
    mistakes.extend(server.real_name.as_ref().and_then(check_real_name));
    for room in &server.rooms {
        let is_room = parse_room(room.get_ref()).is_some();
        let problem = "is not a valid room name; rooms look like #room";
        mistakes.extend(mistake_unless(is_room, room, problem));
    }
    for line in &server.on_connect {
        if let Err(problem) = check_on_connect(line.get_ref(), aliases) {
            mistakes.extend(mistake_unless(false, line, &problem));
        }
    }
    if let (Some(file), Some(command)) = (&server.password_file, &server.password_command) {
        let at = file.span().start.max(command.span().start);
        let message = "set either password-file or password-command, not both";
        mistakes.push((at, message.to_owned()));
    }
}

fn check_nick_at(nick: &Spanned<String>) -> Option<Mistake> {
    let error = check_nick(nick.get_ref()).err()?;
    Some((nick.span().start, error.to_string()))
}

fn check_real_name(name: &Spanned<String>) -> Option<Mistake> {
    let text = name.get_ref();
    let is_valid = !text.chars().any(char::is_control) && text.len() <= REAL_NAME_BYTES_MAX;
    let problem = "is not a valid real name: use at most 200 bytes and no control characters";
    mistake_unless(is_valid, name, problem)
}

/// Checks that `server` is one of `servers` or an address. A misspelled name is reported and never
/// looked up as a host.
fn check_server_choice(
    choice: &Spanned<String>,
    servers: &BTreeMap<String, CheckedServer>,
) -> Option<Mistake> {
    let name = choice.get_ref();
    if servers.contains_key(name) {
        return None;
    }
    let is_name = !name.contains(['.', ':']);
    let near = nearest(name, servers.keys().map(String::as_str)).filter(|_| is_name);
    if let Some(near) = near {
        let message = format!("there is no [servers.{name}]; did you mean {near:?}?");
        return Some((choice.span().start, message));
    }
    let error = name.parse::<Address>().err()?;
    let problem = format!("is neither a server in this file nor a valid address: {error}");
    mistake_unless(false, choice, &problem)
}

/// Checks that an alias can be typed and stands for the beginning of a command or a message.
fn check_alias(name: &str, expansion: &str) -> Result<(), String> {
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(format!(
            "{name:?} is not a valid alias name: leave out spaces and /"
        ));
    }
    if expansion.starts_with(['@', '#']) || expansion.starts_with("//") {
        return Ok(());
    }
    let Some(command) = expansion.strip_prefix('/') else {
        return Err(format!(
            "{expansion:?} is not a command: commands begin with a /"
        ));
    };
    let command = command.split(' ').next().unwrap_or_default();
    match CommandSpec::find(command) {
        Some(_) => Ok(()),
        None => Err(match nearest_command(command) {
            Some(nearest) => format!("no command /{command}; did you mean /{nearest}?"),
            None => format!("no command /{command}"),
        }),
    }
}

/// Checks that a line of `on-connect` is a command that can run before the rooms are joined.
fn check_on_connect(line: &str, aliases: &BTreeMap<String, Spanned<String>>) -> Result<(), String> {
    let name = line.split(' ').next().unwrap_or_default();
    let expansion = name.strip_prefix('/').and_then(|name| aliases.get(name));
    let expanded = expansion.map(|expansion| line.replacen(name, expansion.get_ref(), 1));
    match command::parse(expanded.as_deref().unwrap_or(line)) {
        Ok(command) if command.is_allowed_on_connect() => Ok(()),
        Ok(_) => Err(
            "cannot run on connect; use /msg, /notice, /mode NICK, /nick, /away, /join or /raw"
                .to_owned(),
        ),
        Err(error) => Err(format!("is not a valid command: {error}")),
    }
}

fn mistake_unless(is_valid: bool, value: &Spanned<String>, problem: &str) -> Option<Mistake> {
    (!is_valid).then(|| {
        let message = format!("{:?} {problem}", value.get_ref());
        (value.span().start, message)
    })
}
