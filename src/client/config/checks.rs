//! What the configuration says, checked before anything is done with it: a name in it must not
//! become more than a name in a line to a server.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::client::address::Address;
use crate::client::input::{self, checked_nick_text, checked_room_text};
use crate::wire::mask;

/// The names in the file, and where they stand. What is not one of them is left to others.
#[derive(Debug, Deserialize)]
struct Names {
    nick: Option<Spanned<String>>,
    #[serde(rename = "real-name")]
    real_name: Option<Spanned<String>>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    servers: BTreeMap<String, Server>,
    #[serde(default)]
    alias: BTreeMap<String, String>,
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
}

/// The first name that cannot be one: at which byte it stands, and why.
pub(super) fn first_mistake(text: &str) -> Option<(usize, String)> {
    let names: Names = toml::from_str(text).ok()?;
    let mut mistakes = Vec::new();
    let nicks = names.nick.iter();
    let of_servers = names.servers.values();
    let of_servers = of_servers.flat_map(|server| server.nick.iter().chain(&server.alternatives));
    for nick in nicks.chain(of_servers) {
        let why = "cannot be a nick; use letters, digits, - and _, a letter first";
        mistakes.extend(mistake(nick, checked_nick_text(nick.get_ref()), why));
    }
    let of_servers = names.servers.values();
    let of_servers = of_servers.filter_map(|server| server.real_name.as_ref());
    for name in names.real_name.iter().chain(of_servers) {
        let is_fine = !name.get_ref().chars().any(char::is_control) && name.get_ref().len() <= 200;
        mistakes.extend(mistake(name, is_fine, "cannot be sent to a server"));
    }
    for mask in &names.ignore {
        let is_mask = mask::whole(mask.get_ref()).is_some();
        mistakes.extend(mistake(mask, is_mask, "can be neither a nick nor a mask"));
    }
    for room in names.servers.values().flat_map(|server| &server.rooms) {
        let is_room = checked_room_text(room.get_ref());
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
        if let Err(error) = server.address.get_ref().parse::<Address>() {
            let why = format!("is no address of a server: {error}");
            mistakes.extend(mistake(&server.address, false, &why));
        }
    }
    mistakes.into_iter().min()
}

/// Why a line cannot be done on coming in.
fn why_not_first(line: &str, aliases: &BTreeMap<String, String>) -> Option<String> {
    let name = line.split(' ').next().unwrap_or_default();
    let long = name.strip_prefix('/').and_then(|name| aliases.get(name));
    let long = long.map(|long| line.replacen(name, long, 1));
    match input::parse(long.as_deref().unwrap_or(line)) {
        Ok(intent) if input::can_be_first(&intent) => None,
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
