//! The configuration file: each key, and each mistake with its place.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// The settings of this text, or the error without the name of the file.
fn read_text(text: &str) -> Result<Settings, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mut settings = Settings::default();
    let name = format!("{}:", file.path().display());
    match read(file.path(), true, &mut settings, &mut LoadReport::default()) {
        Ok(()) => Ok(settings),
        Err(error) => Err(error.to_string().replace(&name, "")),
    }
}

#[test]
fn everything_in_the_file_is_taken() {
    let settings = read_text(
        "listen = [\"127.0.0.1:0\", \"[::1]:7000\"]\nname = \"chat.example\"\n\
         network = \"Example\"\nmotd = \"one\\ntwo\"\npassword = \"secret\"\nlobby = false\n\
         [[operator]]\nname = \"root\"\npassword = \"sesame\"\n\
         [limits]\nenabled = false\nnick-bytes = 20\nsend-queue-bytes = 0x10000\n",
    )
    .unwrap();
    assert_eq!(settings.listen.len(), 2);
    assert_eq!(settings.hub.name, "chat.example");
    assert_eq!(settings.hub.network, "Example");
    assert_eq!(settings.hub.motd, ["one", "two"]);
    assert_eq!(settings.hub.password.as_deref(), Some("secret"));
    assert_eq!(settings.hub.lobby, None);
    assert_eq!(settings.hub.operators.len(), 1);
    assert!(!settings.hub.limits.enabled);
    assert_eq!(settings.hub.limits.nick_bytes, 20);
    assert_eq!(settings.hub.limits.send_queue_bytes, 0x10000);
}

#[test]
fn accounts_have_safe_defaults() {
    let hub = |text| read_text(text).unwrap().hub;
    let usual = hub("");
    assert_eq!(
        (usual.plain_without_tls, usual.reserve_nicks),
        (false, true)
    );
    let other = hub("[accounts]\nplain-without-tls = true\nreserve-nicks = false\n");
    assert_eq!(
        (other.plain_without_tls, other.reserve_nicks),
        (true, false)
    );
    assert_eq!(usual.registration, Registration::Closed);
    assert!(usual.register_before_connect);
    assert!(!hub("[accounts]\nregister-before-connect = false\n").register_before_connect);
    let registration = |text: &str| {
        let read = read_text(&format!("[accounts]\nregistration = {text}\n"));
        read.map(|settings| settings.hub.registration)
    };
    assert_eq!(registration("\"open\""), Ok(Registration::Open));
    assert_eq!(registration("\"code\""), Ok(Registration::Code));
    let command = Registration::Command(vec!["send".to_owned(), "-x".to_owned()]);
    let text = "\"command\"\nverify-command = [\"send\", \"-x\"]";
    assert_eq!(registration(text), Ok(command));
    for (text, place, words) in [
        (
            "\"command\"",
            "2:16",
            "expected verify-command in the same table",
        ),
        (
            "\"all\"",
            "2:16",
            "expected \"closed\", \"open\", \"code\" or \"command\"",
        ),
        (
            "\"open\"\nverify-command = \"x\"",
            "3:18",
            "expected registration = \"command\"",
        ),
    ] {
        let error = registration(text).unwrap_err();
        assert!(error.starts_with(place) && error.contains(words), "{error}");
    }
    assert!(read_text("[accounts]\n").unwrap().needs_store);
    assert!(!read_text("").unwrap().needs_store);
}

#[test]
fn the_help_shows_each_key_with_what_is_usual() {
    let help = crate::server::config::options::config_help();
    let keys = keys_of("");
    assert_eq!(keys.len(), 20, "{keys:?}");
    for key in keys {
        assert!(
            help.contains(&format!("  {key} = ")) || help.contains(&format!("[{key}]")),
            "{key}"
        );
    }
    for limit in Limit::ALL {
        let usual = *(limit.field)(&mut Limits::default());
        let shown = help.lines().filter_map(|line| line.split_once(" = "));
        let mut shown = shown.filter(|(key, _)| key.trim() == limit.key);
        let (_, value) = shown.next().unwrap_or_else(|| panic!("{}", limit.key));
        let value = value.split(' ').next().unwrap();
        assert_eq!(value.parse(), Ok(usual), "{}", limit.key);
    }
}

#[test]
fn proxies_and_gateways_are_named_by_networks() {
    let hash = "$argon2id$v=19$m=8192,t=2,p=1$SUshN7Elj9XNw/CKSMLuMA$BkPJS5reuWmKqYIhZR1Fnw77K5SQVVEGxgRs/Ve1s40";
    let gateway = |name| {
        format!("[[gateway]]\nname = {name:?}\nfrom = [\"::1\"]\npassword-hash = {hash:?}\n")
    };
    let text = format!(
        "[proxy]\nfrom = [\"10.0.0.0/8\"]\nports = [6667]\n{}{}",
        gateway("one"),
        gateway("two")
    );
    let hub = read_text(&text).unwrap().hub;
    assert!(hub.proxies.from[0].has("10.1.2.3".parse().unwrap()));
    assert_eq!(hub.proxies.ports, [6667]);
    let names: Vec<&str> = hub.gateways.iter().map(|one| &*one.name).collect();
    assert_eq!(names, ["one", "two"]);
    let error = read_text(&format!("{}{}", gateway("one"), gateway("one"))).unwrap_err();
    assert!(error.contains("another gateway has this name"), "{error}");
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(read_text(""), Ok(Settings::default()));
}

#[test]
fn each_mistake_is_one_sentence_with_its_line() {
    for (text, sentence) in [
        (
            "\nnmae = \"a.b\"",
            "2:1: unknown key `nmae`; did you mean `name`?",
        ),
        ("[limits]\nxyzzy = 1", "2:1: unknown key `xyzzy`"),
        (
            "[store]\nrooms = \"all\"",
            "1:1: store: wrong value, expected a folder",
        ),
        (
            "[proxy]\nports = [6667]",
            "1:1: proxy: wrong value, expected from = [\"192.0.2.7\"] with its addresses",
        ),
        (
            "[proxy]\nfrom = [\"192.0.2.7\", \"10.0.0.0/33\"]",
            "2:22: from: wrong value, expected an address or a network, such as 192.0.2.0/24",
        ),
        (
            "[[gateway]]\nname = \"web\"\nfrom = [\"::1\"]\npassword-hash = \"sesame\"",
            "4:17: password-hash: wrong value, expected a hash made by `chatroomd hash-password`",
        ),
        (
            "[store]\nfolder = \"\"",
            "1:1: store: wrong value, expected a folder",
        ),
        (
            "[store]\nfolder = \"a\"\nrooms = \"some\"",
            "3:9: rooms: wrong value, expected \"lobby\", \"registered\" or \"all\"",
        ),
        (
            "[store]\nfolder = \"a\"\nkeep-days = -1",
            "3:13: keep-days: wrong value, expected a number from 0 (for ever) to 36500",
        ),
        (
            "[store]\nfolder = \"a\"\nhistory-on-join = 1001",
            "3:19: history-on-join: wrong value, expected a number from 0 (none) to 1000",
        ),
        (
            "name = 1",
            "1:8: found the number `1`, expected a text in quotes",
        ),
        (
            "name = \"chat\"",
            "1:8: name: wrong value, expected a host name with a dot in it, such as chat.example",
        ),
        (
            "listen = [\"127.0.0.1\"]",
            "1:11: listen: wrong value, add a port, as in 127.0.0.1:6667",
        ),
        (
            "listen = [\"127.0.0.1:7000\", \"127.0.0.1:0\", \"127.0.0.1:0\", \"127.0.0.1:7000\"]",
            "1:10: listen: wrong value, 127.0.0.1:7000 is listed twice",
        ),
        (
            "[[operator]]\nname = \"root\"\npassword = \"a\"\n[[operator]]\nname = \"root\"\npassword = \"b\"",
            "5:8: name: wrong value, another operator has this name",
        ),
        (
            "[[operator]]\nname = \":root\"\npassword = \"a\"",
            "2:8: name: wrong value, expected one word",
        ),
        (
            "password = \"a\\nb\"",
            "1:12: password: wrong value, expected a password without line endings and NUL, which no client can send",
        ),
        (
            "password = \"a\\u0000b\"",
            "1:12: password: wrong value, expected a password without line endings and NUL, which no client can send",
        ),
        (
            "lobby = true",
            "1:9: lobby: wrong value, expected a room such as \"#lobby\", or false for none",
        ),
        (
            "[limits]\nnick-bytes = 31",
            "2:14: nick-bytes: wrong value, expected a number from 1 to 30",
        ),
        (
            "[limits]\nnick-bytes = -1",
            "2:14: nick-bytes: wrong value, expected a number from 1 to 30",
        ),
        (
            "[limits]\n\nnick-byte = 3",
            "3:1: unknown key `nick-byte`; did you mean `nick-bytes`?",
        ),
        (
            "[[operator]]\nname = \"root\"\npassword-hash = \"sesame\"",
            "3:17: password-hash: wrong value, expected a hash made by `chatroomd hash-password`",
        ),
        (
            "[[operator]]\nname = \"a b\"\npassword = \"x\"",
            "2:8: name: wrong value, expected one word",
        ),
        (
            "[[operator]]\nname = \"root\"\npassword = \"\"",
            "3:12: password: wrong value, expected a password that is not empty",
        ),
        (
            "password = \"\"",
            "1:12: password: wrong value, expected a password that is not empty",
        ),
        (
            "password = \"x\"\npassword-file = \"y\"",
            "2:17: password-file: wrong value, expected this key or the one without -file, not both",
        ),
        (
            "motd-file = \"x\"\nmotd = \"y\"",
            "1:13: motd-file: wrong value, expected this key or the one without -file, not both",
        ),
        (
            "[[operator]]\nname = \"root\"",
            "1:1: operator: wrong value, expected one of password, password-hash, account and certificate",
        ),
        (
            "[[operator]]\nname = \"root\"\naccount = \"9\"",
            "3:11: account: wrong value, expected a nick: it cannot begin with a digit",
        ),
        (
            "[[operator]]\nname = \"root\"\ncertificate = \"x\"",
            "3:15: certificate: wrong value, expected the 64 hexadecimal digits of a SHA-256",
        ),
        (
            "[[operator]]\nname = \"root\"\npassword = \"x\"\nmay = [\"all\"]",
            "4:8: may: wrong value, expected \"ban\", \"kill\", \"rehash\", \"rooms\" or \"wallops\"",
        ),
        (
            "[[operator]]\npasword = \"x\"",
            "2:1: unknown key `pasword`; did you mean `password`?",
        ),
        (
            "motd = \"\\u001b[2J\"",
            "1:8: motd: wrong value, expected plain lines without control characters",
        ),
    ] {
        assert_eq!(read_text(text), Err(sentence.to_owned()), "{text}");
    }
    let twice = read_text("name = \"a.b\"\nname = \"a.c\"").unwrap_err();
    assert_eq!(twice, "2:1: duplicate key `name`");
}

#[test]
fn a_limit_can_be_set_from_its_least_to_its_most() {
    for limit in Limit::ALL {
        let (name, min, max) = (limit.key, limit.min, limit.max);
        for number in [min, max] {
            let text = format!("[limits]\n{name} = {number}");
            let mut limits = read_text(&text).unwrap().hub.limits;
            assert_eq!(*(limit.field)(&mut limits), number, "{name}");
        }
        for number in [i64::from(min) - 1, i64::from(max) + 1] {
            let text = format!("[limits]\n{name} = {number}");
            assert!(read_text(&text).is_err(), "{name} = {number}");
        }
    }
}

#[test]
fn a_password_that_everybody_can_read_earns_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "sesame\n").unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, "password-file = \"secret\"").unwrap();
    for (mode, warned) in [(0o644, 1), (0o640, 0), (0o600, 0)] {
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        let (mut settings, mut report) = (Settings::default(), LoadReport::default());
        read(&config, true, &mut settings, &mut report).unwrap();
        assert_eq!(settings.hub.password.as_deref(), Some("sesame"));
        assert_eq!(report.warnings.len(), warned, "{mode:o}");
        assert_eq!(report.files, [config.clone(), secret.clone()]);
    }
}

/// The example with the lines that are settings commented in, if they are wanted.
fn commented_in(is_wanted: impl Fn(&str) -> bool) -> String {
    let example = crate::server::config::options::document::example();
    let lines = example.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') && is_wanted(setting) => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// The keys of a table, as the library lists them for an unknown one.
fn keys_of(table: &str) -> Vec<String> {
    let error = read_text(&format!("{table}\nxyzzy = 1")).unwrap_err();
    let keys = error.split('`').skip(3).step_by(2);
    keys.map(str::to_owned).collect()
}

#[test]
fn the_example_has_every_key_of_every_table() {
    let example = commented_in(|_| true);
    for table in [
        "",
        "[tls]",
        "[websocket]",
        "[store]",
        "[accounts]",
        "[[operator]]",
        "[proxy]",
        "[[gateway]]",
    ] {
        let keys = keys_of(table);
        assert!(!keys.is_empty(), "{table}");
        let part = example
            .split_once(&format!("\n{table}\n"))
            .unwrap_or(("", &example))
            .1;
        let end = part
            .find("\n[")
            .filter(|_| !table.is_empty())
            .unwrap_or(part.len());
        let before = example.len() - part.len();
        // The words before a table belong to it.
        let start = example[..before]
            .rfind("\n\n")
            .filter(|_| !table.is_empty())
            .unwrap_or(0);
        let part = &example[start..before + end];
        for key in keys {
            let is_there =
                part.contains(&format!("{key} = ")) || part.contains(&format!("[{key}]"));
            assert!(is_there, "{table} {key}");
        }
    }
    for limit in Limit::ALL {
        assert!(
            example.contains(&format!("\n{} = ", limit.key)),
            "{}",
            limit.key
        );
    }
}

#[test]
fn the_example_shows_the_defaults_and_is_read_as_a_whole() {
    assert_eq!(read_text(&commented_in(|_| false)), Ok(Settings::default()));
    let settings = read_text(&commented_in(|_| true)).unwrap();
    assert_eq!(settings.hub.operators.len(), 1);
    assert_eq!(settings.hub.gateways.len(), 1);
    assert!(settings.tls.is_some() && settings.websocket.is_some() && settings.store.is_some());
    let examples = ["unix-listen", "metrics", "motd", "password", "audit-log"];
    let example = commented_in(|setting| !examples.contains(&setting.split(' ').next().unwrap()));
    let (top, limits) = example.split_once("\n[tls]\n").unwrap();
    let limits = limits.split_once("\n[limits]\n").unwrap().1;
    let usual = read_text(&format!("{top}\n[limits]\n{limits}"));
    assert_eq!(usual, Ok(Settings::default()));
    for (table, is_usual) in [
        (
            "[store]",
            settings.hub.stored_rooms == StoredRooms::Registered,
        ),
        (
            "[store]",
            settings.hub.stores_whispers && settings.hub.history_on_join == 0,
        ),
        (
            "[accounts]",
            settings.hub.registration == Registration::Closed,
        ),
        (
            "[accounts]",
            settings.hub.register_before_connect && settings.hub.reserve_nicks,
        ),
        ("[accounts]", !settings.hub.plain_without_tls),
    ] {
        assert!(is_usual, "{table}");
    }
}
