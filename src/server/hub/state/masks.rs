//! Masks in the lists of a room: bans, exceptions, invitations and mutes.

use crate::wire::mask;

/// The longest mask in a list, in bytes.
const KEPT_BYTES_MAX: usize = 120;

/// Prefix of a mask that only mutes and never bans; announced as `EXTBAN`.
pub(super) const MUTE: &str = "m:";

/// The mask in the form `nick!user@host`, or `None` if a room cannot keep it.
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
    fn a_mask_is_completed_and_stays_one_parameter() {
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
