//! Password hashes, the thread that checks passwords against them, and the program that sends codes.
//!
//! It knows no socket and no configuration file; of the hub it knows only the tasks. `daemon` and
//! `embedded` start the thread, `config` and `hash_password` use the hashes.

mod code_program;
pub(super) mod password;
pub(super) mod worker;
