//! The real server with a store: what it keeps, what it refuses at the start, and what is on disk
//! after it was killed under load.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use chatting_room::server::{EmbeddedServer, Settings, StoreSettings};
use nix::sys::signal::Signal;

use self::common::store::{
    chatroomd, export, exported_texts, kill_under_load, request_echoes, talk_until_the_end,
};
use self::common::{Client, Server};

fn start(folder: &Path, more: &[&str]) -> Server {
    let store = ["--store", folder.to_str().unwrap()];
    Server::start(&[&store, more].concat())
}

#[test]
fn messages_of_the_lobby_are_kept_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &["--no-limits"]);
    let mut alice = server.enter("alice");
    let mut bob = server.enter("bob");
    request_echoes(&mut alice);
    alice.send("JOIN #x");
    for line in [
        "PRIVMSG #lobby :kept",
        "NOTICE #LOBBY :a notice",
        "PRIVMSG #lobby :\u{1}ACTION waves\u{1}",
        "@+x=y TAGMSG #lobby",
        "PRIVMSG #lobby :\u{1}VERSION\u{1}",
        "PRIVMSG @#lobby :to operators",
        "PRIVMSG bob :to one",
        "PRIVMSG #x :another room",
        "PRIVMSG #lobby,bob :to both",
    ] {
        alice.send(line);
    }
    let echoes = alice.fence();
    bob.expect(":to one");
    assert_eq!(
        exported_texts(folder.path()),
        ["kept", "a notice", "waves", "to both"]
    );
    // The id and the time are those of the line on the wire.
    let stored = export(folder.path());
    let echo = echoes.iter().find(|line| line.ends_with(":kept")).unwrap();
    assert!(
        echo.contains(&format!("msgid={}", stored[0].msgid)),
        "{echo}"
    );
    assert_eq!(stored[0].room, "#lobby");
    drop(server);
}

#[test]
fn a_room_does_not_inherit_the_messages_of_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\n";
    let store = folder.path().join("kept");
    let server = Server::start_in(folder.path(), text, &[]);
    for (nick, text) in [("alice", "first"), ("bob", "second")] {
        let mut client = server.enter(nick);
        client.send(&format!("JOIN #Dev\r\nPRIVMSG #dev :{text}\r\nPART #dev"));
        client.fence();
    }
    let checked = chatroomd(&["store", "check", store.to_str().unwrap()]);
    let checked = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked, "No damage: 2 messages in 2 rooms.\n");
    let options = [
        "history",
        "export",
        store.to_str().unwrap(),
        "--room",
        "#DEV",
    ];
    let exported = String::from_utf8(chatroomd(&options).stdout).unwrap();
    assert_eq!(
        exported.matches("\"room\":\"#Dev\"").count(),
        2,
        "{exported}"
    );
    let other = [
        "history",
        "export",
        store.to_str().unwrap(),
        "--room",
        "#other",
    ];
    assert_eq!(chatroomd(&other).stdout, b"");
}

#[test]
fn lines_that_came_before_the_end_of_the_input_are_stored_and_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &[]);
    let mut client = server.enter("alice");
    request_echoes(&mut client);
    client.send_bytes(b"PRIVMSG #lobby :one\r\nPRIVMSG #lobby :two\r\n");
    client.stream().shutdown(Shutdown::Write).unwrap();
    let rest = client.rest().concat();
    assert!(rest.contains(":one") && rest.contains(":two"), "{rest}");
    assert_eq!(exported_texts(folder.path()), ["one", "two"]);
}

#[test]
fn a_second_server_on_the_same_folder_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let options = ["--listen", "127.0.0.1:0", "--store", path];
    let first = start(folder.path(), &[]);
    let second = chatroomd(&options);
    assert_eq!(second.status.code(), Some(75), "{second:?}");
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(
        words.contains("another chatroomd uses this folder"),
        "{words}"
    );
    first.signal(Signal::SIGKILL);
    drop(first);
    start(folder.path(), &[]).enter("alice").fence();
}

/// Each file is a store that no server may use, with a part of the sentence that says why.
#[test]
fn a_database_that_is_damaged_newer_or_foreign_is_an_error_and_stays_as_it_is() {
    let made = tempfile::tempdir().unwrap();
    let mut server = start(made.path(), &[]);
    let mut alice = server.enter("alice");
    for number in 0..40 {
        alice.send(&format!("PRIVMSG #lobby :{number} {}", "x".repeat(300)));
    }
    alice.fence();
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    let good = fs::read(made.path().join("history.db")).unwrap();
    let changed = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    // Where the numbers are: https://www.sqlite.org/fileformat.html, 1.3.
    let newer = changed(60, &99_u32.to_be_bytes());
    let foreign = changed(68, &7_u32.to_be_bytes());
    let page = good.len() / 4096 / 2 * 4096;
    for (file, words) in [
        (changed(page, &[0xff; 4096]), "damaged"),
        (changed(0, &[b'x'; 100]), "damaged"),
        (good[..good.len() - 4096 * 2].to_vec(), "damaged"),
        (b"hello".to_vec(), "damaged"),
        (Vec::new(), "damaged: it is empty"),
        (newer, "from a newer chatroomd (format 99"),
        (foreign, "not made by chatroomd"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("history.db");
        fs::write(&database, &file).unwrap();
        let path = folder.path().to_str().unwrap();
        let output = chatroomd(&["--listen", "127.0.0.1:0", "--store", path]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{words}: {output:?}");
        assert!(said.contains(words), "{said}");
        assert!(
            fs::read(&database).unwrap() == file,
            "{words}: it was changed"
        );
        let checked = chatroomd(&["store", "check", path]);
        assert_eq!(checked.status.code(), Some(65), "{words}: {checked:?}");
    }
    // A log without its database: the database was there once.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("history.db-wal"), "x").unwrap();
    let path = folder.path().to_str().unwrap();
    let output = chatroomd(&["--listen", "127.0.0.1:0", "--store", path]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
}

#[test]
fn a_store_for_which_there_is_nothing_to_store_is_a_warning() {
    let unused = chatroomd(&["--check-config", "--accept-clock"]);
    let warnings = String::from_utf8(unused.stderr).unwrap();
    assert!(warnings.contains("--accept-clock"), "{warnings}");
    let config = tempfile::NamedTempFile::new().unwrap();
    fs::write(
        config.path(),
        "[store]\nfolder = \"missing\"\nrooms = \"lobby\"\n",
    )
    .unwrap();
    let config = ["--config", config.path().to_str().unwrap()];
    for (options, warns) in [
        (&["--no-lobby", config[0], config[1]][..], true),
        // Rooms can be registered.
        (&["--no-lobby"], false),
        (&[], false),
    ] {
        let options = [&["--check-config", "--store", "missing"], options].concat();
        let output = chatroomd(&options);
        assert!(output.status.success(), "{output:?}");
        let warnings = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            warnings.contains("the messages of no room are stored"),
            warns,
            "{warnings}"
        );
    }
    assert!(!Path::new("missing").exists(), "a check creates nothing");
}

#[test]
fn other_users_can_read_neither_the_store_nor_a_backup_of_it() {
    let folder = tempfile::tempdir().unwrap();
    // This folder was not made by the server, so others may read what is in it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = start(folder.path(), &[]);
    let mut alice = server.enter("alice");
    alice.send("PRIVMSG #lobby :secret");
    alice.fence();
    let copy = folder.path().join("copy.db");
    let paths = [folder.path(), &copy].map(|path| path.to_str().unwrap());
    assert!(
        chatroomd(&[&["store", "backup"], &paths[..]].concat())
            .status
            .success()
    );
    for file in [
        "lock",
        "history.db",
        "history.db-wal",
        "history.db-shm",
        "copy.db",
    ] {
        let mode = fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(!folder.path().join("copy.db.part").exists());
    // A file of that name is not deleted.
    fs::write(folder.path().join("other.db.part"), "mine").unwrap();
    let other = folder.path().join("other.db");
    let options = ["store", "backup", paths[0], other.to_str().unwrap()];
    assert_eq!(chatroomd(&options).status.code(), Some(73));
    assert_eq!(
        fs::read_to_string(folder.path().join("other.db.part")).unwrap(),
        "mine"
    );
}

// A88.
#[test]
fn a_database_that_is_damaged_while_the_server_runs_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), &[]);
    let mut alice = server.enter("alice");
    alice.send("PRIVMSG #lobby :before");
    alice.fence();
    let connection = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    // As after damage, each further message is rejected, and the disk works.
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON line
                   BEGIN SELECT RAISE(ABORT, 'constraint'); END";
    connection.execute_batch(trigger).unwrap();
    drop(connection);
    alice.send("PRIVMSG #lobby :after");
    assert_eq!(server.wait().code(), Some(74));
    assert_eq!(exported_texts(folder.path()), ["before"]);
}

// A88.
#[test]
fn a_folder_that_cannot_be_used_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let store = path.to_str().unwrap();
        let output = chatroomd(&["--listen", "127.0.0.1:0", "--store", store]);
        assert_eq!(output.status.code(), Some(73), "{output:?}");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("cannot use this folder"), "{words}");
    }
}

#[test]
fn a_backup_is_complete_and_can_take_the_place_of_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, copy) = (folder.path().join("kept"), folder.path().join("copy.db"));
    let server = start(&kept, &[]);
    let mut alice = server.enter("alice");
    alice.send("PRIVMSG #lobby :before");
    alice.fence();
    let options = [
        "store",
        "backup",
        kept.to_str().unwrap(),
        copy.to_str().unwrap(),
    ];
    assert!(chatroomd(&options).status.success());
    alice.send("PRIVMSG #lobby :after");
    alice.fence();
    let again = chatroomd(&options);
    assert_eq!(again.status.code(), Some(73), "{again:?}");
    drop(server);

    let restored = folder.path().join("restored");
    fs::create_dir(&restored).unwrap();
    fs::copy(&copy, restored.join("history.db")).unwrap();
    let server = start(&restored, &[]);
    let mut alice = server.enter("alice");
    alice.send("PRIVMSG #lobby :later");
    alice.fence();
    assert_eq!(exported_texts(&restored), ["before", "later"]);
    assert_eq!(exported_texts(&kept), ["before", "after"]);
}

#[test]
fn an_embedded_server_keeps_messages_from_one_start_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::listening_on(([127, 0, 0, 1], 0).into());
    settings.store = Some(StoreSettings {
        folder: folder.path().join("kept"),
        keep_days: None,
        accept_clock: false,
    });
    for text in ["one", "two"] {
        let server = EmbeddedServer::start(&settings).unwrap();
        let stream = std::net::TcpStream::connect(server.address()).unwrap();
        let mut client = Client::new(stream);
        client.register("alice");
        client.send(&format!("PRIVMSG #lobby :{text}"));
        client.fence();
        assert!(
            EmbeddedServer::start(&settings).is_err(),
            "the folder is in use"
        );
        server.stop();
    }
    assert_eq!(exported_texts(&folder.path().join("kept")), ["one", "two"]);
}

/// Makes the messages of a stopped server older by `days` days.
fn make_older(folder: &Path, texts: &str, days: i64) {
    let connection = rusqlite::Connection::open(folder.join("history.db")).unwrap();
    let ids = (days * 86_400_000) << 20;
    let update = "UPDATE line SET id = id - ?1 WHERE text LIKE ?2";
    let changed = connection.execute(update, rusqlite::params![ids, texts]);
    assert!(changed.unwrap() > 0);
}

#[test]
fn messages_that_are_too_old_are_not_given_to_clients_and_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, config) = (folder.path().join("kept"), folder.path().join("c.toml"));
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\nkeep-days = 30\n";
    fs::write(&config, text).unwrap();
    let start = || Server::start(&["--no-limits", "--config", config.to_str().unwrap()]);
    let mut server = start();
    let mut alice = server.enter("alice");
    alice.send("JOIN #x\r\nPRIVMSG #x :old");
    for number in 0..2_500 {
        alice.send(&format!("PRIVMSG #lobby :old {number}"));
    }
    alice.send("PRIVMSG #lobby :new");
    alice.fence();
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    make_older(&kept, "old%", 31);

    let server = start();
    let mut alice = server.enter("alice");
    alice.send("CHATHISTORY LATEST #lobby * 5");
    let lines = alice.fence();
    assert!(lines.len() == 1 && lines[0].ends_with(":new"), "{lines:?}");
    let is_pruned = |_: &Server| exported_texts(&kept) == ["new"];
    server.until("old messages are deleted", is_pruned);
    let checked = || chatroomd(&["store", "check", kept.to_str().unwrap()]).stdout;
    let rooms = |_: &Server| checked() == b"No damage: 1 messages in 1 room.\n";
    server.until("rooms without messages are deleted", rooms);
    alice.send("JOIN #x\r\nPRIVMSG #x :again");
    alice.fence();
    assert_eq!(exported_texts(&kept), ["new", "again"]);
}

#[test]
fn an_administrator_deletes_messages_and_space_while_the_server_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mut server = start(folder.path(), &["--no-limits"]);
    let mut alice = server.enter("alice");
    for number in 0..2_000 {
        alice.send(&format!("PRIVMSG #lobby :{number} {}", "x".repeat(300)));
    }
    alice.fence();
    let prune = ["history", "prune", path, "--keep-days", "7"];
    let compact = ["store", "compact", path];
    for command in [&prune[..], &compact] {
        assert_eq!(chatroomd(command).status.code(), Some(75), "{command:?}");
    }
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    make_older(folder.path(), "1%", 8);
    let size = || {
        fs::metadata(folder.path().join("history.db"))
            .unwrap()
            .len()
    };
    let before = size();
    let all = chatroomd(&["history", "prune", path, "--keep-days", "0"]);
    assert_eq!(
        all.status.code(),
        Some(64),
        "0 is for ever elsewhere: {all:?}"
    );
    let connection = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let insert = "INSERT INTO source(mask, account) VALUES('gone!gone@gone', '')";
    connection.execute(insert, []).unwrap();
    drop(connection);
    for command in [&prune[..], &compact] {
        assert!(chatroomd(command).status.success(), "{command:?}");
    }
    let connection = rusqlite::Connection::open(folder.path().join("history.db")).unwrap();
    let senders = connection.query_row("SELECT count(*) FROM source", [], |row| row.get(0));
    assert_eq!(senders, Ok(1), "those without messages are deleted");
    drop(connection);
    let texts = exported_texts(folder.path());
    assert_eq!(texts.len(), 889, "those that begin with another digit");
    assert!(size() < before * 2 / 3, "{before} {}", size());
    let missing = folder.path().join("missing");
    for command in [
        ["store", "compact"],
        ["store", "check"],
        ["history", "export"],
    ] {
        let output = chatroomd(&[&command[..], &[missing.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(73), "{output:?}");
    }
    assert!(!missing.exists());
}

// A87.
#[test]
fn nothing_that_was_acknowledged_or_seen_is_lost_when_the_server_is_killed() {
    const CLIENTS: usize = 4;
    let rounds = std::env::var("ROUNDS").map_or(10, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(87);
    let mut all = Vec::new();
    for round in 0..rounds {
        let server = start(folder.path(), &["--no-limits"]);
        let names = (0..CLIENTS).map(|number| format!("{round}-{number}"));
        all.extend(kill_under_load(&server, names, random.usize(1..600)));
    }
    let stored = export(folder.path());
    let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &stored {
        *copies.entry(&line.text).or_default() += 1;
    }
    let order: BTreeMap<&str, usize> = stored
        .iter()
        .enumerate()
        .map(|(place, line)| (line.msgid.as_str(), place))
        .collect();
    assert_eq!(order.len(), stored.len(), "each id is used once");
    let mut acknowledged = 0;
    for knowledge in &all {
        for text in &knowledge.acknowledged {
            assert_eq!(copies.get(text.as_str()), Some(&1), "{text}");
            acknowledged += 1;
        }
        let places: Vec<usize> = knowledge
            .seen
            .iter()
            .map(|(id, text)| {
                let place = order.get(id.as_str());
                let place = *place.unwrap_or_else(|| panic!("{text} was seen and is not stored"));
                assert_eq!(stored[place].text, *text);
                place
            })
            .collect();
        // Without a gap, because the client was there from its first line to its last.
        assert!(
            places.windows(2).all(|two| two[0] + 1 == two[1]),
            "{places:?}"
        );
    }
    assert!(acknowledged >= rounds, "{acknowledged}");
    let nicks: BTreeSet<_> = stored.iter().map(|line| line.room.as_str()).collect();
    assert_eq!(nicks, BTreeSet::from(["#lobby"]));
    println!("{acknowledged} acknowledged, {} stored", stored.len());
}

#[test]
fn a_stopped_server_has_stored_what_it_has_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), &["--no-limits"]);
    let mut client = server.enter("alice");
    request_echoes(&mut client);
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let thread = thread::spawn(move || talk_until_the_end(client, "alice", &counted));
    let enough = |_: &Server| count.load(Ordering::Relaxed) >= 100;
    server.until("some lines are acknowledged", enough);
    server.signal(Signal::SIGTERM);
    assert!(server.wait().success());
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 2, "the log is part of the database: {files:?}");
    let knowledge = thread.join().unwrap();
    let texts: BTreeSet<String> = exported_texts(folder.path()).into_iter().collect();
    for text in &knowledge.acknowledged {
        assert!(texts.contains(text), "{text}");
    }
    // The last lines were acknowledged, too, before the goodbye.
    assert_eq!(texts.len(), knowledge.acknowledged.len());
}

#[test]
fn without_a_store_there_is_no_thread_and_no_file_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let threads = |server: &Server| {
        let list = fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap();
        let names: BTreeSet<String> = list.map(|task| name(task.unwrap())).collect();
        names
    };
    let with = start(folder.path(), &[]);
    with.enter("alice").fence();
    let without = Server::start(&[]);
    without.enter("alice").fence();
    assert!(threads(&with).contains("store\n"), "{:?}", threads(&with));
    assert!(
        !threads(&without).contains("store\n"),
        "{:?}",
        threads(&without)
    );
}
