//! The side of the server in SCRAM-SHA-256, and what it keeps of a password. RFC 5802 and RFC 7677;
//! without channel binding.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use super::scram::{Key, ScramError, hmac, salted};

/// The length of the salt of an account that does not exist, in bytes.
const DECOY_SALT_BYTES: usize = 24;

/// The verifier of a password, which a server keeps. It cannot be used to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Key,
    server_key: Key,
}

impl StoredPassword {
    /// The iterations for new passwords: deriving one takes some 20 ms.
    pub const ITERATIONS: u32 = 100_000;

    /// Derives it from the password. The salt must be random.
    pub fn derive(password: &str, salt: &[u8], iterations: u32) -> Self {
        let salted = salted(password, salt, iterations);
        Self {
            salt: salt.to_owned(),
            iterations,
            stored_key: Sha256::digest(hmac(&salted, b"Client Key")).into(),
            server_key: hmac(&salted, b"Server Key"),
        }
    }

    /// A verifier for an account that does not exist: no password belongs to it, and it is the same
    /// each time, so that no client can tell that from a wrong password.
    pub fn decoy(secret: &[u8; 32], account: &str) -> Self {
        let derived = |what: &str| hmac(secret, format!("{what}\0{account}").as_bytes());
        let salt = derived("salt").into_iter().take(DECOY_SALT_BYTES).collect();
        Self {
            salt,
            iterations: Self::ITERATIONS,
            stored_key: derived("stored key"),
            server_key: derived("server key"),
        }
    }

    /// Whether this is the password. It takes as long as deriving one.
    pub fn is_password(&self, password: &str) -> bool {
        let derived = Self::derive(password, &self.salt, self.iterations);
        // The time of a comparison of hashes does not show where the difference is.
        derived.stored_key == self.stored_key
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(TEXT_PREFIX)?;
        let (salt, keys) = rest.split_once('$')?;
        let (iterations, salt) = salt.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let key = |text| Key::try_from(Base64::decode_vec(text).ok()?).ok();
        let iterations = iterations.parse().ok().filter(|count| *count > 0)?;
        Some(Self {
            salt: Base64::decode_vec(salt).ok()?,
            iterations,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        })
    }
}

/// The beginning of the text form.
const TEXT_PREFIX: &str = "SCRAM-SHA-256$";

/// The text form, which other programs use, too: `SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER`.
impl fmt::Display for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (iterations, salt) = (self.iterations, Base64::encode_string(&self.salt));
        let [stored, server] =
            [&self.stored_key, &self.server_key].map(|key| Base64::encode_string(key));
        write!(f, "{TEXT_PREFIX}{iterations}:{salt}${stored}:{server}")
    }
}

/// Secrets stay out of debug output.
impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword")
    }
}

/// The account in the first message of a client.
///
/// # Errors
///
/// The message is not one of a client without channel binding, or the client wants to act as another
/// account.
pub fn account_of(client_first: &[u8]) -> Result<String, ScramError> {
    Ok(unescaped(parse_first(client_first)?.account))
}

fn unescaped(name: &str) -> String {
    name.replace("=2C", ",").replace("=3D", "=")
}

/// The parts of the first message of a client.
struct ClientFirst<'m> {
    /// Everything before the account.
    header: &'m str,
    /// The account as it is written.
    account: &'m str,
    nonce: &'m str,
    /// The message without its header.
    bare: &'m str,
}

/// RFC 5802, section 7.
fn parse_first(client_first: &[u8]) -> Result<ClientFirst<'_>, ScramError> {
    let text = str::from_utf8(client_first).map_err(|_| ScramError::Malformed)?;
    let after_flag = text.strip_prefix("n,").or(text.strip_prefix("y,"));
    let (acting, bare) = after_flag
        .and_then(|rest| rest.split_once(','))
        .ok_or(ScramError::Malformed)?;
    let header = text.strip_suffix(bare).unwrap_or_default();
    let (account, nonce) = bare.split_once(",r=").ok_or(ScramError::Malformed)?;
    let account = account.strip_prefix("n=").ok_or(ScramError::Malformed)?;
    let acts_as_itself = acting.is_empty() || acting.strip_prefix("a=") == Some(account);
    let nonce_is_valid = !nonce.is_empty()
        && !nonce.contains(',')
        && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    match acts_as_itself && nonce_is_valid {
        true => Ok(ClientFirst {
            header,
            account,
            nonce,
            bare,
        }),
        false => Err(ScramError::Malformed),
    }
}

/// An exchange in which the server has sent its first message.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramServer {
    stored: StoredPassword,
    /// The header of the client, in Base64.
    binding: String,
    nonce: String,
    /// The first messages of both sides, as they are signed.
    signed: String,
}

/// Secrets stay out of debug output.
impl fmt::Debug for ScramServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramServer")
    }
}

impl ScramServer {
    /// Answers the first message of a client. The nonce must be new, printable, and without a comma.
    /// Returns the first message of the server, too.
    ///
    /// # Errors
    ///
    /// The same as those of [`account_of`].
    pub fn begin(
        client_first: &[u8],
        nonce: &str,
        stored: StoredPassword,
    ) -> Result<(Self, String), ScramError> {
        let first = parse_first(client_first)?;
        let nonce = format!("{}{nonce}", first.nonce);
        let salt = Base64::encode_string(&stored.salt);
        let message = format!("r={nonce},s={salt},i={}", stored.iterations);
        let signed = format!("{},{message}", first.bare);
        Ok((
            Self {
                stored,
                binding: Base64::encode_string(first.header.as_bytes()),
                nonce,
                signed,
            },
            message,
        ))
    }

    /// Checks the final message of the client, and returns the final message of the server.
    ///
    /// # Errors
    ///
    /// The client does not know the password.
    pub fn finish(&self, client_final: &[u8]) -> Result<String, ScramError> {
        let text = str::from_utf8(client_final).map_err(|_| ScramError::Malformed)?;
        let (without_proof, proof) = text.split_once(",p=").ok_or(ScramError::Malformed)?;
        if without_proof != format!("c={},r={}", self.binding, self.nonce) {
            return Err(ScramError::WrongNonce);
        }
        let proof = Base64::decode_vec(proof).map_err(|_| ScramError::Malformed)?;
        let mut client_key = Key::try_from(proof).map_err(|_| ScramError::Malformed)?;
        let signed = format!("{},{without_proof}", self.signed);
        let signature = hmac(&self.stored.stored_key, signed.as_bytes());
        client_key
            .iter_mut()
            .zip(signature)
            .for_each(|(byte, other)| *byte ^= other);
        // The time of a comparison of hashes does not show where the difference is.
        let hash: Key = Sha256::digest(client_key).into();
        if hash != self.stored.stored_key {
            return Err(ScramError::WrongSignature);
        }
        let signature = hmac(&self.stored.server_key, signed.as_bytes());
        Ok(format!("v={}", Base64::encode_string(&signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sasl::scram::ScramClient;

    #[test]
    fn both_sides_agree_exactly_when_the_password_is_the_same() {
        for (password, is_right) in [("pencil", true), ("pencils", false), ("", false)] {
            let stored = StoredPassword::derive("pencil", b"salt", 4_096);
            assert_eq!(stored.is_password(password), is_right);
            let (client, first) = ScramClient::begin("a,b=c", "xyz");
            assert_eq!(account_of(first.as_bytes()), Ok("a,b=c".to_owned()));
            let begun = ScramServer::begin(first.as_bytes(), "123", stored);
            let (server, challenge) = begun.unwrap();
            let (answer, verifier) = client.answer(challenge.as_bytes(), password).unwrap();
            let finished = server.finish(answer.as_bytes());
            match is_right {
                true => assert_eq!(verifier.verify(finished.unwrap().as_bytes()), Ok(())),
                false => assert_eq!(finished, Err(ScramError::WrongSignature)),
            }
            let other = answer.replace("xyz", "xyy");
            assert_eq!(server.finish(other.as_bytes()), Err(ScramError::WrongNonce));
            // The header of the first message is part of what is signed.
            let other = answer.replace("c=biws", "c=eSws");
            assert_eq!(server.finish(other.as_bytes()), Err(ScramError::WrongNonce));
        }
    }

    #[test]
    fn a_message_of_another_protocol_is_refused() {
        for message in [
            "",
            "n,,",
            "p=tls-unique,,n=a,r=b",
            "n,a=x,n=a,r=b",
            "n,,n=a",
            "n,,n=a,r=",
            "n,,r=b,n=a",
            "n,,n=a,r=b,c",
            "n,,m=x,n=a,r=b",
        ] {
            assert_eq!(
                account_of(message.as_bytes()),
                Err(ScramError::Malformed),
                "{message}"
            );
        }
        // A client that could bind the channel, and one that names whom it acts as.
        for message in ["y,,n=a,r=b", "n,a=a,n=a,r=b"] {
            assert_eq!(account_of(message.as_bytes()), Ok("a".to_owned()));
        }
    }

    #[test]
    fn the_text_form_is_read_as_it_was_written() {
        let stored = StoredPassword::derive("pencil", b"salt and more", 4_096);
        let text = stored.to_string();
        assert!(
            text.starts_with("SCRAM-SHA-256$4096:c2FsdCBhbmQgbW9yZQ==$"),
            "{text}"
        );
        assert!(StoredPassword::parse(&text) == Some(stored));
        for text in [
            "",
            "SCRAM-SHA-256$",
            "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA",
            &text.replace("4096", "0"),
            &text.replace("4096", "x"),
            &text.replace("256", "512"),
        ] {
            assert!(StoredPassword::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_account_that_does_not_exist_is_the_same_each_time() {
        let decoy = |secret, account| StoredPassword::decoy(&[secret; 32], account);
        assert!(decoy(1, "alice") == decoy(1, "alice"));
        assert!(decoy(1, "alice").salt != decoy(1, "bob").salt);
        assert!(decoy(1, "alice").salt != decoy(2, "alice").salt);
        assert_eq!(decoy(1, "alice").salt.len(), DECOY_SALT_BYTES);
        assert_eq!(decoy(1, "alice").iterations, StoredPassword::ITERATIONS);
    }
}
