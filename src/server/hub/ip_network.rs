//! A network of IP addresses, such as `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The addresses that have a number of bits in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpNetwork {
    /// The first address of the network.
    first: IpAddr,
    /// How many bits its addresses have in common, from the left.
    bits: u8,
}

impl IpNetwork {
    /// Reads an address, or a network in CIDR notation. RFC 4632, 3.1.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let given: IpAddr = address.parse().ok()?;
        let most = if given.is_ipv4() { 32 } else { 128 };
        let bits: u8 = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        if bits > most {
            return None;
        }
        // An IPv4 address in IPv6 is the IPv4 address.
        let (address, bits) = match given.to_canonical() {
            IpAddr::V4(address) if given.is_ipv6() => (IpAddr::V4(address), bits.checked_sub(96)?),
            address => (address, bits),
        };
        let first = first_of(address, bits);
        Some(Self { first, bits })
    }

    /// Whether an address is in it.
    pub fn has(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.first.is_ipv4() == address.is_ipv4() && first_of(address, self.bits) == self.first
    }
}

/// The first address of the network that an address is in.
fn first_of(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl((32 - bits.min(32)).into());
            IpAddr::V4((address.to_bits() & mask.unwrap_or(0)).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl((128 - bits.min(128)).into());
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask.unwrap_or(0)))
        }
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, bits } = self;
        // A parameter of a line must not begin with a colon.
        if matches!(first, IpAddr::V6(v6) if v6.segments().first() == Some(&0)) {
            f.write_str("0")?;
        }
        match (first, bits) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => first.fmt(f),
            _ => write!(f, "{first}/{bits}"),
        }
    }
}
