//! Many lines at once: they go out as fast as the server takes them, in order, and none is lost.

use super::*;
use crate::client::event::DeliveryStatus;

/// The lines sent until nothing more comes; the server answers each `PING`.
pub(super) fn all_answered(played: &mut Played) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        let lines = played.lines_and_fences();
        if lines.is_empty() {
            return said;
        }
        for line in lines {
            match line.strip_prefix("PING :") {
                Some(token) => played.receive(&format!(":s PONG s {token}")),
                None => said.push(line),
            }
        }
    }
}

fn texts(count: usize) -> (String, Vec<String>) {
    let texts: Vec<String> = (1..=count).map(|number| format!("line {number}")).collect();
    let sent = texts.iter().map(|text| format!("PRIVMSG #lobby :{text}"));
    (texts.join("\n"), sent.collect())
}

#[test]
fn a_pasted_text_waits_for_the_server_to_take_it() {
    let (paste, sent) = texts(150);
    let mut played = Played::ready(false);
    played.type_line(&paste);
    let first = played.lines_and_fences();
    assert!(first.len() <= 8, "{first:?}");
    let fences = first.iter().filter_map(|line| line.strip_prefix("PING :"));
    for token in fences.map(str::to_owned).collect::<Vec<_>>() {
        played.receive(&format!(":s PONG s {token}"));
    }
    let mut said = first;
    said.retain(|line| line.starts_with("PRIVMSG"));
    said.extend(all_answered(&mut played));
    assert_eq!(said, sent);
}

#[test]
fn a_command_typed_after_a_paste_is_sent_after_it() {
    let (paste, mut sent) = texts(20);
    let mut played = Played::ready(false);
    played.type_line(&paste);
    played.type_line("/topic over");
    played.type_line("last");
    sent.push("TOPIC #lobby :over".to_owned());
    sent.push("PRIVMSG #lobby :last".to_owned());
    assert_eq!(all_answered(&mut played), sent);
}

#[test]
fn what_waits_when_the_connection_is_lost_goes_out_over_the_next_in_order() {
    let (paste, sent) = texts(20);
    let mut played = Played::ready(false);
    played.type_line(&paste);
    let mut unsent = Vec::new();
    played.output.take_lines(&mut unsent);
    played.output.written_bytes = played.output.taken_bytes;
    let left = String::from_utf8(unsent).unwrap();
    let left = left.matches("PRIVMSG").count();
    played.lose("connection reset");
    played.type_line("typed meanwhile");
    let events = played.events();
    let unknown = events.iter().filter(|event| {
        matches!(
            event,
            Event::Sent {
                status: DeliveryStatus::Unknown,
                ..
            }
        )
    });
    assert_eq!(unknown.count(), left);
    played.connect();
    played.take();
    played.register("alice");
    let said = all_answered(&mut played);
    let mut expected = sent[left..].to_vec();
    expected.push("PRIVMSG #lobby :typed meanwhile".to_owned());
    assert_eq!(said[1..], expected, "after JOIN");
}

#[test]
fn lines_that_are_entered_together_and_wait_for_the_connection_are_told_of_once() {
    let mut played = Played::ready(false);
    played.lose("gone");
    played.take();
    played.type_line(&texts(150).0);
    assert_eq!(played.events().len(), 1);
    played.type_line("and one more");
    let words = "151 lines are waiting.".to_owned();
    assert_eq!(played.events(), [Event::Note { words }]);
}

#[test]
fn what_still_waits_for_the_server_on_leaving_is_told_as_never_sent() {
    let mut played = Played::ready(false);
    played.type_line(&texts(10).0);
    played.type_line("/quit");
    played.lose("closed");
    let events = played.events();
    let fates = events.iter().filter_map(|event| match event {
        Event::Sent { status, .. } => Some(*status),
        _ => None,
    });
    let fates: Vec<DeliveryStatus> = fates.collect();
    assert_eq!(fates.len(), 10);
    assert_eq!(fates[9], DeliveryStatus::Unsent);
}
