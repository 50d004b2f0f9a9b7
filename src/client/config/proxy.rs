//! The proxy through which a server is reached: the key `proxy` of a server, or the environment.

use std::env;
use std::fmt;

use super::address::{Address, percent_decoded};

/// The port of SOCKS. RFC 1928, section 3.
const SOCKS_PORT: u16 = 1080;
/// The longest user name, password or host name in bytes: its length is one byte. RFC 1929, section 2.
const FIELD_BYTES_MAX: usize = 255;
/// The value of the key `proxy` for a direct connection where the environment names a proxy.
pub const NO_PROXY: &str = "none";
/// The variables of the environment that name a proxy for all connections, as for other programs.
const VARIABLES: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// A SOCKS5 proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    /// A name or an IP address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
    /// The user name and the password for the proxy.
    pub login: Option<(String, String)>,
}

/// Without the login, which is a secret.
impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "socks5://[{}]:{}", self.host, self.port),
            false => write!(f, "socks5://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not the address of a proxy. It may hold a password, so it is not quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidProxy {
    /// The key or the variable with the text.
    pub source: &'static str,
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not a proxy that can be used: expected socks5://HOST:PORT or \
             socks5://USER:PASSWORD@HOST:PORT",
            self.source
        )
    }
}

impl std::error::Error for InvalidProxy {}

/// Reads the value of the key `proxy`; `None` for [`NO_PROXY`].
pub(super) fn parse_proxy(text: &str) -> Result<Option<ProxyAddress>, InvalidProxy> {
    if text == NO_PROXY {
        return Ok(None);
    }
    parse(text)
        .map(Some)
        .ok_or(InvalidProxy { source: "proxy" })
}

/// `socks5://[USER[:PASSWORD]@]HOST[:PORT]`; `socks5h` is the same, as the proxy always resolves the
/// names.
fn parse(text: &str) -> Option<ProxyAddress> {
    let (scheme, rest) = text.split_once("://")?;
    if !["socks5", "socks5h"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (login, authority) = match rest.rsplit_once('@') {
        Some((login, authority)) => (Some(parse_login(login)?), authority),
        None => (None, rest),
    };
    if authority.contains('/') {
        return None;
    }
    // The rules for hosts and ports are the same, but for the usual port.
    let has_port = authority.rsplit_once(':').is_some_and(|(host, port)| {
        let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_port && (!host.contains(':') || host.ends_with(']'))
    });
    let address: Address = format!("irc://{authority}").parse().ok()?;
    if address.tls || address.host.len() > FIELD_BYTES_MAX {
        return None;
    }
    Some(ProxyAddress {
        port: if has_port { address.port } else { SOCKS_PORT },
        host: address.host,
        login,
    })
}

/// `USER` or `USER:PASSWORD`, with `%` and two digits for characters that are not allowed in a URL.
fn parse_login(text: &str) -> Option<(String, String)> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    let [user, password] = [percent_decoded(user)?, percent_decoded(password)?];
    let fits = user.len() <= FIELD_BYTES_MAX && password.len() <= FIELD_BYTES_MAX;
    fits.then_some((user, password))
}

/// The proxy for a connection to this server: that of its configuration, else that of the
/// environment, which is not for this machine.
///
/// # Errors
///
/// The one that is named cannot be used. There is no connection around it.
pub(in crate::client) fn proxy_for(
    of_server: Option<&str>,
    server: &Address,
) -> Result<Option<ProxyAddress>, InvalidProxy> {
    if let Some(text) = of_server {
        return parse_proxy(text);
    }
    if server.is_loopback() {
        return Ok(None);
    }
    let of_environment = VARIABLES.into_iter().find_map(|source| {
        let text = env::var(source).ok().filter(|text| !text.is_empty())?;
        Some((source, text))
    });
    let proxy = of_environment.map(|(source, text)| parse(&text).ok_or(InvalidProxy { source }));
    proxy.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_host_and_perhaps_a_port_and_a_login() {
        let proxy = |host: &str, port, login: Option<(&str, &str)>| ProxyAddress {
            host: host.to_owned(),
            port,
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
        };
        for (text, expected) in [
            ("socks5://127.0.0.1:9050", proxy("127.0.0.1", 9050, None)),
            ("SOCKS5H://tor", proxy("tor", 1080, None)),
            ("socks5://[::1]:9050/", proxy("::1", 9050, None)),
            ("socks5://[::1]", proxy("::1", 1080, None)),
            (
                "socks5://ann:a%40b%3Ac@h:1",
                proxy("h", 1, Some(("ann", "a@b:c"))),
            ),
            ("socks5://ann@h", proxy("h", 1080, Some(("ann", "")))),
        ] {
            assert_eq!(parse_proxy(text), Ok(Some(expected)), "{text}");
        }
        assert_eq!(parse_proxy("none"), Ok(None));
        let shown = format!("{:?}", parse_proxy("socks5://ann:secret@h").unwrap());
        assert_eq!(shown, "Some(socks5://h:1080)");
    }

    #[test]
    fn what_is_no_socks_proxy_is_not_taken_for_one() {
        for text in [
            "",
            "127.0.0.1:9050",
            "http://proxy:3128",
            "socks4://proxy",
            "socks5://",
            "socks5://h:0",
            "socks5://h:x",
            "socks5://h:+1",
            "socks5://h/path",
            "socks5://%zz@h",
            &format!("socks5://{}@h", "u".repeat(256)),
            &format!("socks5://{}", "h".repeat(256)),
        ] {
            let invalid = InvalidProxy { source: "proxy" };
            assert_eq!(parse_proxy(text), Err(invalid), "{text}");
        }
    }
}
