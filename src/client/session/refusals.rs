//! Which numbers are refusals, and what they are about.

/// Whether a number says that something was not done. Beyond the range that is meant for that
/// there are some, among answers of all kinds.
pub(super) fn is_refusal(number: u16) -> bool {
    const TRY_AGAIN: u16 = 263;
    matches!(
        number,
        TRY_AGAIN
            | 400..=599
            | 691
            | 696..=698
            | 707
            | 712..=716
            | 723
            | 734
            | 742
            | 902
            | 904..=907
    )
}

/// `433`, and the other numbers that say that a nick cannot be had.
pub(super) fn is_about_nick(number: u16) -> bool {
    matches!(number, 431 | 432 | 433 | 436 | 437)
}

/// Whether a refusal can be the answer to a change of nick once this person is in.
pub(super) fn is_about_change_of_nick(number: u16) -> bool {
    is_about_nick(number) || matches!(number, 435 | 438 | 447 | 484)
}

/// Whether a refusal can be about something that was said.
pub(super) fn is_about_talk(number: u16) -> bool {
    matches!(number, 401 | 403 | 404 | 407 | 411..=417 | 477 | 531 | 716)
}

/// Whether a server that answers so does not let this person in. Whatever else it refuses
/// before that, it may still do so: some ask for patience with such a number.
pub(super) fn is_about_entry(number: u16) -> bool {
    matches!(number, 463..=466 | 468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_answers() {
        for number in [263, 400, 401, 433, 599, 696, 716, 742, 904] {
            assert!(is_refusal(number), "{number}");
        }
        for number in [1, 324, 352, 600, 671, 704, 705, 706, 730, 731, 900, 903] {
            assert!(!is_refusal(number), "{number}");
        }
    }
}
