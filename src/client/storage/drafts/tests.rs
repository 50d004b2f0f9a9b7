//! Tests of the saved drafts: what is saved, to which nick it is offered, and damaged files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc;

use super::*;

/// How long a test waits for another thread.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(file: &Path, nick: &str) -> (DraftStore, Printer) {
    let printer = Printer::default();
    let store = DraftStore::start(file, nick, printer.clone(), || ());
    (store.unwrap().unwrap(), printer)
}

/// A text that the server has not confirmed.
fn unsent(target: &str, text: &str, in_transit: bool) -> UnsentText {
    UnsentText {
        target: target.to_owned(),
        text: text.to_owned(),
        in_transit,
    }
}

/// The offered texts, in order.
fn offered(store: &DraftStore) -> Vec<String> {
    let state = store.lock();
    state
        .offered
        .iter()
        .map(|draft| draft.text.clone())
        .collect()
}

#[test]
fn only_the_owner_can_read_a_draft_and_an_empty_one_has_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let (store, _) = start(&file, "alice");
    assert!(store.next_offer().is_none());
    store.set("half a thought", Some("#a"));
    store.write_now();
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    store.finish();
    let (store, _) = start(&file, "Alice");
    let offer = store.next_offer().unwrap();
    assert_eq!(offer.draft.text, "half a thought");
    assert_eq!(offer.draft.target.as_deref(), Some("#a"));
    assert_eq!(offer.more, 0);
    assert!(store.next_offer().is_none(), "it is announced once");
    assert_eq!(store.restore(Some("#a")).as_deref(), Some("half a thought"));
    store.set("", None);
    store.write_now();
    assert!(!file.exists());
}

#[test]
fn an_offered_text_stays_in_the_file_until_it_is_restored_and_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let (store, _) = start(&file, "alice");
    store.set("three\0!", None);
    store.set_unsent(&[
        unsent("bob", "@bob zero", true),
        unsent("#a", "/msg #a one\ntwo", false),
    ]);
    assert!(store.has_unsent());
    store.finish();
    let all = ["@bob zero", "/msg #a one\ntwo", "three!"];
    for _ in 0..2 {
        let (again, _) = start(&file, "alice");
        assert_eq!(offered(&again), all);
        let stage = again.next_offer().map(|offer| offer.draft.stage);
        assert_eq!(stage, Some(DraftStage::InTransit));
        again.set("typed", None);
        again.set("", None);
        again.finish();
    }
    let (again, _) = start(&file, "alice");
    again.restore(None);
    again.finish();
    let (again, _) = start(&file, "alice");
    assert_eq!(
        offered(&again),
        all,
        "a text that was restored and not sent is offered again"
    );
    again.restore(None);
    again.set("", None);
    again.finish();
    assert_eq!(offered(&start(&file, "alice").0), all[1..]);
}

#[test]
fn sessions_at_the_same_time_have_drafts_of_their_own_and_each_is_offered_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("127.0.0.1");
    let start = || start(&file, "alice").0;
    let (one, two) = (start(), start());
    one.set("one", None);
    two.set("two", None);
    one.write_now();
    let third = start();
    assert_eq!(offered(&third), [""; 0]);
    third.finish();
    one.finish();
    two.finish();
    two.set("never", None);
    let (again, too) = (start(), start());
    assert_eq!([offered(&again), offered(&too)], [["one"], ["two"]]);
    assert_eq!(offered(&start()), [""; 0]);
}

#[test]
fn the_text_of_one_nick_is_not_offered_to_another_and_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    for nick in ["alice", "bob"] {
        let (store, _) = start(&file, nick);
        assert_eq!(offered(&store), [""; 0]);
        store.set(&format!("of {nick}"), None);
        store.finish();
    }
    let (carol, _) = start(&file, "carol");
    assert_eq!(offered(&carol), [""; 0]);
    assert_eq!(offered(&start(&file, "bob").0), ["of bob"]);
    assert_eq!(offered(&start(&file, "alice").0), ["of alice"]);
}

// A95.
#[test]
fn whole_texts_of_a_damaged_file_are_offered_and_the_file_is_copied() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let (store, _) = start(&file, "alice");
    store.set_unsent(&["one", "two", "three"].map(|text| unsent("#a", text, false)));
    store.finish();
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(3).position(|part| part == b"two").unwrap();
    bytes[at] = 0xff;
    bytes.truncate(bytes.len() - 2);
    fs::write(&file, &bytes).unwrap();
    let (store, printer) = start(&file, "alice");
    assert_eq!(offered(&store), ["one"]);
    let copy = folder.path().join("draft.damaged1");
    let message = format!(
        "2 unsent texts were damaged and are ignored; the damaged file was copied to {}.\n",
        copy.display()
    );
    assert_eq!(printer.finish(), message);
    assert_eq!(fs::read(copy).unwrap(), bytes);
    store.finish();
    let (store, printer) = start(&file, "alice");
    assert_eq!(offered(&store), ["one"]);
    assert_eq!(printer.finish(), "", "it is reported once");
}

// A95.
#[test]
fn a_failure_to_save_drafts_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let obstacle = folder.path().join("file");
    fs::write(&obstacle, "").unwrap();
    let printer = Printer::default();
    let file = obstacle.join("draft");
    assert!(
        DraftStore::start(&file, "alice", printer.clone(), || ())
            .unwrap()
            .is_none()
    );
    let message = printer.finish();
    assert!(message.starts_with("Cannot save drafts in "), "{message}");
    // The folder is removed after the start.
    let state = folder.path().join("state");
    let (store, printer) = start(&state.join("draft"), "alice");
    fs::remove_dir_all(&state).unwrap();
    // Without a draft there is nothing to write, which says nothing about the next one.
    for text in ["one", "", "two", "three", ""] {
        store.set(text, None);
        store.write_now();
    }
    // It is reported again after a time in which drafts were saved.
    fs::create_dir(&state).unwrap();
    store.set("four", None);
    store.write_now();
    fs::remove_dir_all(&state).unwrap();
    store.set("five", None);
    store.write_now();
    let message = printer.finish();
    assert_eq!(
        message.matches("Cannot save drafts").count(),
        2,
        "{message}"
    );
}

/// The line of the file for a text of alice.
fn line(text: &str) -> String {
    let draft = SavedDraft {
        unix_seconds: 1_764_270_120,
        nick: "alice".to_owned(),
        target: None,
        stage: DraftStage::Typed,
        text: text.to_owned(),
    };
    draft.encode()
}

// A95.
#[test]
fn the_texts_of_a_session_that_was_killed_while_it_wrote_them_are_offered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let begun = folder.path().join("draft.new");
    let whole = format!("{}{}", line("one"), line("two"));
    let zeros = "\0".repeat(line("two").len());
    let half = format!("{}{zeros}", line("one"));
    for (old, new, expected) in [
        (None, whole.as_str(), vec!["one", "two"]),
        (Some("old"), whole.as_str(), vec!["one", "two"]),
        (Some("old"), half.as_str(), vec!["old"]),
        (Some("old"), "", vec!["old"]),
        (None, half.as_str(), vec!["one"]),
        (None, zeros.as_str(), vec![]),
    ] {
        let _ = fs::remove_file(&file);
        if let Some(old) = old {
            fs::write(&file, line(old)).unwrap();
        }
        fs::write(&begun, new).unwrap();
        let (store, _) = start(&file, "alice");
        assert_eq!(offered(&store), expected, "{old:?} {new:?}");
        assert!(!begun.exists(), "{old:?} {new:?}");
        store.finish();
        let (store, _) = start(&file, "alice");
        assert_eq!(offered(&store), expected, "{old:?} {new:?}");
        store.finish();
    }
}

#[test]
fn the_texts_of_a_session_that_ends_soon_after_the_start_are_offered_then() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    // A child of a killed program can have its lock for a moment, too.
    let lock = super::super::lock::lock(&file).unwrap();
    let (sender, offers) = mpsc::channel();
    let offer = move || sender.send(()).unwrap();
    let store = DraftStore::start(&file, "alice", Printer::default(), offer);
    let store = store.unwrap().unwrap();
    store.set("typed meanwhile", None);
    assert!(store.next_offer().is_none());
    fs::write(&file, format!("{}{}", line("one"), line("two"))).unwrap();
    assert!(offers.try_recv().is_err());
    drop(lock);
    offers.recv_timeout(PATIENCE).unwrap();
    let offer = store.next_offer().unwrap();
    assert_eq!((offer.draft.text.as_str(), offer.more), ("one", 1));
    // They are in one place only, whatever happens now.
    assert!(!file.exists());
    let own = fs::read_to_string(folder.path().join("draft~2")).unwrap();
    for text in ["one", "two", "typed meanwhile"] {
        assert_eq!(own.matches(text).count(), 1, "{own}");
    }
}

#[test]
fn a_session_with_texts_of_its_own_leaves_those_of_another_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let (one, _) = start(&file, "alice");
    let (two, _) = start(&file, "alice");
    one.set("one", None);
    two.set("two", None);
    one.write_now();
    two.finish();
    let claimed = DraftFile::claim(&file, "alice").unwrap();
    assert_eq!(claimed.file.path(), folder.path().join("draft~2"));
    assert!(claimed.locked.is_empty());
    let third = DraftFile::claim(&file, "alice").unwrap();
    assert_eq!(third.file.path(), folder.path().join("draft~3"));
    let mut locked = third.locked;
    assert_eq!(locked, [file, folder.path().join("draft~2")]);
    // Those of another nick are not waited for.
    one.finish();
    assert!(DraftFile::claim_released(&mut locked, "bob").is_none());
    assert_eq!(locked, [folder.path().join("draft~2")]);
    claimed.file.unlock();
    let (_, read) = DraftFile::claim_released(&mut locked, "alice").unwrap();
    assert_eq!(read.lines.len(), 1);
}

#[test]
fn nothing_is_written_after_the_file_is_left_to_the_next_session() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("draft");
    let (store, _) = start(&file, "alice");
    store.set("kept", None);
    thread::scope(|scope| {
        // The last write takes its time.
        let writing = store.writing.lock().unwrap();
        let finishing = scope.spawn(|| store.finish());
        let mut state = store.lock();
        while !state.finished {
            let waited = store.shared.1.wait_timeout(state, PATIENCE).unwrap();
            assert!(!waited.1.timed_out(), "a change is still possible");
            state = waited.0;
        }
        drop(state);
        store.set("late", None);
        drop(writing);
        finishing.join().unwrap();
    });
    assert_eq!(offered(&start(&file, "alice").0), ["kept"]);
}
