//! The side of the server in SCRAM-SHA-256. RFC 5802 and RFC 7677; without channel binding.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use super::scram::{Key, NO_CHANNEL_BINDING, ScramError, hmac, salted};

/// What a server keeps of a password. It cannot be used to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    salt: Vec<u8>,
    iterations: u32,
    stored_key: Key,
    server_key: Key,
}

impl StoredPassword {
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
}

/// The account in the first message of a client.
///
/// # Errors
///
/// The message is not one of a client without channel binding.
pub fn account_of(client_first: &[u8]) -> Result<String, ScramError> {
    let (account, _, _) = parse_first(client_first)?;
    Ok(account.replace("=2C", ",").replace("=3D", "="))
}

/// The account as it is written, the nonce, and the message without its header.
fn parse_first(client_first: &[u8]) -> Result<(&str, &str, &str), ScramError> {
    let text = str::from_utf8(client_first).map_err(|_| ScramError::Malformed)?;
    let first = text.strip_prefix(NO_CHANNEL_BINDING);
    let first = first.ok_or(ScramError::Malformed)?;
    let (account, nonce) = first.split_once(",r=").ok_or(ScramError::Malformed)?;
    let account = account.strip_prefix("n=").ok_or(ScramError::Malformed)?;
    let is_nonce = !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    match is_nonce && !nonce.contains(',') {
        true => Ok((account, nonce, first)),
        false => Err(ScramError::Malformed),
    }
}

/// An exchange in which the server has sent its first message.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramServer {
    stored: StoredPassword,
    nonce: String,
    /// The first messages of both sides, as they are signed.
    signed: String,
}

impl ScramServer {
    /// Answers the first message of a client. The nonce must be new, printable, and without a comma.
    /// Returns the first message of the server, too.
    ///
    /// # Errors
    ///
    /// The message is not one of a client without channel binding.
    pub fn begin(
        client_first: &[u8],
        nonce: &str,
        stored: StoredPassword,
    ) -> Result<(Self, String), ScramError> {
        let (_, client_nonce, client_first) = parse_first(client_first)?;
        let nonce = format!("{client_nonce}{nonce}");
        let salt = Base64::encode_string(&stored.salt);
        let message = format!("r={nonce},s={salt},i={}", stored.iterations);
        let signed = format!("{client_first},{message}");
        Ok((
            Self {
                stored,
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
        let binding = Base64::encode_string(NO_CHANNEL_BINDING.as_bytes());
        if without_proof != format!("c={binding},r={}", self.nonce) {
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
        }
    }

    #[test]
    fn a_message_of_another_protocol_is_refused() {
        for message in [
            "",
            "n,,",
            "y,,n=a,r=b",
            "n,a=x,n=a,r=b",
            "n,,n=a",
            "n,,n=a,r=",
            "n,,r=b,n=a",
            "n,,n=a,r=b,c",
        ] {
            assert_eq!(
                account_of(message.as_bytes()),
                Err(ScramError::Malformed),
                "{message}"
            );
        }
    }
}
