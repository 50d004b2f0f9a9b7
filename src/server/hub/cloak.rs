//! Cloaked hosts: what other users see in place of an address.
//!
//! A cloak has three levels, the narrowest first, such as `4f….9a….c2….ip4`: the address, and two
//! networks around it. Each is a keyed hash, so users of one network share its part, and a mask such as
//! `*!*@*.c2….ip4` is about all of them, but no one can find the address without the key.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::account::SecretKey;
use crate::wire::sasl::scram::derived_key;

/// The bits of an address that each level depends on.
const LEVELS_V4: [u8; 3] = [32, 24, 16];
/// A subscriber has a network of 64 bits, and often one of 48.
const LEVELS_V6: [u8; 3] = [64, 48, 32];
/// The bytes of each level, two digits each: with the ending it fits in `HOSTLEN`.
const LEVEL_BYTES: usize = 5;

/// The key of the cloaks of this server.
#[derive(Debug, Clone, Copy)]
pub(super) struct CloakKey(SecretKey);

impl CloakKey {
    pub(super) fn new(secret: SecretKey) -> Self {
        // The secret has other uses.
        Self(SecretKey(derived_key(&secret.0, "cloak")))
    }

    /// A keyed hash of a text that is no part of a cloak.
    pub(super) fn digest(self, text: &str) -> [u8; 32] {
        derived_key(&self.0.0, text)
    }

    /// The cloak of an address in its canonical form.
    pub(super) fn cloak(self, address: IpAddr) -> String {
        let (bits, levels, ending) = match address {
            // The address is the first part of 128 bits, as that of IPv6 is.
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, LEVELS_V4, "ip4"),
            IpAddr::V6(address) => (address.to_bits(), LEVELS_V6, "ip6"),
        };
        let mut cloak = String::new();
        for level in levels {
            let network = bits >> (128 - u32::from(level));
            let digest = derived_key(&self.0.0, &format!("{ending} {level} {network:x}"));
            for byte in digest.iter().take(LEVEL_BYTES) {
                // Writing to memory cannot fail.
                let _ = write!(cloak, "{byte:02x}");
            }
            cloak.push('.');
        }
        cloak + ending
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::people::HOST_BYTES_MAX;
    use super::*;

    #[test]
    fn addresses_of_one_network_share_the_end_of_their_cloaks() {
        let key = CloakKey::new(SecretKey([1; 32]));
        let other_key = CloakKey::new(SecretKey([2; 32]));
        for (one, other, shared) in [
            ("192.0.2.1", "192.0.2.1", 4),
            ("192.0.2.1", "192.0.2.2", 3),
            ("192.0.2.1", "192.0.3.1", 2),
            ("192.0.2.1", "192.1.2.1", 1),
            ("2001:db8:1:2::1", "2001:db8:1:2::ffff", 4),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", 3),
            ("2001:db8:1:2::1", "2001:db8:2:2::1", 2),
            ("2001:db8:1:2::1", "2001:db9:1:2::1", 1),
        ] {
            let cloaks = [one, other].map(|address| key.cloak(address.parse().unwrap()));
            let [first, second] = cloaks.each_ref().map(|cloak| cloak.rsplit('.'));
            let same = first.zip(second).take_while(|(one, other)| one == other);
            assert_eq!(same.count(), shared, "{cloaks:?}");
            assert!(cloaks[0].len() <= HOST_BYTES_MAX, "{cloaks:?}");
            assert_ne!(cloaks[0], other_key.cloak(one.parse().unwrap()));
        }
    }
}
