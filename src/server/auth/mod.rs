//! Passwords and the people who have one.
//!
//! It knows no socket and no configuration file; `hub` only sees whether a password was right.

pub(super) mod password;
