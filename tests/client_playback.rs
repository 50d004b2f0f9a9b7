//! The playback of a bouncer, from one run of the client to the next. <https://wiki.znc.in/Playback>

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "tls")]

mod common;
mod support;

use support::Program;
use support::home::Home;
use support::tls_peer::{TlsLines, TlsPeer};

/// The begin of a connection to a bouncer that is in a room already. Returns what the client asks to
/// play back, if it does.
fn welcome(lines: &mut TlsLines, nick: &str) -> Option<String> {
    lines.receives("CAP LS 302");
    lines.sends(":s CAP * LS :server-time znc.in/playback");
    let line = lines.receives("CAP REQ");
    lines.sends(&line.replace("CAP REQ", ":s CAP * ACK"));
    lines.receives("CAP END");
    for line in [
        format!(":s 001 {nick} :Welcome"),
        format!(":s 422 {nick} :No message"),
        format!(":{nick}!u@h JOIN #dev"),
        format!(":s 353 {nick} = #dev :{nick} bob"),
        format!(":s 366 {nick} #dev :End"),
    ] {
        lines.sends(&line);
    }
    let mut asked = None;
    loop {
        let line = lines.line().unwrap();
        if line.starts_with("ZNC ") {
            asked = Some(line);
        } else if let Some(ping) = line.strip_prefix("PING ") {
            lines.sends(&format!(":s PONG s {ping}"));
            return asked;
        }
    }
}

/// Bob says it at this second of a minute.
fn says(lines: &mut TlsLines, second: u32, text: &str) {
    lines.sends(&format!(
        "@time=2030-01-01T00:00:{second:02}.500Z :bob!u@h PRIVMSG #dev :{text}"
    ));
}

#[test]
fn the_user_gets_what_was_said_since_the_last_visit_whatever_scripts_have_seen() {
    let peer = TlsPeer::listen();
    let home = Home::new();
    home.configure(&peer.url(), &peer.trusted(""));
    let person = || {
        let program = Program::start(home.chatroom(&["--plain", "--nick", "ann"]));
        (program, peer.accept())
    };
    let (mut ann, mut lines) = person();
    let asked = welcome(&mut lines, "ann");
    assert_eq!(asked.as_deref(), Some("ZNC *playback PLAY * 0.000"));
    says(&mut lines, 10, "one");
    ann.out.wait_for("<bob> one");
    ann.give("/quit\n");
    lines.receives("QUIT");
    drop(lines);
    assert_eq!(ann.finish().status, Some(0));

    let script = Program::start(home.chatroom(&["--nick", "ci", "--follow"]));
    let mut lines = peer.accept();
    assert_eq!(welcome(&mut lines, "ci"), None, "a script asks for nothing");
    says(&mut lines, 20, "two");
    script.out.wait_for("<bob> two");
    drop(lines);
    script.finish();

    let (ann, mut lines) = person();
    // 2030-01-01T00:00:10.500Z.
    let since = "ZNC *playback PLAY * 1893456010.500";
    assert_eq!(welcome(&mut lines, "ann").as_deref(), Some(since));
    drop(ann);
}
