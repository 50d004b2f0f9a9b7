//! What the configuration says, checked before anything is done with it: a name in it must not
//! become more than a name in a line to a server.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::address::Address;
use crate::client::command::{self, CommandSpec, is_valid_nick, is_valid_room, nearest_command};
use crate::client::ui::questions::not_a_nick;
use crate::common::config_file::nearest;
use crate::wire::mask;

/// The names in the file, and where they stand. What is not one of them is left to others.
#[derive(Debug, Deserialize)]
struct Names {
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
    servers: BTreeMap<String, Server>,
    #[serde(default)]
    alias: BTreeMap<String, Spanned<String>>,
}

#[derive(Debug, Deserialize)]
struct Server {
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

/// The first name that cannot be one: at which byte it stands, and why.
pub(super) fn first_mistake(text: &str) -> Option<(usize, String)> {
    let names: Names = toml::from_str(text).ok()?;
    let mut mistakes = Vec::new();
    if let Some(server) = &names.server {
        mistakes.extend(mistake_of_goal(server, &names.servers));
    }
    for word in &names.highlight {
        let is_word = !word.get_ref().trim().is_empty();
        mistakes.extend(mistake(word, is_word, "is no word"));
    }
    for (name, long) in &names.alias {
        let why = check_alias(name, long.get_ref()).err();
        mistakes.extend(why.map(|why| (long.span().start, why)));
    }
    let nicks = names.nick.iter().chain(&names.people);
    let of_servers = names.servers.values();
    let of_servers = of_servers.flat_map(|server| server.nick.iter().chain(&server.alternatives));
    for nick in nicks.chain(of_servers) {
        if !is_valid_nick(nick.get_ref()) {
            mistakes.push((nick.span().start, not_a_nick(nick.get_ref())));
        }
    }
    let of_servers = names.servers.values();
    let of_servers = of_servers.filter_map(|server| server.real_name.as_ref());
    for name in names.real_name.iter().chain(of_servers) {
        let is_fine = !name.get_ref().chars().any(char::is_control) && name.get_ref().len() <= 200;
        mistakes.extend(mistake(name, is_fine, "cannot be sent to a server"));
    }
    for mask in &names.ignore {
        let is_mask = mask::normalize(mask.get_ref()).is_some();
        mistakes.extend(mistake(mask, is_mask, "can be neither a nick nor a mask"));
    }
    for room in names.servers.values().flat_map(|server| &server.rooms) {
        let is_room = is_valid_room(room.get_ref());
        mistakes.extend(mistake(
            room,
            is_room,
            "cannot be a room; rooms look like #room",
        ));
    }
    for line in names.servers.values().flat_map(|server| &server.on_connect) {
        if let Some(why) = why_not_first(line.get_ref(), &names.alias) {
            mistakes.extend(mistake(line, false, &why));
        }
    }
    for server in names.servers.values() {
        let passwords = [&server.password_file, &server.password_command];
        if let [Some(file), Some(command)] = passwords {
            let at = file.span().start.max(command.span().start);
            let why = "the password comes from password-file or password-command, not from both";
            mistakes.push((at, why.to_owned()));
        }
        if let Err(error) = server.address.get_ref().parse::<Address>() {
            let why = format!("is no address of a server: {error}");
            mistakes.extend(mistake(&server.address, false, &why));
        }
    }
    mistakes.into_iter().min()
}

/// Why nobody can go where the file says: neither a server of its own nor an address. A name that
/// is nearly one of a server is not looked for elsewhere.
fn mistake_of_goal(
    goal: &Spanned<String>,
    servers: &BTreeMap<String, Server>,
) -> Option<(usize, String)> {
    let name = goal.get_ref();
    if servers.contains_key(name) {
        return None;
    }
    let is_name = !name.contains(['.', ':']);
    let near = nearest(name, servers.keys().map(String::as_str)).filter(|_| is_name);
    if let Some(near) = near {
        let words = format!("there is no [servers.{name}]; did you mean {near:?}?");
        return Some((goal.span().start, words));
    }
    let error = name.parse::<Address>().err()?;
    let why = format!("is neither a server of this file nor an address: {error}");
    mistake(goal, false, &why)
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
    match CommandSpec::find(command) {
        Some(_) => Ok(()),
        None => Err(match nearest_command(command) {
            Some(nearest) => format!("no command /{command}; did you mean /{nearest}?"),
            None => format!("no command /{command}"),
        }),
    }
}

/// Why a line cannot be done on coming in.
fn why_not_first(line: &str, aliases: &BTreeMap<String, Spanned<String>>) -> Option<String> {
    let name = line.split(' ').next().unwrap_or_default();
    let long = name.strip_prefix('/').and_then(|name| aliases.get(name));
    let long = long.map(|long| line.replacen(name, long.get_ref(), 1));
    match command::parse(long.as_deref().unwrap_or(line)) {
        Ok(intent) if command::allowed_on_connect(&intent) => None,
        Ok(_) => Some(
            "cannot be done on coming in; /msg, /notice, /mode NICK, /nick, /away, /join and /raw can"
                .to_owned(),
        ),
        Err(problem) => Some(format!("cannot be understood: {problem}")),
    }
}

fn mistake(name: &Spanned<String>, is_fine: bool, why: &str) -> Option<(usize, String)> {
    (!is_fine).then(|| (name.span().start, format!("{:?} {why}", name.get_ref())))
}
