//! Passwords as they can be kept in a file that others may come to see: a hash that only the right
//! password leads to, and that takes work to try.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::server::ServerError;

/// Whether a text is a hash that [`verify`] can try a password on, with no more work than may keep
/// everybody waiting.
pub(in crate::server) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        let work = Params::try_from(&hash).map(|cost| cost.m_cost().saturating_mul(cost.t_cost()));
        hash.hash.is_some() && hash.salt.is_some() && work.is_ok_and(|work| work <= WORK_MAX)
    })
}

/// Whether this password leads to the hash.
pub(in crate::server) fn verify(password: &str, hash: &str) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// How much memory a hash takes, in KiB, and how often it is gone through. With this a try takes
/// some 15 ms of the one thread that serves everybody, which nobody feels; the usual 19 MiB would
/// take two to four times that.
const HASH_COST: (u32, u32) = (8 * 1024, 2);
/// How much work a hash made elsewhere may ask for, in KiB times how often: a little more than what
/// is usual in other programs.
const WORK_MAX: u32 = 20 * 1024 * 2;

/// The hash of a password, with a salt of its own.
fn hash(password: &str) -> io::Result<String> {
    let (memory, passes) = HASH_COST;
    let params = Params::new(memory, passes, 1, None).map_err(io::Error::other)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: Result<PasswordHash, _> = argon2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(io::Error::other)
}

/// Reads a password from standard input and prints its hash.
pub(in crate::server) fn print_hash() -> Result<(), ServerError> {
    let hash = read().and_then(|password| hash(&password));
    writeln!(io::stdout(), "{}", hash.map_err(ServerError::Password)?).map_err(ServerError::Output)
}

fn read() -> io::Result<String> {
    let stdin = io::stdin();
    let is_typed = stdin.is_terminal();
    if is_typed {
        let _ = write!(io::stderr(), "Password: ");
    }
    let password = {
        let _hidden = is_typed.then(EchoOff::begin).transpose()?;
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        line
    };
    if is_typed {
        let _ = writeln!(io::stderr());
    }
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(io::Error::other("there is no password on standard input"));
    }
    Ok(password.to_owned())
}

/// Keeps a terminal from showing what is typed, as long as it lives.
struct EchoOff {
    before: Termios,
}

impl EchoOff {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let restored = Self {
            before: before.clone(),
        };
        thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                drop(restored);
                let _ = emulate_default_handler(signal);
            }
        });
        let mut hidden = before.clone();
        hidden.local_modes &= !LocalModes::ECHO;
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self { before })
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        // The terminal may be gone, and then there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_leads_to_the_hash() {
        let hash = hash("sesame").unwrap();
        assert!(is_hash(&hash), "{hash}");
        assert!(verify("sesame", &hash));
        assert!(!verify("Sesame", &hash));
        assert!(!verify("", &hash));
        // With the cost that is usual elsewhere, and with some that would stop everybody.
        for (cost, fits) in [
            ("m=19456,t=2", true),
            ("m=20481,t=2", false),
            ("m=8,t=99999", false),
        ] {
            let costly = hash.replace("m=8192,t=2", cost);
            assert_eq!(is_hash(&costly), fits, "{costly}");
        }
        for text in ["", "sesame", "$argon2id$v=19$m=19456,t=2,p=1"] {
            assert!(!is_hash(text), "{text}");
            assert!(!verify("sesame", text), "{text}");
        }
    }
}
