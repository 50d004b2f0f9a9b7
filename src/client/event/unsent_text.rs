//! Messages of the user that the server has not confirmed.

/// Messages to one target that may be lost if the program ends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentText {
    /// The room or the person.
    pub target: String,
    /// The input that sends them when it is typed, of one line or several.
    pub text: String,
    /// Whether the connection has them or is about to take them: they may have arrived.
    pub in_transit: bool,
}
