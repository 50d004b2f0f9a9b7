//! Helpers for the tests of the store: what is on disk, and clients that know what is acknowledged.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;

use super::{Client, Server};

/// A message on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exported {
    pub(crate) room: String,
    pub(crate) text: String,
    pub(crate) msgid: String,
}

/// Runs the program `chatroomd` to its end.
pub(crate) fn chatroomd(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

/// All messages in the store of this folder, each room in its order.
pub(crate) fn export(folder: &Path) -> Vec<Exported> {
    let output = chatroomd(&["history", "export", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let records = text.lines().map(|line| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        Exported {
            room: field("room"),
            text: field("text"),
            msgid: field("msgid"),
        }
    });
    records.collect()
}

/// The texts alone.
pub(crate) fn exported_texts(folder: &Path) -> Vec<String> {
    export(folder).into_iter().map(|one| one.text).collect()
}

/// Makes the client receive its own messages with ids and labels.
pub(crate) fn request_echoes(client: &mut Client) {
    client.send("CAP REQ :echo-message message-tags server-time labeled-response batch");
    client.fence();
}

/// The lines one client knows of after its connection has ended.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(crate) acknowledged: Vec<String>,
    /// Message id and text of all lines in the lobby, in the order they came.
    pub(crate) seen: Vec<(String, String)>,
}

/// Talks as fast as it is acknowledged, until the connection ends.
pub(crate) fn talk_until_the_end(mut client: Client, name: &str, count: &AtomicUsize) -> Knowledge {
    let mut knowledge = Knowledge::default();
    let mut said = 0;
    let mut answered = 0;
    loop {
        while said < answered + 20 {
            client.send_quietly(&format!("@label={said} PRIVMSG #lobby :{name}-{said}"));
            said += 1;
        }
        let line = match client.read_line() {
            Ok(Some(line)) => line,
            Ok(None) => return knowledge,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return knowledge,
            Err(error) => panic!("{error}"),
        };
        if !line.contains(" PRIVMSG #lobby :") {
            continue;
        }
        let text = line.rsplit(':').next().unwrap().to_owned();
        let tags = line.split(' ').next().unwrap();
        let id = tags.split(';').find_map(|tag| tag.strip_prefix("msgid="));
        knowledge.seen.push((id.unwrap().to_owned(), text.clone()));
        if tags.contains("label=") {
            answered += 1;
            count.fetch_add(1, Ordering::Relaxed);
            knowledge.acknowledged.push(text);
        }
    }
}

/// Kills a server once `acknowledged` lines are acknowledged to these clients, which talk until
/// then. Returns what each of them knows.
pub(crate) fn kill_under_load(
    server: &Server,
    names: impl Iterator<Item = String>,
    acknowledged: usize,
) -> Vec<Knowledge> {
    let count = Arc::new(AtomicUsize::new(0));
    let talk = |(number, name): (usize, String)| {
        let mut client = server.enter(&format!("n{number}"));
        request_echoes(&mut client);
        let count = Arc::clone(&count);
        thread::spawn(move || talk_until_the_end(client, &name, &count))
    };
    let threads: Vec<_> = names.enumerate().map(talk).collect();
    let enough = |_: &Server| count.load(Ordering::Relaxed) >= acknowledged;
    server.until("enough lines are acknowledged", enough);
    server.signal(Signal::SIGKILL);
    threads.into_iter().map(|one| one.join().unwrap()).collect()
}
