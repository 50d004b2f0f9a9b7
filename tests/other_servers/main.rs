//! The client and servers of others that are installed here, with TLS: their certificates are signed by
//! an authority that the test makes.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod ergo;
mod server;
mod soju;

use server::OtherServer;
use support::home::Home;
use support::{Program, run};

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

/// One session listens, a script talks, and the certificate is checked.
fn is_at_home_on(server: &OtherServer) {
    let home = Home::new();
    let url = server.url();
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
    let other = url.replace("localhost", "127.0.0.1");
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
    let options = ["--nodaemon", "--config", "FILE"];
    if let Some(server) = OtherServer::start("ngircd", &options, NGIRCD) {
        is_at_home_on(&server);
    }
}

#[test]
fn the_client_is_at_home_on_inspircd_with_tls() {
    let options = ["--nofork", "--nopid", "--runasroot", "--config", "FILE"];
    if let Some(server) = OtherServer::start("inspircd", &options, INSPIRCD) {
        is_at_home_on(&server);
    }
}
