//! Logging in with SASL: mechanisms, and the lines of `AUTHENTICATE`.
//! <https://ircv3.net/specs/extensions/sasl-3.1>
//!
//! It must not know who may log in, and has no randomness. `client` and `server` import it. `scram`
//! is the mechanism SCRAM-SHA-256 on the side of the client, and `scram_server` on the side of the
//! server, with what that keeps of a password.

pub mod scram;
pub mod scram_server;

use base64ct::{Base64, Encoding as _};

/// A message is cut into parts of this length, in Base64; a shorter part is the last.
pub const PART_BYTES: usize = 400;
/// The longest message that is accepted, in Base64.
const MESSAGE_BYTES_MAX: usize = 40 * PART_BYTES;

/// The SASL mechanisms, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// The password itself. RFC 4616.
    Plain,
    /// A proof that one knows the password, and one of the server that it does. RFC 7677.
    ScramSha256,
    /// The certificate of the client. RFC 4422, appendix A.
    External,
}

impl Mechanism {
    /// All of them, from the weakest to the strongest.
    pub const ALL: [Self; 3] = [Self::Plain, Self::ScramSha256, Self::External];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::External => "EXTERNAL",
        }
    }

    /// The mechanism with this name, in any letter case.
    pub fn find(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// The message of PLAIN: the account twice, as who acts and as who proves it, and the password.
/// RFC 4616, section 2.
pub fn plain_message(account: &str, password: &str) -> Vec<u8> {
    format!("{account}\0{account}\0{password}").into_bytes()
}

/// The account and the password in a message of PLAIN. The acting name is empty or the account.
pub fn read_plain(message: &[u8]) -> Option<(&str, &str)> {
    let mut fields = str::from_utf8(message).ok()?.split('\0');
    let (acting, account, password) = (fields.next()?, fields.next()?, fields.next()?);
    let is_same = acting.is_empty() || acting == account;
    (is_same && fields.next().is_none()).then_some((account, password))
}

/// The parameters of the `AUTHENTICATE` lines that a message is sent in. An empty message is `+`,
/// which also ends one whose last part is full.
pub fn parts(message: &[u8]) -> Vec<String> {
    let encoded = Base64::encode_string(message);
    let bytes = encoded.as_bytes().chunks(PART_BYTES);
    let mut parts: Vec<String> = bytes
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect();
    if parts.last().is_none_or(|part| part.len() == PART_BYTES) {
        parts.push("+".to_owned());
    }
    parts
}

/// Why the parts of a message are not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMessageError {
    /// It is longer than any message should be.
    TooLong,
    /// It is not Base64 (RFC 4648, section 4).
    NotBase64,
}

/// Puts a message together from the parameters of `AUTHENTICATE` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartialMessage(String);

impl PartialMessage {
    /// Adds a part. Returns the message when it is complete, and begins with an empty one again.
    ///
    /// # Errors
    ///
    /// The parts added so far are no message; they are discarded.
    pub fn add(&mut self, part: &str) -> Result<Option<Vec<u8>>, SaslMessageError> {
        self.add_within(MESSAGE_BYTES_MAX, part)
    }

    /// The same for a message of at most `bytes_max` bytes of Base64.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn add_within(
        &mut self,
        bytes_max: usize,
        part: &str,
    ) -> Result<Option<Vec<u8>>, SaslMessageError> {
        if part != "+" {
            if self.0.len() + part.len() > bytes_max || part.len() > PART_BYTES {
                self.0.clear();
                return Err(SaslMessageError::TooLong);
            }
            self.0.push_str(part);
            if part.len() == PART_BYTES {
                return Ok(None);
            }
        }
        let encoded = std::mem::take(&mut self.0);
        let decoded = Base64::decode_vec(&encoded);
        decoded.map(Some).map_err(|_| SaslMessageError::NotBase64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_into_parts_and_put_together_again() {
        // 300 bytes are 400 in Base64: one full part, and the sign that nothing follows.
        for (length, parts_count, last) in [
            (0, 1, "+"),
            (1, 1, "AA=="),
            (297, 1, "AAAA"),
            (298, 2, "+"),
            (300, 2, "+"),
            (301, 2, "AA=="),
            (600, 3, "+"),
        ] {
            let message = vec![0; length];
            let cut = parts(&message);
            assert_eq!(cut.len(), parts_count, "{length}");
            assert!(cut.last().unwrap().ends_with(last), "{length}: {cut:?}");
            let mut partial = PartialMessage::default();
            let mut whole = Vec::new();
            for part in &cut {
                whole.push(partial.add(part).unwrap());
            }
            assert_eq!(whole.pop(), Some(Some(message)), "{length}");
            assert!(whole.iter().all(Option::is_none), "{length}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused_and_forgotten() {
        let mut partial = PartialMessage::default();
        for part in ["=", "a", "a===", "%%%%", "AA=", "A A=", "*", ""] {
            let expected = match part {
                "" => Ok(Some(Vec::new())),
                _ => Err(SaslMessageError::NotBase64),
            };
            assert_eq!(partial.add(part), expected, "{part:?}");
        }
        assert_eq!(
            partial.add(&"A".repeat(401)),
            Err(SaslMessageError::TooLong)
        );
        let full = "A".repeat(400);
        for _ in 0..40 {
            assert_eq!(partial.add(&full), Ok(None));
        }
        assert_eq!(partial.add(&full), Err(SaslMessageError::TooLong));
        assert_eq!(partial.add("AA=="), Ok(Some(vec![0])));
    }

    #[test]
    fn a_message_of_plain_has_three_fields_and_one_account() {
        for (message, read) in [
            (&plain_message("alice", "a b")[..], Some(("alice", "a b"))),
            (b"\0alice\0", Some(("alice", ""))),
            (b"bob\0alice\0x", None),
            (b"\0alice", None),
            (b"\0alice\0x\0y", None),
            (b"\0alice\0\xff", None),
            (b"", None),
        ] {
            assert_eq!(read_plain(message), read, "{message:?}");
        }
        let mut partial = PartialMessage::default();
        let full = "A".repeat(400);
        assert_eq!(partial.add_within(800, &full), Ok(None));
        assert_eq!(partial.add_within(800, &full), Ok(None));
        let more = partial.add_within(800, "AAAA");
        assert_eq!(more, Err(SaslMessageError::TooLong));
    }

    #[test]
    fn mechanisms_are_ordered_by_their_strength() {
        let list = "plain,SCRAM-SHA-256,SCRAM-SHA-512,external,ECDSA-NIST256P-CHALLENGE";
        let mut known: Vec<Mechanism> = list.split(',').filter_map(Mechanism::find).collect();
        known.sort();
        assert_eq!(known, Mechanism::ALL);
    }
}
