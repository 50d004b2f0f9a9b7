//! Password hashes for a configuration file that others may read: only the correct password
//! matches, and each attempt takes CPU time.

use std::io;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Whether a text is a hash for [`verify`], and costs no more than is allowed.
pub(in crate::server) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| {
        let work = Params::try_from(&hash).map(|cost| cost.m_cost().saturating_mul(cost.t_cost()));
        hash.hash.is_some() && hash.salt.is_some() && work.is_ok_and(|work| work <= WORK_MAX)
    })
}

/// Whether this password matches the hash.
pub(in crate::server) fn verify(password: &str, hash: &str) -> bool {
    let hash = PasswordHash::new(hash);
    hash.is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Memory of a hash, in KiB, and passes over it. A check then takes some 15 ms of CPU time; the
/// usual 19 MiB would take two to four times that.
const HASH_COST: (u32, u32) = (8 * 1024, 2);
/// The highest cost of a hash that was made elsewhere, in KiB times passes: a little more than is
/// usual in other programs.
const WORK_MAX: u32 = 20 * 1024 * 2;

/// The hash of a password, with a salt of its own.
pub(in crate::server) fn hash(password: &str) -> io::Result<String> {
    let (memory, passes) = HASH_COST;
    let params = Params::new(memory, passes, 1, None).map_err(io::Error::other)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: Result<PasswordHash, _> = argon2.hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(io::Error::other)
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
        // With the usual cost, and with costs that would occupy a processor.
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
