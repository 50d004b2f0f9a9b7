//! SCRAM-SHA-256: both sides prove that they know a password, and neither sends it. RFC 5802 and
//! RFC 7677; without channel binding.

use std::borrow::Cow;
use std::fmt;

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest as _, Sha256};
use stringprep::saslprep;

/// The fewest iterations that a password is safe with. RFC 7677, section 4.
const ITERATIONS_MIN: u32 = 4_096;
/// The most iterations that are done for a server: about a second.
const ITERATIONS_MAX: u32 = 2_000_000;
/// The header of a client without channel binding, and its Base64 in `c=`. RFC 5802, section 7.
const NO_CHANNEL_BINDING: &str = "n,,";
/// The length of a nonce in characters: 144 bits in Base64.
const NONCE_CHARS: usize = 24;

/// A key or a proof.
pub(super) type Key = [u8; 32];

/// Why a server is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScramError {
    /// The message does not have the fields that it must have, in their order.
    Malformed,
    /// The nonce of the server does not begin with the one of the client.
    WrongNonce,
    /// The server asks for fewer iterations than are safe, or for more than can be done.
    Iterations(u32),
    /// The server does not know the password.
    WrongSignature,
    /// The password cannot be prepared; see [`prepared`].
    Password,
    /// The server reports this error.
    Server(String),
}

impl fmt::Display for ScramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the server sent an invalid SCRAM message"),
            Self::WrongNonce => f.write_str("the server answered another SCRAM exchange"),
            Self::Iterations(count) => write!(
                f,
                "the server asks for {count} SCRAM iterations; from {ITERATIONS_MIN} to \
                 {ITERATIONS_MAX} are accepted"
            ),
            Self::WrongSignature => {
                f.write_str("the server could not prove that it knows the password")
            }
            Self::Password => f.write_str(
                "the password has characters that SCRAM does not allow, such as emoji, invisible ones, \
                 or letters of both writing directions; choose another password, or set mechanism = \
                 \"plain\" if the connection is encrypted",
            ),
            Self::Server(error) => write!(f, "the server reports {error}"),
        }
    }
}

impl std::error::Error for ScramError {}

/// A password as both sides must write it, so that one that is typed in another form is the same:
/// SASLprep, RFC 4013. `None` if it has characters that are not allowed, or nothing is left of it.
pub fn prepared(password: &str) -> Option<Cow<'_, str>> {
    let prepared = saslprep(password).ok()?;
    (!prepared.is_empty() || password.is_empty()).then_some(prepared)
}

/// A nonce that cannot be guessed without the key, and that no other `number` gives.
pub fn nonce(key: &[u8; 32], number: u64) -> String {
    let digest = Sha256::new()
        .chain_update(key)
        .chain_update(number.to_be_bytes())
        .finalize();
    let text = Base64::encode_string(&digest);
    text.chars().take(NONCE_CHARS).collect()
}

/// A key for the nonces of another session, which gives none of this one.
pub fn derived_key(key: &[u8; 32], session: &str) -> [u8; 32] {
    let digest = Sha256::new()
        .chain_update(b"session")
        .chain_update(key)
        .chain_update(session);
    digest.finalize().into()
}

/// A client that has sent its first message.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramClient {
    nonce: String,
    /// The first message without its header.
    first: String,
}

impl ScramClient {
    /// Begins an exchange. The nonce must be new, printable, and without a comma. Returns the first
    /// message, too.
    pub fn begin(account: &str, nonce: &str) -> (Self, String) {
        // A name that cannot be prepared is one that the server does not know, either.
        let account = prepared(account).unwrap_or(Cow::Borrowed(account));
        let account = account.replace('=', "=3D").replace(',', "=2C");
        let first = format!("n={account},r={nonce}");
        let message = format!("{NO_CHANNEL_BINDING}{first}");
        let nonce = nonce.to_owned();
        (Self { nonce, first }, message)
    }

    /// Answers the first message of the server: returns the final message, and what the server must
    /// prove then.
    ///
    /// # Errors
    ///
    /// Nothing must be sent then but the end of the exchange.
    pub fn answer(
        &self,
        server_first: &[u8],
        password: &str,
    ) -> Result<(String, ScramVerifier), ScramError> {
        let server_first = str::from_utf8(server_first).map_err(|_| ScramError::Malformed)?;
        let challenge = Challenge::parse(server_first)?;
        let rest = challenge.nonce.strip_prefix(&self.nonce);
        if rest.is_none_or(str::is_empty) {
            return Err(ScramError::WrongNonce);
        }
        if !(ITERATIONS_MIN..=ITERATIONS_MAX).contains(&challenge.iterations) {
            return Err(ScramError::Iterations(challenge.iterations));
        }
        let password = prepared(password).ok_or(ScramError::Password)?;
        let salted = salted(&password, &challenge.salt, challenge.iterations);
        let binding = Base64::encode_string(NO_CHANNEL_BINDING.as_bytes());
        let without_proof = format!("c={binding},r={}", challenge.nonce);
        let signed = format!("{},{server_first},{without_proof}", self.first);
        let client_key = hmac(&salted, b"Client Key");
        let stored_key: Key = Sha256::digest(client_key).into();
        let signature = hmac(&stored_key, signed.as_bytes());
        let mut proof = client_key;
        proof
            .iter_mut()
            .zip(signature)
            .for_each(|(byte, other)| *byte ^= other);
        let message = format!("{without_proof},p={}", Base64::encode_string(&proof));
        let server_key = hmac(&salted, b"Server Key");
        Ok((message, ScramVerifier { server_key, signed }))
    }
}

/// Secrets stay out of debug output.
impl fmt::Debug for ScramClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramClient")
    }
}

/// The check of the signature that the server must send at the end of an exchange.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    server_key: Key,
    signed: String,
}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramVerifier")
    }
}

impl ScramVerifier {
    /// Checks the final message of the server.
    ///
    /// # Errors
    ///
    /// The server refuses the proof of the client, or does not know the password itself.
    pub fn verify(&self, server_final: &[u8]) -> Result<(), ScramError> {
        let text = str::from_utf8(server_final).map_err(|_| ScramError::Malformed)?;
        let field = text.split(',').next().unwrap_or_default();
        if let Some(error) = field.strip_prefix("e=") {
            return Err(ScramError::Server(error.to_owned()));
        }
        let signature = field.strip_prefix("v=").ok_or(ScramError::Malformed)?;
        let signature = Base64::decode_vec(signature).map_err(|_| ScramError::Malformed)?;
        // Takes the same time wherever the first wrong byte is.
        let verified = mac(&self.server_key, self.signed.as_bytes()).verify_slice(&signature);
        verified.map_err(|_| ScramError::WrongSignature)
    }
}

/// The first message of a server.
struct Challenge<'m> {
    nonce: &'m str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'m> Challenge<'m> {
    /// Reads `r=NONCE,s=SALT,i=ITERATIONS`. Extensions may follow; one before them would change
    /// the meaning of the exchange, and is not known.
    fn parse(message: &'m str) -> Result<Self, ScramError> {
        let mut fields = message.split(',');
        let mut field = |name: &str| {
            let field = fields.next().and_then(|field| field.strip_prefix(name));
            field.ok_or(ScramError::Malformed)
        };
        let nonce = field("r=")?;
        let salt = Base64::decode_vec(field("s=")?).map_err(|_| ScramError::Malformed)?;
        let iterations = field("i=")?.parse().map_err(|_| ScramError::Malformed)?;
        let is_printable = nonce.bytes().all(|byte| byte.is_ascii_graphic());
        match is_printable && !salt.is_empty() {
            true => Ok(Self {
                nonce,
                salt,
                iterations,
            }),
            false => Err(ScramError::Malformed),
        }
    }
}

/// The password with its salt, which takes as long as there are iterations. RFC 5802, section 3.
pub(super) fn salted(password: &str, salt: &[u8], iterations: u32) -> Key {
    let mut salted = Key::default();
    pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut salted);
    salted
}

pub(super) fn hmac(key: &Key, text: &[u8]) -> Key {
    mac(key, text).finalize().into_bytes().into()
}

fn mac(key: &Key, text: &[u8]) -> Hmac<Sha256> {
    // A key shorter than a block of the hash is filled up with zeros. RFC 2104, section 2.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7677, section 3.
    const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                                s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    #[test]
    fn the_exchange_of_the_rfc_gives_its_messages() {
        let (client, first) = ScramClient::begin("user", CLIENT_NONCE);
        assert_eq!(first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let (message, verifier) = client.answer(SERVER_FIRST.as_bytes(), "pencil").unwrap();
        assert_eq!(message, CLIENT_FINAL);
        assert_eq!(verifier.verify(SERVER_FINAL.as_bytes()), Ok(()));
        for (message, error) in [
            (
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=",
                ScramError::Malformed,
            ),
            (
                "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
                ScramError::WrongSignature,
            ),
            ("v=AAAA", ScramError::WrongSignature),
            ("v=", ScramError::WrongSignature),
            ("", ScramError::Malformed),
            (
                "e=invalid-proof",
                ScramError::Server("invalid-proof".into()),
            ),
        ] {
            assert_eq!(verifier.verify(message.as_bytes()), Err(error), "{message}");
        }
    }

    #[test]
    fn a_challenge_that_is_not_safe_is_not_answered() {
        let (client, _) = ScramClient::begin("user", CLIENT_NONCE);
        for (challenge, error) in [
            (
                "r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096",
                ScramError::WrongNonce,
            ),
            ("r=other,s=AAAA,i=4096", ScramError::WrongNonce),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4095",
                ScramError::Iterations(4095),
            ),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4294967295",
                ScramError::Iterations(u32::MAX),
            ),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=-1", ScramError::Malformed),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", ScramError::Malformed),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=A,i=4096", ScramError::Malformed),
            (
                "r=rOprNGfwEbeRWgbNEkqOx,i=4096,s=AAAA",
                ScramError::Malformed,
            ),
            (
                "m=x,r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4096",
                ScramError::Malformed,
            ),
            (
                "r=rOprNGfwEbeRWgbNEkqO x,s=AAAA,i=4096",
                ScramError::Malformed,
            ),
            ("", ScramError::Malformed),
        ] {
            let answered = client.answer(challenge.as_bytes(), "pencil");
            assert_eq!(answered.err(), Some(error), "{challenge}");
        }
        assert_eq!(
            client.answer(b"\xff", "x").err(),
            Some(ScramError::Malformed)
        );
    }

    #[test]
    fn a_password_is_the_same_in_each_form_in_which_it_can_be_typed() {
        // RFC 4013, section 3.
        for (typed, password) in [
            ("pencil", Some("pencil")),
            ("I\u{ad}X", Some("IX")),
            ("\u{aa}", Some("a")),
            ("\u{2168}", Some("IX")),
            // A space that is no ASCII space, and a letter in two parts.
            ("a\u{a0}b", Some("a b")),
            ("e\u{301}", Some("\u{e9}")),
            ("\u{7}", None),
            ("\u{627}1", None),
            // Unicode 3.2 has no such character.
            ("\u{1f600}", None),
            ("\u{ad}", None),
            ("", Some("")),
        ] {
            assert_eq!(prepared(typed).as_deref(), password, "{typed:?}");
        }
        let (client, _) = ScramClient::begin("user", CLIENT_NONCE);
        let (message, _) = client
            .answer(SERVER_FIRST.as_bytes(), "pen\u{ad}cil")
            .unwrap();
        assert_eq!(message, CLIENT_FINAL);
        let refused = client.answer(SERVER_FIRST.as_bytes(), "\u{7}");
        assert_eq!(refused.err(), Some(ScramError::Password));
    }

    #[test]
    fn names_are_escaped_and_nonces_differ() {
        let (_, first) = ScramClient::begin("a=b,c", "x");
        assert_eq!(first, "n,,n=a=3Db=2Cc,r=x");
        let [one, other] = [1, 2].map(|number| nonce(&[7; 32], number));
        assert_ne!(one, other);
        assert_ne!(one, nonce(&[8; 32], 1));
        assert_eq!(one.len(), NONCE_CHARS);
        assert!(!one.contains(','));
    }
}
