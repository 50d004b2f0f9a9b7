//! The checks of TLS scanners, with openssl: old protocols, weak ciphers, compression,
//! renegotiation, resumption, and what is said about the connection.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::PATIENCE;

/// Lets openssl offer everything that it knows, also what it considers too weak.
const ANYTHING: [&str; 2] = ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"];

/// A server with a certificate of its own. It is killed when a test drops it.
struct Scanned {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Scanned {
    /// `None` where openssl is not installed.
    fn start() -> Option<Self> {
        Command::new("openssl").arg("version").output().ok()?;
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--quiet", "--no-limits", "--listen", "127.0.0.1:0"])
            .args(["--tls-listen", "127.0.0.1:0", "--tls-self-signed"])
            .env("XDG_STATE_HOME", folder.path())
            .env_remove("STATE_DIRECTORY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.nth(1).unwrap().unwrap();
        let address = line.strip_suffix(" with TLS").unwrap();
        let address = address.strip_prefix("listening on ").unwrap().to_owned();
        Some(Self {
            child,
            address,
            _folder: folder,
        })
    }

    /// Whether `openssl s_client` had a connection with these options, and its output. It sends
    /// `input` once it has one.
    fn connect(&self, options: &[&str], input: &str) -> (bool, String) {
        let mut client = Command::new("openssl")
            .args(["s_client", "-connect", &self.address])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut to = client.stdin.take().unwrap();
        let mut from = client.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = from.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        // It ends at once when there is no connection. A capital Q would be for openssl itself.
        let _ = to.write_all(input.as_bytes());
        let _ = to.write_all(b"quit\r\n");
        let deadline = Instant::now() + PATIENCE;
        while client.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "{options:?}: it does not end");
            thread::park_timeout(Duration::from_millis(10));
        }
        drop(to);
        let text = reader.join().unwrap();
        let is_connected = text.contains("BEGIN CERTIFICATE");
        (is_connected, text)
    }
}

impl Drop for Scanned {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn only_current_protocols_and_ciphers_with_forward_secrecy_are_accepted() {
    let Some(server) = Scanned::start() else {
        return;
    };
    for protocol in ["-tls1", "-tls1_1"] {
        let options = [&[protocol], &ANYTHING[..]].concat();
        let (is_connected, text) = server.connect(&options, "");
        assert!(!is_connected, "{protocol}: {text}");
    }
    for (protocol, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let (is_connected, text) = server.connect(&[protocol], "");
        assert!(is_connected && text.contains(name), "{protocol}: {text}");
        assert!(text.contains("Compression: NONE"), "{text}");
        assert!(!text.contains("Secure Renegotiation IS NOT supported") || name == "TLSv1.3");
    }
    for weak in [
        "aNULL", "eNULL", "kRSA", "DHE", "3DES", "RC4", "CAMELLIA", "SHA1", "SHA256", "SHA384",
        "PSK",
    ] {
        // Those with SHA256 and SHA384 as their MAC use CBC; the others of that name are not in them.
        let list = format!("{weak}:-AESGCM:-CHACHA20:@SECLEVEL=0");
        let (is_connected, text) = server.connect(&["-tls1_2", "-cipher", &list], "");
        assert!(!is_connected, "{weak}: {text}");
    }
    for strong in ["ECDHE+AESGCM", "ECDHE+CHACHA20"] {
        let (is_connected, text) = server.connect(&["-tls1_2", "-cipher", strong], "");
        assert!(is_connected, "{strong}: {text}");
    }
}

#[test]
fn a_client_that_renegotiates_gets_the_end_and_others_do_not_notice() {
    let Some(server) = Scanned::start() else {
        return;
    };
    // openssl asks for it at a line with an R.
    let (is_connected, text) = server.connect(&["-tls1_2"], "R\n");
    assert!(is_connected, "{text}");
    assert!(!text.contains("verify return"), "{text}");
    assert!(
        !text.contains("Closing Link"),
        "the line after it was read: {text}"
    );
    let (is_connected, text) = server.connect(&["-tls1_2"], "");
    assert!(is_connected && text.contains("Closing Link"), "{text}");
}

#[test]
fn a_session_is_resumed_with_a_ticket() {
    let Some(server) = Scanned::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for protocol in ["-tls1_2", "-tls1_3"] {
        let file = folder.path().join(protocol);
        let file = Path::to_str(&file).unwrap();
        // The ticket of TLS 1.3 comes after the handshake, before the answer to the line.
        let (_, text) = server.connect(&[protocol, "-sess_out", file], "PING\r\n");
        assert!(text.contains("New, TLSv1"), "{text}");
        let (_, text) = server.connect(&[protocol, "-sess_in", file], "PING\r\n");
        assert!(text.contains("Reused, TLSv1"), "{protocol}: {text}");
    }
}
