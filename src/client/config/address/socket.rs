//! The path of a Unix socket as an address: `unix:/path`.

use std::path::Path;

use super::error::AddressError;
use super::{Address, SOCKET_PATH_MAX};

impl Address {
    /// The path, if it is a Unix socket.
    pub fn socket_path(&self) -> Option<&Path> {
        self.host.starts_with('/').then(|| Path::new(&self.host))
    }
}

/// Reads `/path`, or `///path` as in a URL.
pub(super) fn parse_socket_path(text: &str) -> Result<Address, AddressError> {
    let path = text.strip_prefix("//").unwrap_or(text);
    if !path.starts_with('/') {
        return Err(AddressError::RelativePath);
    }
    if let Some(bad) = path.chars().find(|c| c.is_control()) {
        return Err(AddressError::PathCharacter(bad));
    }
    if path.len() > SOCKET_PATH_MAX {
        return Err(AddressError::PathTooLong(path.len()));
    }
    Ok(Address {
        host: path.to_owned(),
        port: 0,
        tls: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unix_socket_is_an_address_of_this_machine() {
        for (text, path) in [
            ("unix:/run/ircd.sock", "/run/ircd.sock"),
            ("UNIX:/a b:6667", "/a b:6667"),
            ("unix:///run/x", "/run/x"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.socket_path(), Some(Path::new(path)), "{text}");
            assert!(address.is_loopback() && !address.tls, "{text}");
            assert_eq!(address.to_string(), format!("unix:{path}"));
            assert_eq!(address.to_string().parse(), Ok(address));
        }
        let address: Address = "unix:/run/ircd.sock".parse().unwrap();
        assert_eq!(address.file_name(), "at-_run_ircd.sock-0");
        assert!("h".parse::<Address>().unwrap().socket_path().is_none());
        let long = format!("/{}", "x".repeat(107));
        for (text, error) in [
            ("unix:run/x", AddressError::RelativePath),
            ("unix://run/x", AddressError::RelativePath),
            ("unix:", AddressError::RelativePath),
            ("unix:/a\nb", AddressError::PathCharacter('\n')),
            ("unix:/a\0", AddressError::PathCharacter('\0')),
            (&format!("unix:{long}"), AddressError::PathTooLong(108)),
            // Only the scheme makes it one.
            ("/run/x", AddressError::Character('/')),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }
}
