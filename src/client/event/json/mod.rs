//! Events and input as JSON, one object a line.
//!
//! `encode` makes a `Record` of an event and `decode` an event of a
//! record; `listings` are the parts of both for lists and WHOIS. `input` is what `--input json`
//! reads. It must not know the session. `event`, `storage`, `net`, `ui` and `app` import it.

mod decode;
mod encode;
mod input;
mod listings;

pub use decode::decode;
pub use encode::encode;
pub use input::{ScriptInput, ScriptInputError, parse_input};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::{Event, MessageKind, MessageTags, NetworkName, Occurrence};

    fn said(text: &str) -> Event {
        Event::Said {
            room: "#lobby".into(),
            nick: "bob".into(),
            text: text.into(),
            kind: MessageKind::Text,
            own: false,
            mention: false,
        }
    }

    fn line(event: &Event, tags: &str) -> String {
        let line = format!("{tags}:b!b@h PRIVMSG #lobby :x");
        let occurrence = Occurrence {
            network: NetworkName::from("home"),
            at: 60,
            tags: MessageTags::of_line(line.as_bytes()),
            event: event.clone(),
        };
        encode(&occurrence).unwrap().line()
    }

    #[test]
    fn a_message_is_one_line_with_its_time_and_name() {
        assert_eq!(
            line(&said("hi \"you\""), ""),
            "{\"kind\":\"message\",\"time\":\"1970-01-01T00:01:00Z\",\"network\":\"home\",\
             \"room\":\"#lobby\",\"nick\":\"bob\",\"text\":\"hi \\\"you\\\"\"}\n"
        );
        let tagged = line(&said("hi"), "@time=2026-11-22T12:24:24.123Z;msgid=a1 ");
        assert!(
            tagged.contains("\"time\":\"2026-11-22T12:24:24.123Z\""),
            "{tagged}"
        );
        assert!(tagged.contains("\"msgid\":\"a1\""), "{tagged}");
    }

    #[test]
    fn times_and_names_that_cannot_be_are_left_out() {
        let long = format!("@msgid={} ", "x".repeat(8_192));
        for tags in [
            "@time=9999999999999999 ",
            "@time=abc;msgid= ",
            "@time=-1 ",
            "@time= ",
            "@a=\\ ",
            &long,
        ] {
            let line = line(&said("hi"), tags);
            assert!(line.contains("1970-01-01T00:01:00Z"), "{line}");
            assert!(!line.contains("msgid"), "{line}");
        }
    }
}
