//! Strict Transport Security: the value of the capability `sts`.
//! <https://ircv3.net/specs/extensions/sts>

/// The longest time that a policy is kept, in seconds: a year. A server renews it on each connection.
const DURATION_MAX: u64 = 365 * 24 * 3_600;

/// The value of the `sts` capability of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sts {
    /// The port for encrypted connections. It counts on a connection that is not encrypted.
    pub port: Option<u16>,
    /// For how many seconds only encrypted connections are to be made, 0 for no longer. It counts on
    /// an encrypted connection.
    pub duration_seconds: Option<u64>,
}

impl Sts {
    /// Reads the value of the capability, such as `duration=2592000,port=6697`. Tokens that are
    /// unknown or have no valid value are ignored, and of two with one key the first counts.
    pub fn parse(value: &str) -> Self {
        let mut sts = Self::default();
        for token in value.split(',') {
            match token.split_once('=') {
                Some(("port", port)) if sts.port.is_none() => {
                    sts.port = number(port).and_then(|port| u16::try_from(port).ok());
                    sts.port = sts.port.filter(|port| *port > 0);
                }
                Some(("duration", seconds)) if sts.duration_seconds.is_none() => {
                    sts.duration_seconds = number(seconds).map(|seconds| seconds.min(DURATION_MAX));
                }
                _ => {}
            }
        }
        sts
    }
}

/// A number without a sign.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is too large for the type is only too large.
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_are_not_understood_are_ignored() {
        for (value, port, duration_seconds) in [
            ("port=6697", Some(6697), None),
            ("duration=2592000", None, Some(2_592_000)),
            ("duration=0,port=6697", Some(6697), Some(0)),
            ("x,preload,port=6697,y=z=,duration=1", Some(6697), Some(1)),
            ("port=1,port=2", Some(1), None),
            ("", None, None),
            ("port", None, None),
            ("port=", None, None),
            ("port=0", None, None),
            ("port=65536", None, None),
            ("port=+1", None, None),
            ("port=-1,duration=-1", None, None),
            ("duration=1e3", None, None),
            (
                "duration=99999999999999999999999999",
                None,
                Some(DURATION_MAX),
            ),
            ("PORT=6697", None, None),
            (",,=,port=6697", Some(6697), None),
        ] {
            let expected = Sts {
                port,
                duration_seconds,
            };
            assert_eq!(Sts::parse(value), expected, "{value}");
        }
    }
}
