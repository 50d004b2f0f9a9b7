//! A message with an id, as it can be sent again. See [`crate::wire::once`].

use crate::wire::once::ONCE;

/// The random bytes of an id: 96 bits.
const KEY_BYTES: usize = 12;
/// The alphabet of base64url. RFC 4648, section 5.
const BASE_64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The ending of the names of services, which no server protects against repeated requests.
const SERVICE_ENDING: &str = "serv";

/// A request with an id, as it can be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) struct OnceRequest {
    pub(super) id: String,
    /// The time of the server when it was sent first, in Unix milliseconds; 0 if it is not known.
    pub(super) first_sent: u64,
    /// The line, with its ending.
    pub(super) request: String,
    /// Whether it was sent on an earlier connection.
    pub(super) is_repeat: bool,
}

impl OnceRequest {
    /// Its tag, to append to another one.
    pub(super) fn tag(&self) -> String {
        format!(";{ONCE}={}", self.id)
    }
}

/// Whether the server can relay this line once: a message to one user or room, and no request to a
/// service.
pub(super) fn has_one_recipient(line: &str) -> bool {
    let mut words = line.split(' ');
    let is_message = matches!(words.next(), Some("PRIVMSG" | "NOTICE"));
    let target = words.next().filter(|_| is_message).unwrap_or(",");
    let ending = target.len().saturating_sub(SERVICE_ENDING.len());
    let is_service = target
        .get(ending..)
        .is_some_and(|ending| ending.eq_ignore_ascii_case(SERVICE_ENDING));
    !target.contains(',') && !is_service
}

/// The id with this number: the key, with the number in its last bytes.
pub(super) fn id_of(key: &[u8; KEY_BYTES], number: u64) -> String {
    let mut bytes = [0; 16];
    let (first, rest) = bytes.split_at_mut(KEY_BYTES);
    first.copy_from_slice(key);
    rest.fill(0);
    let number = u128::from(number) << 32;
    let bits = u128::from_be_bytes(bytes) ^ number;
    let digit = |place: u32| (bits >> (122 - 6 * place)) & 63;
    let character = |place| BASE_64_URL.get(digit(place) as usize).copied();
    (0..16).filter_map(character).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::once::is_id;

    #[test]
    fn ids_are_valid_and_differ() {
        let key = [0xff; KEY_BYTES];
        let ids: Vec<_> = [0, 1, 2, 1 << 40].map(|number| id_of(&key, number)).into();
        assert_eq!(ids[0], "________________");
        for (at, id) in ids.iter().enumerate() {
            assert!(is_id(id) && id.len() == 16, "{id}");
            assert!(!ids[..at].contains(id), "{id}");
        }
    }

    #[test]
    fn a_message_to_one_recipient_that_is_no_service_can_be_sent_again() {
        for (line, can) in [
            ("PRIVMSG #lobby :hi\r\n", true),
            ("NOTICE bob :hi\r\n", true),
            ("PRIVMSG a,b :hi\r\n", false),
            ("PRIVMSG NickServ :HELP\r\n", false),
            ("TAGMSG #lobby\r\n", false),
            ("@+x=y PRIVMSG #lobby :hi\r\n", false),
            ("JOIN #lobby\r\n", false),
        ] {
            assert_eq!(has_one_recipient(line), can, "{line}");
        }
    }
}
