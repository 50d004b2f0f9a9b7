//! The file of settings: TOML, read key by key, so that each mistake is one sentence with its line.

mod operators;

use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ServerError;
use super::hub::{Limit, Limits};
use super::mistake::Mistake;
use super::settings::{self, Settings};
use crate::wire::RoomName;

/// The keys outside of any table.
const KEYS: [&str; 10] = [
    "listen",
    "name",
    "network",
    "motd",
    "motd-file",
    "password",
    "password-file",
    "lobby",
    "operator",
    "limits",
];

/// Reads the file into the settings; what is not in it stays as it was.
pub(super) fn read(
    path: &Path,
    settings: &mut Settings,
    warnings: &mut Vec<String>,
) -> Result<(), ServerError> {
    let text = settings::read_file("configuration", path)?;
    let mistaken = |at: usize, mistake: Mistake| ServerError::Mistaken {
        path: path.to_owned(),
        line: line_of(&text, at),
        mistake,
    };
    let table = DeTable::parse(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message().replace('\n', ", ");
        mistaken(at, Mistake::Syntax { message })
    })?;
    let mut file = ConfigFile {
        path,
        settings,
        warnings,
    };
    for (key, value) in table.get_ref() {
        file.take(key, value).map_err(|trouble| match trouble {
            Trouble::Mistake(at, mistake) => mistaken(at.start, mistake),
            Trouble::OtherFile(error) => error,
        })?;
    }
    Ok(())
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// Why a key cannot be taken.
enum Trouble {
    Mistake(Range<usize>, Mistake),
    /// It names another file, and that one cannot be read.
    OtherFile(ServerError),
}

/// The file at hand, and where what it says goes.
struct ConfigFile<'f> {
    path: &'f Path,
    settings: &'f mut Settings,
    warnings: &'f mut Vec<String>,
}

impl ConfigFile<'_> {
    fn take(
        &mut self,
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), Trouble> {
        let hub = &mut self.settings.hub;
        match key.get_ref().as_ref() {
            "listen" => self.settings.listen = addresses(value)?,
            "name" => hub.name = checked("name", value, settings::server_name)?,
            "network" => hub.network = checked("network", value, settings::network_name)?,
            "motd" => {
                let lines = settings::motd_lines(text("motd", value)?);
                hub.motd = lines.map_err(|(_, bad)| Trouble::Mistake(value.span(), bad))?;
            }
            "motd-file" if !hub.motd.is_empty() => return Err(twice("motd-file", value)),
            "motd-file" => {
                let path = self.beside(text("motd-file", value)?);
                let lines = settings::read_motd(&path).map_err(Trouble::OtherFile)?;
                self.settings.hub.motd = lines;
            }
            "password" => {
                hub.password = Some(password("password", text("password", value)?, value)?);
                self.warn_if_others_can_read(self.path);
            }
            "password-file" if hub.password.is_some() => return Err(twice("password-file", value)),
            "password-file" => {
                let path = self.beside(text("password-file", value)?);
                let read = settings::read_file("password", &path);
                let text = read.map_err(Trouble::OtherFile)?;
                let password = password("password-file", text.trim_end(), value)?;
                self.settings.hub.password = Some(password);
                self.warn_if_others_can_read(&path);
            }
            "lobby" => hub.lobby = lobby(value)?,
            "operator" => {
                let (operators, any_clear) = operators::read(value)?;
                hub.operators = operators;
                if any_clear {
                    self.warn_if_others_can_read(self.path);
                }
            }
            "limits" => limits(value, &mut hub.limits)?,
            unknown => return Err(unknown_key(key.span(), unknown, KEYS.into_iter())),
        }
        Ok(())
    }

    /// A file named in this one stands beside it, unless its path begins at the root.
    fn beside(&self, name: &str) -> std::path::PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(name)
    }

    fn warn_if_others_can_read(&mut self, path: &Path) {
        const READABLE_BY_OTHERS: u32 = 0o004;
        let mode = fs::metadata(path).map(|file| file.permissions().mode());
        if mode.is_ok_and(|mode| mode & READABLE_BY_OTHERS != 0) {
            self.warnings.push(format!(
                "everybody on this machine can read the password in {0}; chmod o-r {0} ends that",
                path.display()
            ));
        }
    }
}

fn unknown_key(at: Range<usize>, key: &str, known: impl Iterator<Item = &'static str>) -> Trouble {
    const CLOSE_ENOUGH: f64 = 0.7;
    let key = key.to_owned();
    let near = known.map(|known| (strsim::jaro_winkler(known, &key), known));
    let nearest = near.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let meant = nearest.filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH);
    let meant = meant.map(|(_, known)| known);
    Trouble::Mistake(at, Mistake::UnknownKey { key, meant })
}

fn wrong_kind(key: &'static str, expected: &'static str, value: &Spanned<DeValue<'_>>) -> Trouble {
    Trouble::Mistake(value.span(), Mistake::Kind { key, expected })
}

/// The same was said by another key already; one of them would win, and nobody could tell which.
fn twice(key: &'static str, value: &Spanned<DeValue<'_>>) -> Trouble {
    wrong_kind(key, "this key or the one without -file, not both", value)
}

/// A password that can be given: an empty one would keep everybody out.
fn password(
    key: &'static str,
    password: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<String, Trouble> {
    match password.is_empty() {
        true => Err(wrong_kind(key, "a password that is not empty", value)),
        false => Ok(password.to_owned()),
    }
}

fn text<'v>(key: &'static str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Trouble> {
    let text = value.get_ref().as_str();
    text.ok_or_else(|| wrong_kind(key, "a text in quotes", value))
}

fn checked(
    key: &'static str,
    value: &Spanned<DeValue<'_>>,
    check: fn(&str) -> Result<String, &'static str>,
) -> Result<String, Trouble> {
    check(text(key, value)?).map_err(|complaint| {
        let expected = complaint.strip_prefix("expected ").unwrap_or(complaint);
        wrong_kind(key, expected, value)
    })
}

fn addresses(value: &Spanned<DeValue<'_>>) -> Result<Vec<SocketAddr>, Trouble> {
    const EXPECTED: &str = "addresses with ports, such as [\"127.0.0.1:6667\"]";
    let DeValue::Array(list) = value.get_ref() else {
        return Err(wrong_kind("listen", EXPECTED, value));
    };
    let address = |item: &Spanned<DeValue<'_>>| {
        let parsed = item.get_ref().as_str().and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| wrong_kind("listen", EXPECTED, item))
    };
    let list: Vec<SocketAddr> = list.iter().map(address).collect::<Result<_, _>>()?;
    if list.is_empty() {
        return Err(wrong_kind("listen", EXPECTED, value));
    }
    Ok(list)
}

fn lobby(value: &Spanned<DeValue<'_>>) -> Result<Option<RoomName>, Trouble> {
    const EXPECTED: &str = "a room such as \"#lobby\", or false for none";
    match value.get_ref() {
        DeValue::Boolean(false) => Ok(None),
        DeValue::String(name) => match RoomName::parse(name) {
            Ok(name) => Ok(Some(name)),
            Err(_) => Err(wrong_kind("lobby", EXPECTED, value)),
        },
        _ => Err(wrong_kind("lobby", EXPECTED, value)),
    }
}

fn limits(value: &Spanned<DeValue<'_>>, limits: &mut Limits) -> Result<(), Trouble> {
    let table = value.get_ref().as_table();
    let table = table.ok_or_else(|| wrong_kind("limits", "a table, [limits]", value))?;
    for (key, value) in table {
        let name: &str = key.get_ref();
        if name == "enabled" {
            let DeValue::Boolean(enabled) = value.get_ref() else {
                return Err(wrong_kind("enabled", "true or false", value));
            };
            limits.enabled = *enabled;
            continue;
        }
        let Some(limit) = Limit::ALL.iter().find(|limit| limit.key == name) else {
            let known = Limit::ALL.iter().map(|limit| limit.key).chain(["enabled"]);
            return Err(unknown_key(key.span(), name, known));
        };
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u32::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        let Limit { least, most, .. } = *limit;
        let number = number.filter(|number| (least..=most).contains(number));
        *(limit.place)(limits) = number.ok_or_else(|| {
            let key = limit.key;
            Trouble::Mistake(value.span(), Mistake::Bounds { key, least, most })
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What reading this text gives: the settings, or the sentence without the file's name.
    fn read_text(text: &str) -> Result<Settings, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let mut settings = Settings::default();
        let name = format!("{}:", file.path().display());
        match read(file.path(), &mut settings, &mut Vec::new()) {
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
    fn the_help_shows_each_key_with_what_is_usual() {
        let help = crate::server::options::config_help();
        for key in KEYS {
            assert!(
                help.contains(&format!("  {key} = ")) || help.contains(&format!("[{key}]")),
                "{key}"
            );
        }
        for limit in Limit::ALL {
            let usual = *(limit.place)(&mut Limits::default());
            let shown = help.lines().filter_map(|line| line.split_once(" = "));
            let mut shown = shown.filter(|(key, _)| key.trim() == limit.key);
            let (_, value) = shown.next().unwrap_or_else(|| panic!("{}", limit.key));
            let value = value.split(' ').next().unwrap();
            assert_eq!(value.parse(), Ok(usual), "{}", limit.key);
        }
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
                "2: there is no key \"nmae\"; did you mean \"name\"?",
            ),
            ("xyzzy = 1", "1: there is no key \"xyzzy\""),
            (
                "name = 1",
                "1: name: wrong value, expected a text in quotes",
            ),
            (
                "name = \"chat\"",
                "1: name: wrong value, expected a host name with a dot in it, such as chat.example",
            ),
            (
                "listen = \"127.0.0.1:1\"",
                "1: listen: wrong value, expected addresses with ports, such as [\"127.0.0.1:6667\"]",
            ),
            (
                "lobby = true",
                "1: lobby: wrong value, expected a room such as \"#lobby\", or false for none",
            ),
            (
                "[limits]\nnick-bytes = 31",
                "2: nick-bytes: wrong value, expected a number from 1 to 30",
            ),
            (
                "[limits]\nnick-bytes = -1",
                "2: nick-bytes: wrong value, expected a number from 1 to 30",
            ),
            (
                "[limits]\n\nnick-byte = 3",
                "3: there is no key \"nick-byte\"; did you mean \"nick-bytes\"?",
            ),
            (
                "[[operator]]\nname = \"root\"\npassword-hash = \"sesame\"",
                "3: password-hash: wrong value, expected what `chatroomd hash-password` prints",
            ),
            (
                "[[operator]]\nname = \"a b\"\npassword = \"x\"",
                "2: name: wrong value, expected one word",
            ),
            (
                "[[operator]]\nname = \"root\"\npassword = \"\"",
                "3: password: wrong value, expected a password that is not empty",
            ),
            (
                "password = \"\"",
                "1: password: wrong value, expected a password that is not empty",
            ),
            (
                "password = \"x\"\npassword-file = \"y\"",
                "2: password-file: wrong value, expected this key or the one without -file, not both",
            ),
            (
                "motd-file = \"x\"\nmotd = \"y\"",
                "1: motd-file: wrong value, expected this key or the one without -file, not both",
            ),
            (
                "[[operator]]\nname = \"root\"",
                "1: operator: wrong value, expected a name, and a password or a password-hash",
            ),
            (
                "[[operator]]\npasword = \"x\"",
                "2: there is no key \"pasword\"; did you mean \"password\"?",
            ),
            (
                "motd = \"\\u001b[2J\"",
                "1: there is a control character in the text, expected plain lines",
            ),
        ] {
            assert_eq!(read_text(text), Err(sentence.to_owned()), "{text}");
        }
        let twice = read_text("name = \"a.b\"\nname = \"a.c\"").unwrap_err();
        assert!(twice.starts_with("2: this is not TOML: "), "{twice}");
    }

    #[test]
    fn a_limit_can_be_set_from_its_least_to_its_most() {
        for limit in Limit::ALL {
            let (name, least, most) = (limit.key, limit.least, limit.most);
            for number in [least, most] {
                let text = format!("[limits]\n{name} = {number}");
                let mut limits = read_text(&text).unwrap().hub.limits;
                assert_eq!(*(limit.place)(&mut limits), number, "{name}");
            }
            for number in [i64::from(least) - 1, i64::from(most) + 1] {
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
            let (mut settings, mut warnings) = (Settings::default(), Vec::new());
            read(&config, &mut settings, &mut warnings).unwrap();
            assert_eq!(settings.hub.password.as_deref(), Some("sesame"));
            assert_eq!(warnings.len(), warned, "{mode:o}");
        }
    }
}
