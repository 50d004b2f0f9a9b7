//! Masks that a room keeps: of those who cannot come in, and of those who cannot speak.

use crate::wire::mask;

/// The longest mask that a room keeps, in bytes.
const KEPT_BYTES_MAX: usize = 120;

/// What stands before a mask that keeps nobody out and only silences; announced as `EXTBAN`.
pub(super) const MUTE: &str = "m:";

/// A mask made whole, as far as a room keeps it.
pub(in crate::server::hub) fn normalize(mask: &str) -> Option<String> {
    let whole = match mask.strip_prefix(MUTE) {
        Some(muted) if muted.starts_with(MUTE) => return None,
        Some(muted) => format!("{MUTE}{}", mask::normalize(muted)?),
        None => mask::normalize(mask)?,
    };
    (whole.len() <= KEPT_BYTES_MAX).then_some(whole)
}

/// How many `*` and `?` a mask has.
pub(in crate::server::hub) fn wildcards(mask: &str) -> usize {
    mask.matches(['*', '?']).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_made_whole_and_stays_one_parameter() {
        for (given, kept) in [
            ("bar", Some("bar!*@*")),
            ("bar!*@*", Some("bar!*@*")),
            ("u@h", Some("*!u@h")),
            ("n!u", Some("n!u@*")),
            ("10.0.*", Some("*!*@10.0.*")),
            ("1.2.3.4/-1", Some("*!*@1.2.3.4/-1")),
            ("m:bar", Some("m:bar!*@*")),
            ("m:", None),
            ("m:m:bar", None),
            ("", None),
            (":x", None),
            ("a b", None),
            ("a\u{7}", None),
        ] {
            assert_eq!(normalize(given).as_deref(), kept, "{given:?}");
        }
        assert!(normalize(&"x".repeat(116)).is_some());
        assert!(normalize(&"x".repeat(117)).is_none());
    }
}
