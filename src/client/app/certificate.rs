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
    let text = instructions(
        name,
        &sanitize(&file.display().to_string()),
        &until,
        &made.fingerprint,
    );
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
        // A part of a key is of no use, and would be in the way of the next attempt.
        let _ = fs::remove_file(file);
    }
    written
}

fn instructions(name: &str, file: &str, until: &str, fingerprint: &str) -> String {
    let digits = fingerprint.trim_start_matches("sha256:");
    format!(
        "made {file}: a certificate, valid until {until}, and its key, which is a secret\n\
         fingerprint: {fingerprint}\n\
         \n\
         1. In the configuration, in [servers.{name}] or the table of another server:\n\
         \n   client-certificate = {file:?}\n\
         \n\
         2. Connect, log in to your account as before, and register the certificate:\n\
         \n   /msg NickServ CERT ADD\n\
         \n   A service that needs the fingerprint: /msg NickServ CERT ADD {digits}\n\
         \n\
         3. In the same table: account = \"YOUR ACCOUNT\". From then on the certificate logs you in.\n"
    )
}
