//! The header of the PROXY protocol, versions 1 and 2, with which a proxy says where the user of a
//! connection connects from.
//!
//! <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>

use std::fmt;
use std::net::IpAddr;

use ppp::{v1, v2};

/// The longest header of version 1, in bytes, with its line ending.
const TEXT_BYTES_MAX: usize = 107;
/// The longest header of version 2, in bytes. Proxies send some hundred.
const BINARY_BYTES_MAX: usize = 4_096;
/// Signature, version and family of version 2, and the length of the rest.
const BINARY_HEAD_BYTES: usize = 16;
/// How a header of version 1 begins, also for a connection without a user.
const TEXT_PREFIX: &[u8] = b"PROXY ";
const TEXT_UNKNOWN: &[u8] = b"PROXY UNKNOWN";
/// The bit in the first byte of the details about TLS that says that the user has connected with it.
const CLIENT_HAS_TLS: u8 = 1;

/// Where the user of a connection connects from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ForwardedUser {
    /// The address; `None` for a connection of the proxy itself.
    pub(super) address: Option<IpAddr>,
    /// Whether the proxy has decrypted what the user sends.
    pub(super) is_secure: bool,
}

/// Why there is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProxyHeaderError {
    /// The proxy has sent something else.
    Invalid,
    /// It came from an address that is not that of a proxy.
    Refused,
}

impl fmt::Display for ProxyHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "no valid PROXY header from a proxy",
            Self::Refused => "a PROXY header from an address that is not that of a proxy",
        })
    }
}

/// A header that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct ProxyHeader {
    received: Vec<u8>,
}

impl ProxyHeader {
    /// Takes the next bytes. Returns what the header says, and how many of these bytes belong to it;
    /// `None` while it is not complete.
    ///
    /// # Errors
    ///
    /// The bytes so far do not begin a header, or it is too long.
    pub(super) fn receive(
        &mut self,
        bytes: &[u8],
    ) -> Result<Option<(ForwardedUser, usize)>, ProxyHeaderError> {
        let before = self.received.len();
        let room = BINARY_BYTES_MAX - before;
        self.received.extend(bytes.iter().take(room));
        let Some(length) = header_length(&self.received)? else {
            return Ok(None);
        };
        let header = self.received.get(..length).unwrap_or_default();
        let user = match header.starts_with(TEXT_PREFIX) {
            true => user_of_text(header),
            false => user_of_binary(header),
        };
        let user = user.ok_or(ProxyHeaderError::Invalid)?;
        Ok(Some((user, length.saturating_sub(before))))
    }
}

/// Whether the first bytes of a connection begin a header.
pub(super) fn is_proxy_header(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(TEXT_PREFIX) || first_bytes.starts_with(v2::PROTOCOL_PREFIX)
}

/// The length of the header at the beginning of some bytes, in bytes; `None` while not all of it is
/// there.
fn header_length(bytes: &[u8]) -> Result<Option<usize>, ProxyHeaderError> {
    let begins = |all: &[u8]| bytes.iter().zip(all).all(|(one, other)| one == other);
    if begins(TEXT_PREFIX) {
        let line = bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes);
        let end = line.iter().position(|byte| *byte == b'\n');
        return match end {
            Some(end) => Ok(Some(end + 1)),
            None if bytes.len() >= TEXT_BYTES_MAX => Err(ProxyHeaderError::Invalid),
            None => Ok(None),
        };
    }
    if !begins(v2::PROTOCOL_PREFIX) {
        return Err(ProxyHeaderError::Invalid);
    }
    let Some([.., high, low]) = bytes.get(..BINARY_HEAD_BYTES) else {
        return Ok(None);
    };
    let length = BINARY_HEAD_BYTES + usize::from(u16::from_be_bytes([*high, *low]));
    match length {
        _ if length > BINARY_BYTES_MAX => Err(ProxyHeaderError::Invalid),
        _ if length > bytes.len() => Ok(None),
        _ => Ok(Some(length)),
    }
}

fn user_of_text(header: &[u8]) -> Option<ForwardedUser> {
    // The rest of the line is ignored.
    if header.starts_with(TEXT_UNKNOWN) && header.ends_with(b"\r\n") {
        let after = header.get(TEXT_UNKNOWN.len());
        return after
            .is_some_and(|byte| matches!(byte, b' ' | b'\r'))
            .then_some(ForwardedUser {
                address: None,
                is_secure: false,
            });
    }
    let address = match v1::Header::try_from(header).ok()?.addresses {
        v1::Addresses::Unknown => return None,
        v1::Addresses::Tcp4(both) => IpAddr::V4(both.source_address),
        v1::Addresses::Tcp6(both) => IpAddr::V6(both.source_address),
    };
    Some(ForwardedUser {
        address: Some(address),
        is_secure: false,
    })
}

fn user_of_binary(header: &[u8]) -> Option<ForwardedUser> {
    let header = v2::Header::try_from(header).ok()?;
    let address = match (header.command, header.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(both)) => Some(IpAddr::V4(both.source_address)),
        (v2::Command::Proxy, v2::Addresses::IPv6(both)) => Some(IpAddr::V6(both.source_address)),
        // A check of the proxy, or a user on the machine of the proxy.
        _ => None,
    };
    let mut details = header.tlvs().map_while(Result::ok);
    let tls = details.find(|one| one.kind == v2::Type::SSL as u8);
    let flags = tls.and_then(|one| one.value.first().copied());
    let is_secure = flags.is_some_and(|flags| flags & CLIENT_HAS_TLS != 0);
    Some(ForwardedUser {
        address,
        is_secure: is_secure && header.command == v2::Command::Proxy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of version 2 with this command, family and rest.
    fn binary(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut header = v2::PROTOCOL_PREFIX.to_vec();
        header.extend([0x20 | command, family]);
        header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
        header.extend(rest);
        header
    }

    /// IPv4 addresses and ports, and a part that is skipped, and one about TLS.
    fn with_details(flags: u8) -> Vec<u8> {
        let mut rest = vec![192, 0, 2, 1, 192, 0, 2, 2, 0, 1, 0, 2];
        rest.extend([0x02, 0, 4, b'h', b'o', b's', b't']);
        rest.extend([0x20, 0, 5, flags, 0, 0, 0, 0]);
        binary(1, 0x11, &rest)
    }

    fn user(address: &str, is_secure: bool) -> ForwardedUser {
        ForwardedUser {
            address: Some(address.parse().unwrap()),
            is_secure,
        }
    }

    const PROXY_ITSELF: ForwardedUser = ForwardedUser {
        address: None,
        is_secure: false,
    };

    #[test]
    fn each_form_is_read_whole_and_byte_by_byte() {
        let mut v6 = vec![0x20, 0x01, 0x0d, 0xb8];
        v6.extend([0; 32]);
        for (header, expected) in [
            (
                b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 6667\r\n".to_vec(),
                user("192.0.2.1", false),
            ),
            (
                b"PROXY TCP6 2001:db8::1 ::1 56324 6667\r\n".to_vec(),
                user("2001:db8::1", false),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), PROXY_ITSELF),
            (
                b"PROXY UNKNOWN and words that do not matter at all\r\n".to_vec(),
                PROXY_ITSELF,
            ),
            (with_details(1), user("192.0.2.1", true)),
            (with_details(0), user("192.0.2.1", false)),
            (binary(1, 0x21, &v6), user("2001:db8::", false)),
            // LOCAL, with and without addresses; no family; a Unix socket.
            (binary(0, 0, &[]), PROXY_ITSELF),
            (
                binary(0, 0x11, &[1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2]),
                PROXY_ITSELF,
            ),
            (binary(1, 0, &[]), PROXY_ITSELF),
            (binary(1, 0x31, &[0; 216]), PROXY_ITSELF),
            (binary(0, 0, &[0; 4_080]), PROXY_ITSELF),
        ] {
            let mut bytes = header.clone();
            bytes.extend(b"NICK alice\r\n");
            let whole = ProxyHeader::default().receive(&bytes);
            assert_eq!(whole, Ok(Some((expected, header.len()))), "{header:?}");
            let mut slow = ProxyHeader::default();
            let (last, first) = header.split_last().unwrap();
            for byte in first {
                assert_eq!(slow.receive(&[*byte]), Ok(None), "{header:?}");
            }
            assert_eq!(slow.receive(&[*last]), Ok(Some((expected, 1))));
        }
    }

    #[test]
    fn other_bytes_are_refused_as_soon_as_they_cannot_become_a_header() {
        for bytes in [
            b"N".to_vec(),
            b"PROXYTCP4".to_vec(),
            b"\x16\x03\x01".to_vec(),
            b"\r\n\r\nQ".to_vec(),
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1\r\n".to_vec(),
            b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n".to_vec(),
            b"PROXY UNKNOWNS\r\n".to_vec(),
            b"PROXY \xff\r\n".to_vec(),
            [b"PROXY ", "x".repeat(101).as_bytes()].concat(),
            binary(2, 0x11, &[0; 12]),
            binary(1, 0x11, &[0; 11]),
            binary(1, 0x41, &[0; 12]),
            binary(0, 0, &[0; 4_081]),
        ] {
            let received = ProxyHeader::default().receive(&bytes);
            assert_eq!(received, Err(ProxyHeaderError::Invalid), "{bytes:?}");
        }
        // A part that is cut off says nothing, and the address holds.
        let mut rest = vec![192, 0, 2, 1, 192, 0, 2, 2, 0, 1, 0, 2];
        rest.extend([0x20, 0xff, 0xff, 1]);
        let header = binary(1, 0x11, &rest);
        let read = ProxyHeader::default().receive(&header);
        assert_eq!(read, Ok(Some((user("192.0.2.1", false), header.len()))));
    }

    #[test]
    fn a_header_is_kept_only_up_to_its_bound() {
        let mut header = ProxyHeader::default();
        assert_eq!(header.receive(TEXT_PREFIX), Ok(None));
        while header.received.len() < TEXT_BYTES_MAX - 1 {
            assert_eq!(header.receive(b"x"), Ok(None));
        }
        assert_eq!(header.receive(b"x"), Err(ProxyHeaderError::Invalid));
        let mut header = ProxyHeader::default();
        let largest = binary(0, 0, &[0; BINARY_BYTES_MAX - BINARY_HEAD_BYTES]);
        assert!(
            header
                .receive(&[&largest[..], b"PING x\r\n"].concat())
                .is_ok()
        );
        assert_eq!(header.received.len(), BINARY_BYTES_MAX);
    }
}
