//! The client and a SOCKS5 proxy: everything goes through it, and names are resolved by it.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;

use chatting_room::server::{EmbeddedServer, Settings};
use support::home::Home;
use support::socks::{Answer, SocksProxy};
use support::{Program, run};

/// A name that no resolver knows (RFC 6761, section 6.4).
const HIDDEN: &str = "chat.invalid";
/// An address of this machine that is not one of loopback: the system connects to 127.0.0.1.
const OTHER: &str = "0.0.0.0";

fn host() -> EmbeddedServer {
    let mut settings = Settings::listening_on(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings.hub.limits.enabled = false;
    EmbeddedServer::start(&settings).unwrap()
}

/// A port on which nothing listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const SEND: [&str; 4] = ["--nick", "ci", "-c", "hello"];

#[test]
fn a_server_with_a_name_that_only_the_proxy_can_resolve_is_reached() {
    let host = host();
    let home = Home::new();
    let proxy = SocksProxy::start(None, Answer::Connect(host.address()));
    let line = format!("proxy = \"{}\"", proxy.url());
    home.configure(&format!("irc://{HIDDEN}:7000"), &line);
    let finished = run(home.chatroom(&SEND), "");
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(proxy.request(), format!("name {HIDDEN}:7000"));
    // Of the environment, with a login.
    let proxy = SocksProxy::start(Some("ann:se:cret"), Answer::Connect(host.address()));
    for (variable, login, status) in [
        ("ALL_PROXY", "ann:se%3Acret@", 0),
        ("all_proxy", "ann:se%3Acret@", 0),
        ("ALL_PROXY", "ann:other@", 69),
        ("ALL_PROXY", "", 69),
    ] {
        let url = proxy.url().replace("://", &format!("://{login}"));
        let mut command = home.chatroom(&SEND);
        command.arg(format!("irc://{HIDDEN}")).env(variable, url);
        let finished = run(command, "");
        assert_eq!(finished.status, Some(status), "{login} {finished:?}");
        if status == 0 {
            assert_eq!(proxy.request(), format!("name {HIDDEN}:6667"));
        } else {
            let start = format!(
                "chatroom: No connection to {HIDDEN}:6667 through the proxy {}: it ",
                proxy.url()
            );
            assert!(finished.err.starts_with(&start), "{finished:?}");
        }
    }
}

#[test]
fn a_password_of_a_proxy_that_others_can_read_is_reported() {
    let host = host();
    let home = Home::new();
    let proxy = SocksProxy::start(Some("ann:secret"), Answer::Connect(host.address()));
    let url = proxy.url().replace("://", "://ann:secret@");
    // A proxy takes also this connection away from this machine.
    let server = format!("irc://127.0.0.1:{}", host.address().port());
    home.configure(&server, &format!("proxy = \"{url}\""));
    let file = home.path(".config/chatroom.toml");
    for (mode, is_reported) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let finished = run(home.chatroom(&SEND), "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
        assert!(finished.err.contains("Not encrypted: "), "{finished:?}");
        let words = format!(
            "Every user of this machine can read the password of the proxy in {0}. To prevent it: chmod o-r {0}\n",
            file.display()
        );
        assert_eq!(finished.err.contains(&words), is_reported, "{finished:?}");
        assert!(!finished.err.contains("secret"), "{finished:?}");
    }
}

#[test]
fn nothing_goes_around_a_proxy() {
    let direct = TcpListener::bind("127.0.0.1:0").unwrap();
    direct.set_nonblocking(true).unwrap();
    let server = format!("{OTHER}:{}", direct.local_addr().unwrap().port());
    let home = Home::new();
    let closed = format!("socks5://127.0.0.1:{}", closed_port());
    let refusing = SocksProxy::start(None, Answer::Refuse(5));
    for (url, status, words) in [
        (closed.as_str(), 69, "connection refused"),
        (&refusing.url(), 69, "the server refused the connection"),
        (
            "http://127.0.0.1:3128",
            64,
            "ALL_PROXY is not a proxy that can be used",
        ),
        (
            "127.0.0.1:3128",
            64,
            "ALL_PROXY is not a proxy that can be used",
        ),
    ] {
        let mut command = home.chatroom(&SEND);
        command.arg(&server).env("ALL_PROXY", url);
        let finished = run(command, "");
        assert_eq!(finished.status, Some(status), "{finished:?}");
        assert!(finished.err.contains(words), "{finished:?}");
    }
    assert_eq!(refusing.request(), server);
    assert!(direct.accept().is_err(), "there was a direct connection");
    home.configure(&server, "proxy = \"http://127.0.0.1\"");
    let finished = run(home.chatroom(&SEND), "");
    assert_eq!(finished.status, Some(78), "{finished:?}");
    let words = ":4:9: proxy is not a proxy that can be used";
    assert!(finished.err.contains(words), "{finished:?}");
}

#[test]
fn the_proxy_of_the_environment_is_not_for_this_machine_and_not_for_those_that_say_so() {
    let host = host();
    let home = Home::new();
    let proxy = SocksProxy::start(None, Answer::Refuse(1));
    let port = host.address().port();
    for (address, line) in [
        (format!("localhost:{port}"), ""),
        (format!("{OTHER}:{port}"), "proxy = \"none\""),
    ] {
        home.configure(&address, line);
        let mut command = home.chatroom(&SEND);
        command.env("ALL_PROXY", proxy.url());
        let finished = run(command, "");
        assert_eq!(finished.status, Some(0), "{finished:?}");
    }
    assert!(proxy.is_idle());
}

#[test]
fn a_reconnection_and_another_server_go_through_the_proxy_too() {
    let host = host();
    let home = Home::new();
    let proxy = SocksProxy::start(None, Answer::Connect(host.address()));
    let arguments = ["--plain", "--nick", "alice", &format!("irc://{HIDDEN}")];
    let mut command = home.chatroom(&arguments);
    command.env("ALL_PROXY", proxy.url());
    let mut program = Program::start(command);
    assert_eq!(proxy.request(), format!("name {HIDDEN}:6667"));
    let is_in = |times| move |text: &str| text.matches("You are alice in #lobby").count() == times;
    program.out.wait_until(is_in(1));
    program.give("/reconnect\n");
    assert_eq!(proxy.request(), format!("name {HIDDEN}:6667"));
    program.out.wait_until(is_in(2));
    program.give("/connect irc://other.invalid:7\n");
    assert_eq!(proxy.request(), "name other.invalid:7");
    program.out.wait_for("You are alice_ in #lobby, with alice");
    program.give("/quit\n");
    assert_eq!(program.finish().status, Some(0));
    assert!(proxy.is_idle());
}
