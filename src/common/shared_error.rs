//! An error of a library or of another part as the cause of an error that is cloned and compared.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use super::io_error::os_error_text;

/// An error as the cause of another one. Clones share it, and two are equal if they say the same. Its
/// `Display` is the text of the error; that of the system has no number: `connection refused`.
#[derive(Debug, Clone)]
pub struct SharedError(Arc<dyn Error + Send + Sync>);

impl SharedError {
    /// Shares this error. A text is an error too.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into().into())
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.downcast_ref::<io::Error>() {
            Some(error) => f.write_str(&os_error_text(error)),
            None => self.0.fmt(f),
        }
    }
}

impl PartialEq for SharedError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.to_string() == other.to_string()
    }
}

impl Eq for SharedError {}

/// It stands for the error itself, so its source is that of the error.
impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_equal_if_they_say_the_same() {
        let refused = SharedError::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(refused.to_string(), "connection refused");
        assert_eq!(refused, SharedError::new("connection refused"));
        assert_ne!(refused, SharedError::new("connection reset"));
    }
}
