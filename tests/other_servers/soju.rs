//! The networks of soju, which become networks of the client.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::server::{OtherServer, installed};
use crate::common::Server;
use crate::support::home::Home;
use crate::support::{Program, run};

const PASSWORD: &str = "s3same";

const SOJU: &str = "listen ircs://127.0.0.1:TLS
tls FOLDER/certificate.pem FOLDER/key.pem
db sqlite3 FOLDER/soju.db
message-store db
hostname soju.example
";

/// The bouncer, and a configuration of the user `ann` of it.
fn start() -> Option<(OtherServer, Home)> {
    let Some(database) = installed("sojudb") else {
        println!("skipped: soju is not installed");
        return None;
    };
    let mut server = OtherServer::prepare("soju", &["-config", "FILE"], SOJU)?;
    let mut made = Command::new(database)
        .arg("-config")
        .arg(server.file())
        .args(["create-user", "ann"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = made.stdin.take().unwrap();
    writeln!(input, "{PASSWORD}").unwrap();
    drop(input);
    assert!(made.wait().unwrap().success());
    server.launch();
    let home = Home::new();
    home.write(".config/password", PASSWORD);
    let file = home.path(".config/password");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    configure(&server, &home, "ann");
    Some((server, home))
}

fn configure(server: &OtherServer, home: &Home, account: &str) {
    let lines = format!("account = \"{account}\"\naccount-password-file = \"password\"");
    server.configure(home, &lines);
}

/// Has the bouncer connect to a network.
fn adds(home: &Home, network: &Server, name: &str) {
    let address = network.address;
    let line = format!(
        "/msg BouncerServ network create -addr irc+insecure://{address} -name {name} -nick ann"
    );
    let added = run(home.chatroom(&["--nick", "ann", "-c", &line]), "");
    assert_eq!(added.status, Some(0), "{added:?}");
}

#[test]
fn each_network_of_soju_is_one_of_ours_and_comes_back_after_it_was_killed() {
    let Some((mut soju, home)) = start() else {
        return;
    };
    let [one, two] = [Server::start(&[]), Server::start(&[])];
    adds(&home, &one, "one");
    adds(&home, &two, "two");
    let mut ann = Program::start(home.chatroom(&["--plain", "--nick", "ann"]));
    ann.out.wait_for("one: You are ann in #lobby");
    ann.out.wait_for("two: You are ann in #lobby");
    let mut bobs = [&one, &two].map(|server| server.enter("bob"));
    for (bob, network) in bobs.iter_mut().zip(["one", "two"]) {
        bob.send(&format!("PRIVMSG #lobby :hello on {network}"));
        ann.out.wait_for(&format!("hello on {network}"));
        ann.give(format!("/msg {network}/#lobby hi on {network}\n"));
        bob.expect(&format!(" PRIVMSG #lobby :hi on {network}"));
    }

    soju.kill();
    ann.out.wait_for("one: Connection lost");
    ann.out.wait_for("two: Connection lost");
    ann.give("/msg one/#lobby while it is away\n");
    soju.launch();
    ann.out.wait_for("one: Connected again.");
    ann.out.wait_for("two: Connected again.");
    let [bob, other] = &mut bobs;
    bob.expect(" PRIVMSG #lobby :while it is away");
    other.send("PRIVMSG #lobby :hello again");
    ann.out.wait_for("hello again");
    ann.give("/quit\n");
    let finished = ann.finish();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    // A line is shown once, also by a bouncer that plays it back.
    for text in ["hello on one", "hello on two", "hello again"] {
        let count = finished.out.matches(text).count();
        assert_eq!(count, 1, "{text}: {finished:?}");
    }
    assert!(!finished.out.contains(PASSWORD), "{finished:?}");

    // Messages sent meanwhile are played back, and a network that is removed does not come again.
    bob.send("PRIVMSG #lobby :said meanwhile");
    bob.fence();
    let line = "/msg BouncerServ network delete two";
    let removed = run(home.chatroom(&["--nick", "ann", "-c", line]), "");
    assert_eq!(removed.status, Some(0), "{removed:?}");
    let mut ann = Program::start(home.chatroom(&["--plain", "--nick", "ann"]));
    ann.out.wait_for("said meanwhile");
    ann.give("/networks\n");
    let shown = ann.out.wait_for(" one");
    assert!(!shown.contains("two"), "{shown}");
}

#[test]
fn a_script_has_one_network_of_soju_and_a_wrong_password_is_77() {
    let Some((soju, home)) = start() else {
        return;
    };
    let one = Server::start(&[]);
    adds(&home, &one, "one");
    let mut bob = one.enter("bob");
    configure(&soju, &home, "ann/one");
    let said = run(home.chatroom(&["--nick", "ann", "-c", "@bob psst"]), "");
    assert_eq!(said.status, Some(0), "{said:?}");
    bob.expect(" PRIVMSG bob :psst");
    home.write(".config/password", "wrong");
    let refused = run(home.chatroom(&["--nick", "ann", "-c", "@bob no"]), "");
    assert_eq!(refused.status, Some(77), "{refused:?}");
    let words = "Not logged in: the server refused PLAIN for the account ann/one: ";
    assert!(refused.err.contains(words), "{refused:?}");
}
