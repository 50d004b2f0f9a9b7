//! The keys of the configuration file, and the messages for the mistakes in it.

use std::collections::BTreeSet;

use super::*;
use crate::client::command::settings::SETTINGS;

fn parse(text: &str) -> Result<Config, String> {
    let (path, text) = (Path::new("c.toml"), text.to_owned());
    Config::parse(&ConfigSource { path, text }).map_err(|error| error.to_string())
}

/// The example with every commented line in force.
fn whole_example() -> String {
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_example_has_every_known_key_and_no_other() {
    let example: toml::Table = whole_example().parse().unwrap();
    let keys = |table: &toml::Table| table.keys().cloned().collect::<BTreeSet<_>>();
    let known = |keys: Vec<String>| keys.into_iter().collect::<BTreeSet<_>>();
    let home = example["servers"]["home"].as_table().unwrap();
    let look = example["look"].as_table().unwrap();
    let settings = SETTINGS.iter().map(|setting| setting.name.to_owned());
    assert_eq!(keys(&example), known(keys_of::<Config>()));
    assert_eq!(keys(home), known(keys_of::<ServerConfig>()));
    assert_eq!(keys(look), known(settings.collect()));
    assert!(keys(&example).len() > 10 && keys(home).len() > 8);
}

#[test]
fn the_example_shows_the_default_values() {
    assert_eq!(parse(EXAMPLE), Ok(Config::default()));
    // Only one source of each password is allowed.
    let lines = whole_example();
    let is_second = |line: &str| {
        line.starts_with("password-command") || line.starts_with("account-password-command")
    };
    let lines = lines.lines().filter(|line| !is_second(line));
    let text: Vec<&str> = lines.collect();
    let config = parse(&text.join("\n")).unwrap();
    let usual = Config::default();
    assert_eq!(config.display_settings, usual.display_settings);
    assert_eq!(
        (config.keys, config.log, config.control),
        (usual.keys, usual.log, usual.control)
    );
}

#[test]
fn servers_are_found_by_name() {
    let config = parse(
        "nick = \"alice\"\nserver = \"home\"\n[servers.home]\naddress = \"h:1\"\nrooms = [\"#a\"]",
    )
    .unwrap();
    assert_eq!(config.nick.as_deref(), Some("alice"));
    assert_eq!(config.servers["home"].address.as_slice(), ["h:1"]);
    assert_eq!(parse(""), Ok(Config::default()));
}

#[test]
fn a_mistake_is_reported_with_its_place_and_a_suggestion() {
    let server = |lines: &str| format!("[servers.home]\naddress = \"h\"\n{lines}");
    for (text, message) in [
        ("nick = alice", "1:8: text must be quoted"),
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
            "1:8: \"a b\" is not a valid nick: it cannot contain a space",
        ),
        ("nick = \"a\"\nnick = \"b\"", "2:1: duplicate key `nick`"),
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
            "1:1: unknown key `rooms` here; it belongs in [servers.NAME]",
        ),
        (
            "bell = \"off\"",
            "1:1: unknown key `bell` here; it belongs in [look]",
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
            "2:1: \"a b\" is neither a nick nor a mask",
        ),
        (
            "highlight = [\"a\", 3]",
            "1:19: found the number `3`, expected a text in quotes",
        ),
        (
            "highlight = [\"\"]",
            "1:14: \"\" is not a word to highlight: use at least one character that is not a space",
        ),
        (
            "people = [\"@bob\"]",
            "1:11: \"@bob\" is not a valid nick: it cannot contain '@'",
        ),
        (
            "real-name = \"a\\nb\"",
            "1:13: \"a\\nb\" is not a valid real name: use at most 200 bytes and no control characters",
        ),
        (
            "server = \"hoem\"\n[servers.home]\naddress = \"h\"",
            "1:10: there is no [servers.hoem]; did you mean \"home\"?",
        ),
        (
            "server = \"\"",
            "1:10: \"\" is neither a server in this file nor a valid address: the host name is missing",
        ),
        (
            "[server.home]\naddress = \"h\"",
            "1:2: found a table, expected a text in quotes; the table of a server is [servers.NAME]",
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
            "2:11: \"h:99999\" is not a valid server address: \"99999\" is not a port number from 1 to 65535",
        ),
        (
            &server("bell = \"off\""),
            "3:1: unknown key `bell` here; it belongs in [look]",
        ),
        (
            &server("log = true"),
            "3:1: unknown key `log` here; it belongs at the top of the file, before any [section]",
        ),
        (
            &server("rooms = [\"a,b\"]"),
            "3:10: \"a,b\" is not a valid room name; rooms look like #room",
        ),
        (
            &server("password-file = \"/f\"\npassword-command = \"c\""),
            "4:20: set either password-file or password-command, not both",
        ),
        (
            "[look]\nbel = \"off\"",
            "2:1: there is no setting bel. Did you mean bell?",
        ),
        (
            "[look]\nlog = true",
            "2:1: no setting log; it belongs at the top of the file, before any [section]",
        ),
        (
            "[look]\n\nbell = 3",
            "3:8: \"3\" is not a value of bell. Use off, whispers, mentions or all",
        ),
        (
            "[look]\ntime = 5",
            "2:8: \"5\" is not a value of time. Use a format such as %H:%M:%S, or off",
        ),
        (
            "[look]\nwrap = \"maybe\"",
            "2:8: \"maybe\" is not a value of wrap. Use on or off",
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
        assert_eq!(
            parse(text).unwrap_err(),
            format!("c.toml:{message}"),
            "{text}"
        );
    }
    let words = parse("frobnicate = 1").unwrap_err();
    assert!(words.contains("expected one of `nick`, "), "{words}");
    let words = parse("[look]\nfrobnicate = 1").unwrap_err();
    assert!(words.ends_with("no setting frobnicate; the settings are bell, formatting, gather, joins, nick-width, notify, notify-by, time, title, wrap"), "{words}");
}

#[test]
fn display_settings_are_typed_and_checked() {
    let config = parse("[look]\nbell = \"off\"\ntitle = true\nnick-width = 12").unwrap();
    let display = config.display_settings;
    assert!(display.title && display.nick_width == 12);
}

#[test]
fn an_alias_must_stand_for_an_existing_command() {
    let config = parse("[alias]\nns = \"/msg NickServ\"\nhi = \"//hi\"").unwrap();
    assert_eq!(config.aliases()["ns"], "/msg NickServ");
    for (alias, words) in [
        (
            "j = \"join\"",
            "\"join\" is not a command: commands begin with a /",
        ),
        ("j = \"/jion\"", "no command /jion; did you mean /join?"),
        (
            "\"/j\" = \"/join\"",
            "\"/j\" is not a valid alias name: leave out spaces and /",
        ),
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
        "Cannot read the configuration /nonexistent/chatroom.toml: no such file"
    );
}

#[test]
fn files_that_it_names_are_relative_to_its_folder_and_begin_with_a_tilde_at_home() {
    let folder = Path::new("/etc/chat");
    let home = Some(Path::new("/home/ann"));
    for (written, found) in [
        ("key.pem", "/etc/chat/key.pem"),
        ("../key.pem", "/etc/chat/../key.pem"),
        ("/run/key.pem", "/run/key.pem"),
        ("~/key.pem", "/home/ann/key.pem"),
        ("~other/key.pem", "/etc/chat/~other/key.pem"),
    ] {
        let path = resolve_path(Path::new(written), folder, home);
        assert_eq!(path, Path::new(found), "{written}");
    }
    assert_eq!(
        resolve_path(Path::new("~/x"), folder, None),
        Path::new("/etc/chat/~/x")
    );
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("chatroom.toml");
    let keys = [
        "ca-file",
        "client-certificate",
        "client-key",
        "password-file",
    ];
    let keys = keys.map(|key| format!("{key} = \"{key}.txt\"\n")).concat();
    let text = format!(
        "[servers.home]\naddress = \"h:6667\"\naccount = \"ann\"\n{keys}\
         account-password-file = \"account-password-file.txt\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let mut config = Config::load(Some(&file), None).unwrap();
    let server = config.servers.get_mut("home").unwrap();
    let files: Vec<&mut PathBuf> = server.files().collect();
    assert_eq!(files.len(), 5);
    for path in files {
        assert_eq!(path.parent(), Some(place.path()), "{path:?}");
    }
}
