//! Connections that a proxy or a gateway makes for users, on the real server: limits, bans, cloaks and
//! the audit log are about the addresses of the users.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use common::{Client, Server};
use nix::sys::signal::Signal;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

/// The output of `chatroomd hash-password` for `sesame`, which takes some 15 ms to check.
const HASH: &str = "$argon2id$v=19$m=8192,t=2,p=1$SUshN7Elj9XNw/CKSMLuMA$BkPJS5reuWmKqYIhZR1Fnw77K5SQVVEGxgRs/Ve1s40";

/// A server with this configuration, in a folder of its own.
struct Configured {
    server: Server,
    folder: tempfile::TempDir,
}

impl Configured {
    fn start(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatroomd.toml");
        let operator = "[[operator]]\nname = \"root\"\npassword = \"sesame\"\n";
        fs::write(&path, format!("{config}{operator}")).unwrap();
        let server = Server::start(&["--config", path.to_str().unwrap()]);
        Self { server, folder }
    }

    /// A connection from an address of this machine.
    fn from(&self, last: u8) -> Client {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        let address = Ipv4Addr::new(127, 0, 0, last);
        bind(&socket, &SocketAddr::from((address, 0))).unwrap();
        connect(&socket, &self.server.address).unwrap();
        Client::new(TcpStream::from(socket))
    }

    /// A user of the proxy at 127.0.0.2, with a header of version 1.
    fn by_proxy(&self, address: &str, nick: &str) -> Client {
        let mut client = self.from(2);
        client.send(&format!("PROXY TCP4 {address} 127.0.0.1 5000 6667"));
        client.register(nick);
        client
    }

    fn operator(&self) -> Client {
        let mut root = self.from(1);
        root.register("root");
        root.send("OPER root sesame");
        root.expect(" 381 ");
        root
    }
}

const PROXY: &str = "[proxy]\nfrom = [\"127.0.0.2\", \"127.0.1.0/24\"]\n";

fn whois(root: &mut Client, nick: &str) -> Vec<String> {
    root.send(&format!("WHOIS {nick}"));
    root.fence()
}

/// A header of version 2 for this user.
fn binary_header(address: [u8; 4], more: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec();
    let length = 12 + u16::try_from(more.len()).unwrap();
    header.extend(length.to_be_bytes());
    header.extend(address);
    header.extend([127, 0, 0, 1, 0x13, 0x88, 0x1a, 0x0b]);
    header.extend(more);
    header
}

#[test]
fn users_of_a_proxy_have_their_own_addresses() {
    let configured = Configured::start(&format!("audit-log = \"audit.ndjson\"\n{PROXY}"));
    let mut root = configured.operator();
    let _text = configured.by_proxy("192.0.2.7", "text");
    let mut binary = configured.from(2);
    // One byte at a time, with a part that is skipped and one that says that the proxy has decrypted it.
    let details = [0x02, 0, 1, b'x', 0x20, 0, 5, 1, 0, 0, 0, 0];
    for byte in binary_header([192, 0, 2, 8], &details) {
        binary.send_bytes(&[byte]);
    }
    binary.register("binary");
    let shown = whois(&mut root, "text").join("\n");
    assert!(shown.contains(" 378 root text :is connecting from *@192.0.2.7 192.0.2.7"));
    assert!(!shown.contains(" 671 "), "{shown}");
    let shown = whois(&mut root, "binary").join("\n");
    assert!(shown.contains(" 378 root binary :is connecting from *@192.0.2.8 192.0.2.8"));
    assert!(shown.contains(" 671 "), "{shown}");
    // Others see a cloak.
    binary.send("WHO text");
    let line = binary.expect(" 352 ");
    assert!(
        line.contains(".ip4 ") && !line.contains("192.0.2.7"),
        "{line}"
    );
    // A ban is about the address of the user, and the audit log has it.
    root.send("DLINE 192.0.2.0/29 :open proxies");
    root.expect("root has banned 192.0.2.0/29");
    let mut banned = configured.from(2);
    banned.send("PROXY TCP4 192.0.2.1 127.0.0.1 5000 6667\r\nNICK banned");
    let words = "ERROR :Closing Link: * (You are banned from this server: open proxies)";
    assert_eq!(banned.rest(), [words]);
    binary.fence();
    let mut spy = configured.by_proxy("192.0.2.9", "spy");
    spy.send("OPER root sesame");
    spy.expect(" 381 ");
    let audit = fs::read_to_string(configured.folder.path().join("audit.ndjson")).unwrap();
    assert!(
        audit.lines().last().unwrap().contains("192.0.2.9"),
        "{audit}"
    );
}

// A103.
#[test]
fn a_proxy_must_send_a_header_and_others_must_not() {
    let configured = Configured::start(PROXY);
    for bytes in [
        &b"NICK alice\r\n"[..],
        b"\x16\x03\x01\x02\0",
        b"PROXY TCP4 x\r\n",
        b"GET /",
    ] {
        let mut client = configured.from(2);
        client.send_bytes(bytes);
        let words = "ERROR :Closing Link: * (Connections from this address must begin with a valid \
                     header of the PROXY protocol)";
        assert_eq!(client.rest(), [words], "{bytes:?}");
    }
    for header in [
        b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 6667\r\n".to_vec(),
        binary_header([192, 0, 2, 7], &[]),
    ] {
        let mut client = configured.from(3);
        client.send_bytes(&header);
        let words = "ERROR :Closing Link: * (This address is not that of a proxy, so it may not send \
                     a PROXY header)";
        assert_eq!(client.rest(), [words]);
    }
    // A check of the proxy, and a handshake of TLS after the header.
    let mut check = configured.from(2);
    check.send_bytes(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0PING :check\r\n");
    check.expect("PONG");
    let mut hello = configured.from(2);
    hello.send_bytes(b"PROXY UNKNOWN\r\n\x16\x03\x01\x02\0\x01");
    hello.expect("ERROR :Closing Link: * (This port does not support TLS)");
}

#[test]
fn limits_count_the_users_of_a_proxy_for_their_own_addresses() {
    let limits = "[limits]\nconnections-per-address = 2\n";
    let configured = Configured::start(&format!("{PROXY}{limits}"));
    let mut users = Vec::new();
    for number in 0..9 {
        let address = format!("192.0.2.{}", number % 3);
        let mut client = configured.from(2);
        client.send(&format!("PROXY TCP4 {address} 127.0.0.1 5000 6667"));
        if number >= 6 {
            client.expect("ERROR :Closing Link: * (Too many connections from your IP (2))");
            continue;
        }
        client.register(&format!("user{number}"));
        users.push(client);
    }
    // One that leaves makes room for one.
    users[0].send("QUIT");
    users[0].rest();
    configured.by_proxy("192.0.2.0", "next");
    // Connections of the proxy itself are counted for its own address.
    for number in 0..3 {
        let mut client = configured.from(2);
        client.send("PROXY UNKNOWN");
        match number {
            2 => drop(client.expect("ERROR :Closing Link: * (Too many connections")),
            _ => drop(client.fence()),
        }
        users.push(client);
    }
}

#[test]
fn proxies_and_gateways_are_read_again() {
    let configured = Configured::start("");
    let path = configured.folder.path().join("chatroomd.toml");
    let gateway = format!(
        "[[gateway]]\nname = \"web\"\nfrom = [\"127.0.0.3\"]\npassword-hash = \"{HASH}\"\n"
    );
    fs::write(&path, format!("{PROXY}{gateway}")).unwrap();
    configured.server.signal(Signal::SIGHUP);
    let deadline = std::time::Instant::now() + common::PATIENCE;
    loop {
        let mut client = configured.from(2);
        client.send_quietly("PROXY TCP4 192.0.2.7 127.0.0.1 5000 6667\r\nPING :reloaded");
        if client.line().contains("PONG") {
            break;
        }
        assert!(std::time::Instant::now() < deadline);
    }
    let mut visitor = configured.from(3);
    visitor.send("WEBIRC sesame web visitor.example 192.0.2.7");
    visitor.register("visitor");
}

#[test]
fn only_the_ports_that_are_listed_are_for_proxies() {
    let configured = Configured::start(&format!("{PROXY}ports = [1]\n"));
    configured.from(2).register("alice");
    let mut client = configured.from(2);
    client.send("PROXY TCP4 192.0.2.7 127.0.0.1 5000 6667");
    client.expect("This address is not that of a proxy");
}

// A104.
#[test]
fn users_of_a_gateway_are_counted_for_their_own_addresses() {
    let gateway = format!(
        "[[gateway]]\nname = \"web\"\nfrom = [\"127.0.0.3\"]\npassword-hash = \"{HASH}\"\n\
         [limits]\nconnections-per-address = 2\n"
    );
    let configured = Configured::start(&gateway);
    let mut users = Vec::new();
    for number in 0..8 {
        let mut client = configured.from(3);
        let address = format!("192.0.2.{}", number % 3);
        client.send(&format!("WEBIRC sesame web visitor.example {address}"));
        if number >= 6 {
            client.expect("ERROR :Closing Link: * (Too many connections from your IP (2))");
            continue;
        }
        client.register(&format!("user{number}"));
        users.push(client);
    }
    // Without the command, a connection counts for the address of the gateway.
    for number in 0..3 {
        let mut client = configured.from(3);
        client.send(&format!("NICK own{number}"));
        match number {
            2 => drop(
                client.expect("ERROR :Closing Link: * (Too many connections from your IP (2))"),
            ),
            _ => drop(client.fence()),
        }
        users.push(client);
    }
}

/// HAProxy in front of the server. It is killed when a test drops it.
struct HaProxy {
    child: Child,
    address: SocketAddr,
}

impl HaProxy {
    fn start(server: SocketAddr, version: &str) -> Self {
        // A port that is free now; no other test listens on this address.
        let free = TcpListener::bind("127.0.0.4:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut child = Command::new("haproxy")
            .args(["-db", "-f", "/dev/stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let config = format!(
            "defaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n\
             frontend irc\n bind {address}\n default_backend chatroomd\n\
             backend chatroomd\n source 127.0.0.2\n server one {server} {version} check inter 200ms\n"
        );
        child
            .stdin
            .take()
            .unwrap()
            .write_all(config.as_bytes())
            .unwrap();
        let deadline = std::time::Instant::now() + common::PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(
                std::time::Instant::now() < deadline,
                "HAProxy does not listen"
            );
            std::thread::yield_now();
        }
        Self { child, address }
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn haproxy_sends_headers_of_both_versions() {
    if !support::is_installed("haproxy") {
        return;
    }
    let configured = Configured::start(PROXY);
    let mut root = configured.operator();
    for (version, nick, last) in [("send-proxy", "one", 7), ("send-proxy-v2", "two", 8)] {
        let proxy = HaProxy::start(configured.server.address, version);
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        let address = Ipv4Addr::new(127, 9, 0, last);
        bind(&socket, &SocketAddr::from((address, 0))).unwrap();
        connect(&socket, &proxy.address).unwrap();
        let mut client = Client::new(TcpStream::from(socket));
        client.register(nick);
        let shown = whois(&mut root, nick).join("\n");
        assert!(shown.contains(&format!("127.9.0.{last}")), "{shown}");
    }
}
