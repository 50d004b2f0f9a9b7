//! What the configuration may say, and how a mistake in it is told.

use std::collections::BTreeSet;

use super::*;
use crate::client::command::settings::SETTINGS;
use crate::common::config_file::keys_of;

fn parse(text: &str) -> Result<Config, String> {
    let (path, text) = (Path::new("c.toml"), text.to_owned());
    Config::parse(&ConfigSource { path, text }).map_err(|error| error.to_string())
}

/// The example with all that it explains in force.
fn whole_example() -> String {
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_example_has_each_key_that_is_read_and_no_other() {
    let example: toml::Table = whole_example().parse().unwrap();
    let keys = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<_>>();
    let known = |keys: Vec<String>| keys.into_iter().collect::<BTreeSet<_>>();
    let home = example["servers"]["home"].as_table().unwrap();
    let look = example["look"].as_table().unwrap();
    let settings = SETTINGS.iter().map(|setting| setting.name.to_owned());
    assert_eq!(keys(&example), known(keys_of::<Config>()));
    assert_eq!(keys(home), known(keys_of::<Server>()));
    assert_eq!(keys(look), known(settings.collect()));
    assert!(keys(&example).len() > 10 && keys(home).len() > 8);
}

#[test]
fn the_example_shows_what_holds_without_it_where_something_does() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
    // A password comes from one place.
    let lines = whole_example();
    let lines = lines
        .lines()
        .filter(|line| !line.starts_with("password-command"));
    let text: Vec<&str> = lines.collect();
    let config = parse(&text.join("\n")).unwrap();
    let usual = Config::default();
    assert_eq!(config.taste(), usual.taste());
    assert_eq!(
        (config.keys, config.log, config.control),
        (usual.keys, usual.log, usual.control)
    );
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
fn a_mistake_is_told_with_its_place_and_with_what_was_meant() {
    let server = |lines: &str| format!("[servers.home]\naddress = \"h\"\n{lines}");
    for (text, told) in [
        ("nick = alice", "1:8: a text must stand in quotes"),
        (
            "nick = \"alice",
            "1:14: invalid basic string, expected `\"`",
        ),
        ("nick: \"alice\"", "1:7: key with no value, expected `=`"),
        (
            "nick = 7",
            "1:8: found the number `7`, expected a text in quotes",
        ),
        (
            "nick = \"a b\"",
            "1:8: \"a b\" cannot be a nick; use letters, digits, - and _, a letter first",
        ),
        ("nick = \"a\"\nnick = \"b\"", "2:1: `nick` is there already"),
        (
            "nick = \"a\"\nserwer = 1",
            "2:1: unknown key `serwer`; did you mean `server`?",
        ),
        (
            "real_name = \"x\"",
            "1:1: unknown key `real_name`; did you mean `real-name`?",
        ),
        (
            "rooms = [\"#a\"]",
            "1:1: unknown key `rooms` here; it belongs into [servers.NAME]",
        ),
        (
            "bell = \"off\"",
            "1:1: unknown key `bell` here; it belongs into [look]",
        ),
        (
            "[aliases]\nj = \"/join\"",
            "1:2: unknown key `aliases`; did you mean `alias`?",
        ),
        (
            "keys = \"vim\"",
            "1:8: unknown value `vim`; did you mean `vi`?",
        ),
        ("keys = true", "1:8: expected a text in quotes"),
        (
            "log = \"yes\"",
            "1:7: found the text \"yes\", expected true or false",
        ),
        (
            "ignore = \"bob\"",
            "1:10: found the text \"bob\", expected a list in [ ]",
        ),
        (
            "ignore = [\"bob\",\n\"a b\"]",
            "2:1: \"a b\" can be neither a nick nor a mask",
        ),
        (
            "highlight = [\"a\", 3]",
            "1:19: found the number `3`, expected a text in quotes",
        ),
        ("highlight = [\"\"]", "1:14: \"\" is no word"),
        (
            "people = [\"@bob\"]",
            "1:11: \"@bob\" cannot be a nick; use letters, digits, - and _, a letter first",
        ),
        (
            "real-name = \"a\\nb\"",
            "1:13: \"a\\nb\" cannot be sent to a server",
        ),
        (
            "server = \"hoem\"\n[servers.home]\naddress = \"h\"",
            "1:10: there is no [servers.hoem]; did you mean \"home\"?",
        ),
        (
            "server = \"\"",
            "1:10: \"\" is neither a server of this file nor an address: it names no host",
        ),
        (
            "[server.home]\naddress = \"h\"",
            "1:2: found a table, expected a text in quotes; a server has its table in [servers.NAME]",
        ),
        (
            "[servers]\nhome = \"h\"",
            "2:8: found the text \"h\", expected a table [servers.NAME]",
        ),
        ("[servers.x]\nnick = \"a\"", "1:1: missing key `address`"),
        (
            "[servers.x]\nadress = \"h\"",
            "2:1: unknown key `adress`; did you mean `address`?",
        ),
        (
            "[servers.x]\naddress = \"h:99999\"",
            "2:11: \"h:99999\" is no address of a server: \"99999\" is not a port from 1 to 65535",
        ),
        (
            &server("bell = \"off\""),
            "3:1: unknown key `bell` here; it belongs into [look]",
        ),
        (
            &server("log = true"),
            "3:1: unknown key `log` here; it belongs before the first [table]",
        ),
        (
            &server("rooms = [\"a,b\"]"),
            "3:10: \"a,b\" cannot be a room; rooms look like #room",
        ),
        (
            &server("password-file = \"/f\"\npassword-command = \"c\""),
            "4:20: the password comes from password-file or password-command, not from both",
        ),
        (
            "[look]\nbel = \"off\"",
            "2:1: no setting bel; did you mean bell?",
        ),
        (
            "[look]\nlog = true",
            "2:1: no setting log; it belongs before the first [table]",
        ),
        (
            "[look]\n\nbell = 3",
            "3:8: bell cannot be \"3\"; it is off, whispers, mentions or all",
        ),
        (
            "[look]\ntime = 5",
            "2:8: time cannot be \"5\"; it is a format such as %H:%M:%S, or off",
        ),
        (
            "[look]\nwrap = \"maybe\"",
            "2:8: wrap cannot be \"maybe\"; it is on or off",
        ),
        (
            "[look.bell]\nx = 1",
            "1:1: expected a text in quotes, a number, true or false",
        ),
        (
            "[alias]\nj = \"/jion\"",
            "2:5: no command /jion; did you mean /join?",
        ),
        (
            "[alias]\nj = 3",
            "2:5: found the number `3`, expected a text in quotes",
        ),
    ] {
        assert_eq!(parse(text).unwrap_err(), format!("c.toml:{told}"), "{text}");
    }
    let words = parse("frobnicate = 1").unwrap_err();
    assert!(words.contains("expected one of `nick`, "), "{words}");
    let words = parse("[look]\nfrobnicate = 1").unwrap_err();
    assert!(words.ends_with("no setting frobnicate, expected one of bell, formatting, gather, joins, nick-width, notify, notify-by, time, title, wrap"), "{words}");
}

#[test]
fn settings_are_written_as_what_they_are_and_checked() {
    let config = parse("[look]\nbell = \"off\"\ntitle = true\nnick-width = 12").unwrap();
    let taste = config.taste();
    assert!(taste.title && taste.nick_width == 12);
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
