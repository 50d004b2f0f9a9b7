//! Makes the certificate of a user, with which services know who connects.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;

use super::appearance::time_zone;
use super::error::ClientError;
use crate::common::sanitize::sanitize;
use crate::common::self_signed;

/// Makes a key and a certificate in `FOLDER/NAME.pem`, and prints what to do with it.
pub(super) fn run(name: &str, folder: Option<&Path>) -> Result<(), ClientError> {
    let folder = folder.ok_or(ClientError::NoConfigFolder)?;
    let file = folder.join(format!("{name}.pem"));
    let unusable = |error| ClientError::Certificate {
        file: file.clone(),
        error,
    };
    let made = self_signed::make(name, SystemTime::now());
    let made = made.map_err(|error| unusable(io::Error::other(error)))?;
    let pem = format!("{}{}", made.certificate, made.key);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| write_new(&file, &pem))
        .map_err(unusable)?;
    let until = Timestamp::try_from(made.expires).unwrap_or_default();
    let until = until.to_zoned(time_zone()).strftime("%Y-%m-%d").to_string();
    let text = instructions(name, &file.display().to_string(), &until, &made.fingerprint);
    let printed = io::stdout().lock().write_all(text.as_bytes());
    let printed = printed.map_err(ClientError::Output);
    printed.or_else(ClientError::ignore_broken_pipe)
}

/// Creates a file that only its owner can read.
///
/// # Errors
///
/// There is a file of this name, or it cannot be written; then there is none.
fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    let written = out.write_all(text.as_bytes()).and_then(|()| out.sync_all());
    if written.is_err() {
        // A part of a key cannot be used, and would be in the way of the next attempt.
        let _ = fs::remove_file(file);
    }
    written
}

/// A text as a key of TOML: as it is if it can be, else as a string.
/// <https://toml.io/en/v1.0.0#keys>
fn key(text: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    match !text.is_empty() && text.chars().all(is_bare) {
        true => text.to_owned(),
        false => basic_string(text),
    }
}

/// A text as a basic string of TOML, in which characters that a terminal could obey are escaped.
/// <https://toml.io/en/v1.0.0#string>
fn basic_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if sanitize(c.encode_utf8(&mut [0; 4])) != c.to_string() => {
                quoted.push_str(&format!("\\U{:08X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn instructions(name: &str, file: &str, until: &str, fingerprint: &str) -> String {
    let digits = fingerprint.trim_start_matches("sha256:");
    let (table, path) = (key(name), sanitize(file));
    let file = basic_string(file);
    format!(
        "made {path}: a certificate, valid until {until}, and its key, which is a secret\n\
         fingerprint: {fingerprint}\n\
         \n\
         1. In the configuration, in [servers.{table}] or the table of another server:\n\
         \n   client-certificate = {file}\n\
         \n\
         2. Connect, log in to your account as before, and register the certificate:\n\
         \n   /msg NickServ CERT ADD\n\
         \n   A service that needs the fingerprint: /msg NickServ CERT ADD {digits}\n\
         \n\
         3. In the same table: account = \"YOUR ACCOUNT\". From then on the certificate logs you in.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::config::file::Config;

    #[test]
    fn the_printed_lines_are_toml_for_each_name_and_path() {
        for (name, table) in [
            ("libera", "[servers.libera]"),
            ("irc.libera.chat", "[servers.\"irc.libera.chat\"]"),
        ] {
            let path = "/home/\u{e4}nn \"x\"\\y\u{301}\u{1b}[2J\t/a.pem";
            let text = instructions(name, path, "2027-01-01", "sha256:00");
            assert!(text.contains(&format!("in {table} or")), "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
            let mut lines = text.lines().map(str::trim_start);
            let line = lines.find(|line| line.starts_with("client-certificate = "));
            let folder = tempfile::tempdir().unwrap();
            let config = folder.path().join("chatroom.toml");
            let line = line.unwrap();
            fs::write(&config, format!("{table}\naddress = \"h\"\n{line}\n")).unwrap();
            let config = Config::load(Some(&config), None).unwrap();
            let written = config.servers[name].client_certificate.as_deref();
            assert_eq!(written, Some(Path::new(path)));
        }
    }
}
