//! Other servers, where they are installed: the client follows the parameters that they announce.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;

use ring::digest::{SHA256, digest};

use super::support::{Finished, Program, chatroom, is_installed, run};

/// Another server, with its default settings as far as possible.
pub(crate) struct Foreign {
    pub(crate) address: SocketAddr,
    /// The port for encrypted connections.
    tls_port: u16,
    /// The fingerprint of its certificate.
    fingerprint: String,
    _program: Program,
    _folder: tempfile::TempDir,
}

impl Foreign {
    /// It compares names as this project's server does: `CASEMAPPING=ascii`.
    pub(crate) fn ngircd() -> Option<Self> {
        let text = "[Global]\nName = irc.example.net\nInfo = x\nListen = 127.0.0.1\nPorts = PORT\n\
             AdminInfo1 = a\nAdminInfo2 = a\nAdminEMail = a@b.c\n\
             [SSL]\nPorts = TLS\nCertFile = FOLDER/certificate.pem\nKeyFile = FOLDER/key.pem\n\
             [Options]\nPAM = no\nIdent = no\nDNS = no\n";
        Self::start("ngircd", &["-n", "-f"], text, "Now listening")
    }

    /// It treats `{}|^` as `[]\~`.
    pub(crate) fn inspircd() -> Option<Self> {
        let text = r#"<config format="xml">
            <server name="irc.example.net" description="x" network="X" id="1XX">
            <admin name="a" nick="a" email="a@example.net">
            <bind address="127.0.0.1" port="PORT" type="clients">
            <bind address="127.0.0.1" port="TLS" type="clients" sslprofile="own">
            <module name="ssl_gnutls">
            <sslprofile name="own" provider="gnutls" certfile="FOLDER/certificate.pem"
                keyfile="FOLDER/key.pem">
            <module name="sslinfo">
            <module name="ircv3_sts">
            <sts host="*" duration="1h" port="TLS">
            <connect name="main" allow="*" timeout="60" resolvehostnames="no" useident="no"
                localmax="100" globalmax="100">
            <options casemapping="rfc1459">
            <module name="cap">"#;
        let arguments = ["--nofork", "--nopid", "--nolog", "--runasroot", "--config"];
        Self::start("inspircd", &arguments, text, "is now running")
    }

    /// It prints `ready` when it listens. A connection is no test for that: a client that connects
    /// often enough to a free port can connect to itself.
    fn start(program: &str, arguments: &[&str], text: &str, ready: &str) -> Option<Self> {
        let places = ["/usr/sbin", "/usr/bin"].map(|folder| Path::new(folder).join(program));
        let Some(path) = places.iter().find(|path| path.exists()) else {
            is_installed(program);
            return None;
        };
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [address, tls] = free.map(|listener| listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let own = rcgen::generate_simple_self_signed(vec!["irc.example.net".to_owned()]).unwrap();
        fs::write(folder.path().join("certificate.pem"), own.cert.pem()).unwrap();
        fs::write(
            folder.path().join("key.pem"),
            own.signing_key.serialize_pem(),
        )
        .unwrap();
        let config = folder.path().join("server.conf");
        let text = text
            .replace("PORT", &address.port().to_string())
            .replace("TLS", &tls.port().to_string())
            .replace("FOLDER", folder.path().to_str().unwrap());
        fs::write(&config, text).unwrap();
        let mut command = Command::new(path);
        command.args(arguments).arg(&config);
        let program = Program::start(command);
        program.out.wait_for(ready);
        let digest = digest(&SHA256, own.cert.der());
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        Some(Self {
            address,
            tls_port: tls.port(),
            fingerprint: format!("sha256:{}", digits.collect::<String>()),
            _program: program,
            _folder: folder,
        })
    }

    /// A user in a room, who prints each line received.
    fn listener(&self, nick: &str, room: &str) -> Program {
        let address = self.address.to_string();
        let options = [
            "--nick", nick, "--join", room, "--follow", "--format", "raw",
        ];
        let mut command = chatroom(&options);
        command.arg(address);
        let listener = Program::start(command);
        listener.out.wait_for(" 366 ");
        listener
    }

    fn script(&self, options: &[&str], input: &str) -> Finished {
        let mut command = chatroom(options);
        command.arg(self.address.to_string());
        run(command, input)
    }
}

const QUESTIONS: &str = "/names\n/msg #LAB{x} hello there\n/whois B{o}b\n/who\n";

#[test]
fn names_are_equal_where_the_casemapping_of_the_server_says_so() {
    let Some(server) = Foreign::inspircd() else {
        return;
    };
    let bob = server.listener("b[o]b", "#lab[x]");
    let done = server.script(&["--nick", "alice", "--join", "#Lab{x}"], QUESTIONS);
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    for answer in [
        "#lab[x]: ",
        "b[o]b is b[o]b (bob@",
        "#lab[x] has 2 people:",
        "  @b[o]b ",
    ] {
        assert!(done.out.contains(answer), "{answer}: {}", done.out);
    }
    bob.out.wait_for("PRIVMSG #lab[x] :hello there");
}

#[test]
fn names_differ_where_the_casemapping_of_the_server_says_so() {
    let Some(server) = Foreign::ngircd() else {
        return;
    };
    let _bob = server.listener("b[o]b", "#lab[x]");
    let done = server.script(&["--nick", "alice", "--join", "#lab{x}"], QUESTIONS);
    assert_eq!(done.status, Some(65), "{done:?}");
    let refused = "chatroom: line 3: There is no user b{o}b. /names lists who is here.\n";
    assert!(done.err.eq_ignore_ascii_case(refused), "{done:?}");
    assert!(done.out.contains("#lab{x} has 1 person:"), "{}", done.out);
}

#[test]
fn a_taken_nick_is_in_no_name_and_what_comes_first_comes_before_the_rooms() {
    for server in [Foreign::ngircd(), Foreign::inspircd()]
        .into_iter()
        .flatten()
    {
        let bob = server.listener("bob", "#lab");
        let home = tempfile::tempdir().unwrap();
        let config = format!(
            "[servers.home]\naddress = \"{}\"\nalternatives = [\"bob\", \"carol\"]\n\
             on-connect = [\"/msg bob identify $(echo sesame)\"]\n",
            server.address
        );
        let file = home.path().join("chatroom.toml");
        fs::write(&file, config).unwrap();
        let mut command = chatroom(&["home", "--nick", "bob", "--join", "#lab", "--config"]);
        command.arg(&file);
        let done = run(command, "/whois carol\n");
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
        let whois = done.out.lines().find(|line| line.starts_with("carol is "));
        let whois = whois.unwrap_or_else(|| panic!("{}", done.out));
        assert!(whois.starts_with("carol is carol ("), "{whois}");
        assert!(!whois.contains("bob"), "{whois}");
        assert!(!done.out.contains("sesame"), "{}", done.out);
        let received = bob.out.wait_for(" QUIT ");
        let place = |part: &str| {
            received
                .find(part)
                .unwrap_or_else(|| panic!("{part}: {received}"))
        };
        let first = place(" PRIVMSG bob :identify sesame");
        let room = place(":carol!");
        assert!(
            room <= first && first < received.rfind(" JOIN ").unwrap(),
            "{received}"
        );
    }
}

/// An address of this machine that is not one of loopback: the system connects to 127.0.0.1.
const OTHER: &str = "0.0.0.0";

#[cfg(feature = "tls")]
#[test]
fn other_servers_are_reached_with_tls() {
    for server in [Foreign::ngircd(), Foreign::inspircd()]
        .into_iter()
        .flatten()
    {
        let url = format!("ircs://127.0.0.1:{}", server.tls_port);
        let options = ["--nick", "ci", "--fingerprint", &server.fingerprint, &url];
        let done = run(chatroom(&options), "/join #lab\nhello\n/whois ci\n");
        assert_eq!(
            (done.status, done.err.as_str()),
            (Some(0), ""),
            "{}",
            done.out
        );
        assert!(done.out.contains("secure"), "{}", done.out);
    }
}

#[cfg(feature = "tls")]
#[test]
fn a_server_that_asks_for_tls_is_reached_with_it() {
    let Some(server) = Foreign::inspircd() else {
        return;
    };
    let plain = format!("irc://{OTHER}:{}", server.address.port());
    let options = [
        "--nick",
        "ci",
        "--quiet",
        "--fingerprint",
        &server.fingerprint,
        &plain,
    ];
    let done = run(chatroom(&options), "/join #lab\nhello\n/whois ci\n");
    assert_eq!(
        (done.status, done.err.as_str()),
        (Some(0), ""),
        "{}",
        done.out
    );
    assert!(done.out.contains("secure"), "{}", done.out);
}

#[test]
fn other_servers_are_entered_on_plain_connections_to_other_machines() {
    for server in [Foreign::ngircd(), Foreign::inspircd()]
        .into_iter()
        .flatten()
    {
        let plain = format!("{OTHER}:{}", server.address.port());
        let options = ["--nick", "ci", "--fingerprint", &server.fingerprint, &plain];
        let done = run(chatroom(&options), "/join #lab\nhello\n");
        assert_eq!(done.status, Some(0), "{done:?}");
        assert!(done.err.contains("Not encrypted"), "{done:?}");
    }
}
