//! Messages with an id, which are sent again after a lost connection.

use super::*;
use crate::client::event::DeliveryStatus;

const OFFER: &str =
    "batch labeled-response echo-message message-tags server-time chatroom.example/once";

impl Played {
    fn connect_once(&mut self, offer: &str) {
        self.connect();
        self.receive(&format!(":s CAP * LS :{offer}"));
        self.receive(&format!(":s CAP * ACK :{offer}"));
        self.receive("@time=2027-01-15T08:00:00.000Z :s 001 alice :Welcome alice!~a@host");
        self.receive(":s 422 alice :no MOTD");
        self.receive(":alice!~a@host JOIN #lobby");
        self.receive(":s 366 alice #lobby :End");
        self.receive(":s PONG s chatroom-settled");
    }

    /// The messages among the lines that were sent since the last time.
    fn messages(&mut self) -> Vec<String> {
        let mut lines = self.lines_and_fences();
        lines.retain(|line| line.contains(" PRIVMSG "));
        lines
    }

    /// The connection has taken all bytes, and is lost after that.
    fn lose_all_sent(&mut self) {
        self.output.written_bytes = u64::MAX;
        self.lose("reset");
    }

    fn statuses(&mut self) -> Vec<(String, DeliveryStatus)> {
        let events = self.take().events.into_iter();
        let sent = events.filter_map(|event| match event {
            Event::Sent { text, status, .. } => Some((text, status)),
            _ => None,
        });
        sent.collect()
    }
}

#[test]
fn a_message_in_flight_is_sent_again_under_its_id_with_the_time_of_the_first_time() {
    for script in [false, true] {
        let mut played = Played::new(script);
        played.session.settings.retry = Some(Duration::from_secs(60));
        played.connect_once(OFFER);
        played.take();
        played.now.elapsed += Duration::from_secs(5);
        for (number, text) in [(1, "first"), (2, "second"), (3, "third")] {
            let now = played.now;
            match script {
                true => played.session.scripted(
                    number,
                    ScriptLine::Typed(text),
                    now,
                    &mut played.output,
                ),
                false => played.type_line(text),
            }
        }
        let sent = played.messages();
        let ids: Vec<_> = sent
            .iter()
            .map(|line| line.split(['=', ' ']).nth(2).unwrap().to_owned())
            .collect();
        assert_eq!(ids.len(), 3, "{sent:?}");
        assert!(ids[0] != ids[1]);
        let tags = |at: usize| {
            format!(
                "@label=chatroom-line-{at};chatroom.example/once={}",
                ids[at]
            )
        };
        assert_eq!(sent[1], format!("{} PRIVMSG #lobby :second", tags(1)));
        // The second one is answered.
        played.receive("@label=chatroom-line-1 :alice!~a@host PRIVMSG #lobby :second");
        played.lose_all_sent();
        assert!(
            played
                .take()
                .actions
                .iter()
                .all(|action| !matches!(action, SessionAction::End(_)))
        );
        for _ in 0..2 {
            played.connect_once(OFFER);
            let again = played.messages();
            let first_sent = 1_800_000_005_000_u64;
            let expected: Vec<_> = [(0, "first"), (2, "third")]
                .map(|(at, text)| format!("{},{first_sent} PRIVMSG #lobby :{text}", tags(at)))
                .into();
            assert_eq!(again, expected);
            // It never left the client this time, but it did before.
            played.lose("reset");
            played.take();
        }
        played.connect_once(OFFER);
        played.take();
        for at in [0, 2] {
            played.receive(&format!(
                "@label=chatroom-line-{at} :alice!~a@host PRIVMSG #lobby :x"
            ));
        }
        if script {
            let report = played.session.report(&mut played.output).unwrap();
            assert!(
                report.unknown.is_empty() && report.unsent.is_empty(),
                "{report}"
            );
        } else {
            let all = ["first", "second", "third"];
            let all = all.map(|text| (text.to_owned(), DeliveryStatus::Delivered));
            assert_eq!(played.statuses(), all);
        }
    }
}

#[test]
fn a_server_that_does_not_relay_once_any_more_gets_nothing_twice() {
    let mut played = Played::new(false);
    played.connect_once(OFFER);
    played.take();
    played.type_line("hello");
    played.lose_all_sent();
    played.take();
    played.connect_once("batch labeled-response echo-message message-tags server-time");
    let output = played.take();
    assert!(!output.lines.contains("hello"));
    let unknown = |event: &Event| {
        matches!(
            event,
            Event::Sent {
                status: DeliveryStatus::Unknown,
                ..
            }
        )
    };
    assert!(output.events.iter().any(unknown), "{:?}", output.events);
}

#[test]
fn a_message_that_the_server_cannot_place_any_more_is_unknown() {
    let mut played = Played::new(false);
    played.connect_once(OFFER);
    played.type_line("hello");
    played.lose_all_sent();
    played.connect_once(OFFER);
    played.take();
    played.receive("@label=chatroom-line-0 :s FAIL PRIVMSG ONCE_EXPIRED #lobby :Too late");
    assert_eq!(
        played.statuses(),
        [("hello".to_owned(), DeliveryStatus::Unknown)]
    );
}

#[test]
fn a_script_ends_with_a_connection_on_which_a_line_is_unknown() {
    for retry in [None, Some(Duration::from_secs(60))] {
        let mut played = Played::new(true);
        played.session.settings.retry = retry;
        played.connect_once("batch labeled-response echo-message message-tags server-time");
        let now = played.now;
        played
            .session
            .scripted(1, ScriptLine::Typed("hello"), now, &mut played.output);
        assert!(!played.take().lines.contains("once="));
        played.lose_all_sent();
        let actions = played.take().actions;
        let [SessionAction::End(Outcome::Incomplete(incomplete))] = &actions[..] else {
            panic!("{actions:?}");
        };
        assert!(
            incomplete.to_string().contains("unknown: 1"),
            "{incomplete}"
        );
    }
}
