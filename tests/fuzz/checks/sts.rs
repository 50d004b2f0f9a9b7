//! The value of the capability `sts` is read as the specification says, whatever is in it.
//! <https://ircv3.net/specs/extensions/sts>

use chatting_room::wire::sts::Sts;

/// A year.
const DURATION_MAX: u64 = 365 * 24 * 3_600;

/// Any bytes, as the value.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let sts = Sts::parse(&text);
    assert_eq!(
        sts.port,
        first(&text, "port", u16::MAX.into())
            .map(|port| { u16::try_from(port).expect("a port") })
            .filter(|port| *port > 0),
        "{text:?}"
    );
    let duration = first(&text, "duration", u128::MAX)
        .map(|seconds| u64::try_from(seconds).unwrap_or(u64::MAX).min(DURATION_MAX));
    assert_eq!(sts.duration_seconds, duration, "{text:?}");
    // Unknown keys change nothing.
    for other in [
        format!("x,{text}"),
        format!("{text},preload"),
        format!("=,{text},y=1"),
    ] {
        assert_eq!(Sts::parse(&other), sts, "{other:?}");
    }
}

/// The number of the first token with this key that has a number as its value.
fn first(text: &str, key: &str, max: u128) -> Option<u128> {
    text.split(',').find_map(|token| {
        let value = token.strip_prefix(key)?.strip_prefix('=')?;
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value.parse().unwrap_or(u128::MAX);
        (is_number && number <= max && (key != "port" || number > 0)).then_some(number)
    })
}
