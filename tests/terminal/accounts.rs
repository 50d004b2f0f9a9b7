//! Logging in to an account: the question for its password.

use super::people::Scripted;
use super::screen::{CTRL_D, Start, Terminal};

/// The message of PLAIN for the account ann with this password, in Base64.
const RIGHT: &str = "AUTHENTICATE YW5uAGFubgBzZXNhbWU=";
const WRONG: &str = "AUTHENTICATE YW5uAGFubgBvcGVu";

fn start(server: &Scripted) -> Terminal {
    let configuration = format!(
        "server = \"home\"\nuser = \"a\"\nreal-name = \"a\"\n[servers.home]\naddress = \"{}\"\naccount = \"ann\"\n",
        server.address()
    );
    Start::with(&["--nick", "alice"])
        .configured(configuration.leak())
        .start()
}

#[test]
fn the_password_of_an_account_is_asked_for_until_it_is_right() {
    let server = Scripted::listen();
    let mut alice = start(&server);
    alice.shows("Password of the account ann: ");
    alice.types("open\r");
    for (expected, answer) in [(WRONG, 904), (RIGHT, 903)] {
        let mut lines = server.accepts();
        lines.receives("CAP LS 302");
        lines.sends(":s CAP * LS :sasl=PLAIN");
        lines.receives("CAP REQ sasl");
        lines.sends(":s CAP * ACK :sasl");
        lines.receives("AUTHENTICATE PLAIN");
        lines.sends("AUTHENTICATE +");
        lines.receives(expected);
        lines.sends(&format!(":s {answer} * :SASL authentication is over"));
        if answer == 904 {
            alice.shows("The server refused the login to ann. Password of the account: ");
            alice.types("sesame");
            alice.shows("Password of the account: ••••••");
            alice.types("\r");
            continue;
        }
        lines.receives("CAP END");
        lines.welcomes_alice();
        alice.is_in();
        // It is asked for nothing more, and the secret is nowhere on the screen or in the history.
        alice.types("hello\r");
        lines.receives("PRIVMSG #lobby :hello");
        alice.look(|shown| assert!(!shown.was_sent(b"sesame")));
        for file in std::fs::read_dir(alice.home().join("chatroom/history")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains("sesame"), "{text}");
        }
    }
}

#[test]
fn leaving_the_question_for_the_password_leaves_the_program() {
    let server = Scripted::listen();
    let mut alice = start(&server);
    alice.shows("Password of the account ann: ");
    alice.types(CTRL_D);
    alice.ends_with(0);
}
