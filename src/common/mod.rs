//! The code both programs share besides IRC: the start of a program, configuration files, generated
//! documents, the sanitizing of text from the network, the record form of what happened, the local
//! time zone, fingerprints of certificates, certificates that sign themselves, I/O errors as text,
//! errors that are causes of others, and the ends of sentences.
//!
//! It must not know either program. `client` and `server` import it; it imports `wire` only.

pub mod cli;
pub(crate) mod config_file;
#[cfg(feature = "tls")]
pub(crate) mod fingerprint;
#[cfg(not(feature = "for-tests"))]
pub(crate) mod generate;
#[cfg(feature = "for-tests")]
pub mod generate;
pub(crate) mod io_error;
#[cfg(not(feature = "for-tests"))]
pub(crate) mod record;
#[cfg(feature = "for-tests")]
pub mod record;
#[cfg(not(feature = "for-tests"))]
pub(crate) mod sanitize;
#[cfg(feature = "for-tests")]
pub mod sanitize;
#[cfg(feature = "tls")]
pub(crate) mod self_signed;
pub(crate) mod sentence;
pub mod shared_error;
pub(crate) mod suggest;
pub(crate) mod test_hooks;
pub(crate) mod time_zone;
