//! The title of the window is restored, however the program ends.

use nix::sys::signal::Signal;

use super::people::Scripted;
use super::screen::{Start, Terminal};

const KEEPS: &[u8] = b"\x1b[22;0t";
const GIVES_BACK: &[u8] = b"\x1b[23;0t";

fn with_title(start: Start) -> Start {
    start.configured("[look]\ntitle = true\n")
}

/// How often the original title was saved, and restored.
fn saved_and_restored(alice: &Terminal) -> (usize, usize) {
    alice.look(|shown| (shown.times_sent(KEEPS), shown.times_sent(GIVES_BACK)))
}

fn title_is(alice: &Terminal, title: &str) {
    let sequence = format!("\x1b]2;{title}\x07");
    alice.waits_until(&format!("the title {title:?}"), |shown| {
        shown.was_sent(sequence.as_bytes())
    });
}

#[test]
fn the_title_of_the_window_is_restored_after_quit_a_signal_and_a_panic() {
    for ending in ["/quit\r", "SIGTERM", "network", "editor"] {
        let panics = |start: Start| start.variable("CHATROOM_TEST_PANIC", ending);
        let (_server, mut alice, mut lines) =
            Scripted::with_alice(|start| panics(with_title(start)));
        title_is(&alice, "#lobby");
        assert_eq!(saved_and_restored(&alice), (1, 0));
        let status = match ending {
            "SIGTERM" => {
                alice.signals(Signal::SIGTERM);
                lines.hangs_up();
                143
            }
            "/quit\r" => {
                alice.types(ending);
                lines.hangs_up();
                0
            }
            thread => {
                alice.types("panic\r");
                if thread == "editor" {
                    lines.receives("QUIT ");
                    lines.hangs_up();
                }
                70
            }
        };
        alice.ends_with(status);
        assert_eq!(saved_and_restored(&alice), (1, 1), "{ending}");
    }
}

#[test]
fn a_disabled_title_is_never_set_and_disabling_it_restores_the_old_one() {
    let (_server, mut alice, lines) = Scripted::with_alice(|start| start);
    assert_eq!(saved_and_restored(&alice), (0, 0));
    alice.types("/set title on\r");
    title_is(&alice, "#lobby");
    // Without a shell to return to, Ctrl-Z continues at once; between two lines it has no effect.
    alice.presses_until("\x1a", "the title given back and set again", |shown| {
        let sets = shown.times_sent(b"\x1b]2;#lobby\x07");
        sets > 1 && shown.times_sent(KEEPS) == sets && shown.times_sent(GIVES_BACK) == sets - 1
    });
    alice.types("/set title off\r");
    alice.waits_until("the title given back", |shown| {
        shown.times_sent(GIVES_BACK) == shown.times_sent(KEEPS)
    });
    alice.types("/quit\r");
    lines.hangs_up();
    alice.ends_with(0);
    let (kept, given_back) = saved_and_restored(&alice);
    assert_eq!(kept, given_back);
}

#[test]
fn a_notification_runs_the_command_of_the_configuration_without_a_shell() {
    let configuration = "notify-command = [\"sh\", \"-c\", \"printf '%s|' \\\"$@\\\" >>said\", \"x\", \
                         \"{nick}\", \"{text}\", \"{room}\"]\n[look]\nnotify = \"whispers\"\n";
    let start = |start: Start| {
        let script = "cd \"$HOME\"; exec \"$0\" \"$@\"";
        start.configured(configuration).through_script(script)
    };
    let (_server, alice, mut lines) = Scripted::with_alice(start);
    lines.sends(":bob!b@h PRIVMSG alice :-rf $(id); \x1b[2J");
    alice.shows("whispers: -rf $(id)");
    alice.waits_until_written("said", "bob| -rf $(id); ^[[2J||");
    alice.look(|shown| assert!(!shown.was_sent(b"\x1b]9;")));
}
