//! Password hashes, the thread that checks passwords against them, and the program that sends codes.
//!
//! It must not know sockets or the configuration file; of the hub it knows only the tasks.
//! `config`, `daemon`, `embedded`, `hash_password` and `hosted_room` import it.

mod code_program;
pub(super) mod password;
pub(super) mod worker;
