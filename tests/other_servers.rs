//! The client and servers of others that are installed here, with TLS: their certificates are signed by
//! an authority that the test makes.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::home::Home;
use support::{Program, run};

/// A server that listens for encrypted connections on a port of this machine.
struct OtherServer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

const NGIRCD: &str = "[Global]
Name = irc.other.example
Info = other
Listen = 127.0.0.1
Ports = PLAIN
MotdPhrase = hello
ServerUID = 65534
ServerGID = 65534
[Options]
DNS = no
Ident = no
PAM = no
[SSL]
CertFile = FOLDER/certificate.pem
KeyFile = FOLDER/key.pem
Ports = TLS
";

const INSPIRCD: &str = r#"<config format="xml">
<server name="irc.other.example" description="other" network="Other" id="1OT">
<admin name="other" nick="other" email="other@other.example">
<module name="ssl_gnutls">
<sslprofile name="Clients" provider="gnutls" certfile="FOLDER/certificate.pem" keyfile="FOLDER/key.pem">
<bind address="127.0.0.1" port="TLS" type="clients" sslprofile="Clients">
<connect name="main" allow="*" resolvehostnames="no" useident="no" maxconnwarn="no" localmax="100"
    globalmax="100">
<log method="file" type="*" level="default" target="FOLDER/inspircd.log">
"#;

impl OtherServer {
    /// Starts a program with this configuration; `None` if it is not installed.
    fn start(program: &str, options: &[&str], configuration: &str) -> Option<Self> {
        if !Path::new(program).exists() {
            println!("skipped: {program} is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        make_certificates(folder.path());
        let [plain, port] = [free_port(), free_port()];
        let text = configuration
            .replace("FOLDER", folder.path().to_str().unwrap())
            .replace("PLAIN", &plain.to_string())
            .replace("TLS", &port.to_string());
        let file = folder.path().join("server.conf");
        fs::write(&file, text).unwrap();
        let child = Command::new(program)
            .args(options)
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            port,
            folder,
        };
        server.waits_until_it_listens();
        Some(server)
    }

    fn waits_until_it_listens(&mut self) {
        let deadline = Instant::now() + common::PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert_eq!(self.child.try_wait().unwrap(), None, "the server has ended");
            assert!(Instant::now() < deadline, "the server does not listen");
            // Other servers do not report that they listen.
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for OtherServer {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on which nothing listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// An authority, and a certificate of it for `localhost` with its key.
fn make_certificates(folder: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(parameters, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    for (name, text) in [
        ("authority.pem", authority.pem()),
        ("certificate.pem", own.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        // The server gives up its privileges before it reads it.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
}

/// One session listens, a script talks, and the certificate is checked.
fn is_at_home_on(server: &OtherServer) {
    let home = Home::new();
    let url = format!("ircs://localhost:{}", server.port);
    let rooms = "rooms = [\"#dev\"]\n";
    home.configure(
        &url,
        &format!("ca-file = {:?}\n{rooms}", server.authority()),
    );
    let mut command = home.chatroom(&["--plain", "--nick", "alice"]);
    command.env("USER", "alice");
    let mut alice = Program::start(command);
    alice.out.wait_for("You are alice in #dev");
    let lines = "one\n@alice two\n/msg #dev three\n/msg nobody four\n";
    let done = run(home.chatroom(&["--nick", "ci"]), lines);
    assert_eq!(done.status, Some(65), "{done:?}");
    assert!(done.err.contains("line 4"), "{done:?}");
    for text in ["<ci> one", "*ci* whispers: two", "<ci> three"] {
        alice.out.wait_for(text);
    }
    alice.give("/whois alice\n/reconnect\n");
    alice.out.wait_for("Connected again.");
    alice.give("/quit\n");
    let finished = alice.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    // For another name, by no authority, and with the wrong fingerprint.
    let other = format!("ircs://127.0.0.1:{}", server.port);
    let wrong = format!("fingerprint = \"{}\"", "0".repeat(64));
    let authority = format!("ca-file = {:?}", server.authority());
    for (url, lines, words) in [
        (&other, authority.as_str(), "127.0.0.1"),
        (&url, "", "authority"),
        (&url, wrong.as_str(), "fingerprint"),
    ] {
        home.configure(url, lines);
        let refused = run(home.chatroom(&["--nick", "ci", "-c", "hi"]), "");
        assert_eq!(refused.status, Some(76), "{refused:?}");
        assert!(refused.err.contains(words), "{words}: {refused:?}");
    }
}

#[test]
fn the_client_is_at_home_on_ngircd_with_tls() {
    let options = ["--nodaemon", "--config"];
    if let Some(server) = OtherServer::start("/usr/sbin/ngircd", &options, NGIRCD) {
        is_at_home_on(&server);
    }
}

#[test]
fn the_client_is_at_home_on_inspircd_with_tls() {
    let options = ["--nofork", "--nopid", "--runasroot", "--config"];
    if let Some(server) = OtherServer::start("/usr/sbin/inspircd", &options, INSPIRCD) {
        is_at_home_on(&server);
    }
}
