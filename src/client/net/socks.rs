//! Connections through a SOCKS5 proxy, which also resolves the name of the server. RFC 1928 and RFC
//! 1929.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::client::config::address::Address;
use crate::client::config::proxy::ProxyAddress;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;
const LOGIN_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Asks the proxy for a connection to the server. After that the stream is the one to the server.
///
/// # Errors
///
/// The proxy refuses, or is none; the error says why.
pub(super) async fn connect_through(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &ProxyAddress,
    server: &Address,
) -> io::Result<()> {
    let methods: &[u8] = match &proxy.login {
        Some(_) => &[VERSION, 2, NO_LOGIN, LOGIN],
        None => &[VERSION, 1, NO_LOGIN],
    };
    stream.write_all(methods).await?;
    let [version, method] = read(stream).await?;
    match (version, method, &proxy.login) {
        (VERSION, NO_LOGIN, _) => {}
        (VERSION, LOGIN, Some((user, password))) => log_in(stream, user, password).await?,
        (VERSION, NO_METHOD, Some(_)) => return Err(failed("it accepts no login with a password")),
        (VERSION, NO_METHOD, None) => return Err(failed("it requires a login")),
        _ => return Err(failed("it does not speak SOCKS5")),
    }
    let mut request = vec![VERSION, CONNECT, 0];
    request.extend(destination(&server.host)?);
    request.extend(server.port.to_be_bytes());
    stream.write_all(&request).await?;
    let [version, reply, _, kind] = read(stream).await?;
    if version != VERSION {
        return Err(failed("it does not speak SOCKS5"));
    }
    if reply != 0 {
        return Err(failed(reply_text(reply)));
    }
    // The address from which the proxy connects is not used.
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => {
            let [length] = read(stream).await?;
            length.into()
        }
        _ => return Err(failed("it does not speak SOCKS5")),
    };
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await?;
    Ok(())
}

/// Logs in to the proxy. RFC 1929, section 2.
async fn log_in(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    user: &str,
    password: &str,
) -> io::Result<()> {
    let mut request = vec![LOGIN_VERSION];
    request.extend(field(user)?);
    request.extend(field(password)?);
    stream.write_all(&request).await?;
    match read(stream).await? {
        [LOGIN_VERSION, 0] => Ok(()),
        _ => Err(failed("it refuses the login")),
    }
}

/// The server as the proxy reads it: an IP address, or a name that the proxy resolves.
fn destination(host: &str) -> io::Result<Vec<u8>> {
    Ok(match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => [&[IPV4][..], &address.octets()].concat(),
        Ok(IpAddr::V6(address)) => [&[IPV6][..], &address.octets()].concat(),
        Err(_) => [vec![NAME], field(host)?].concat(),
    })
}

/// A text after its length.
fn field(text: &str) -> io::Result<Vec<u8>> {
    let length = u8::try_from(text.len()).map_err(|_| failed("the name is too long for it"))?;
    Ok([&[length], text.as_bytes()].concat())
}

async fn read<const COUNT: usize>(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    let read = stream.read_exact(&mut bytes).await;
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(failed("it closed the connection"))
        }
        Err(error) => Err(error),
    }
}

fn failed(why: &str) -> io::Error {
    io::Error::other(why)
}

/// RFC 1928, section 6.
fn reply_text(reply: u8) -> &'static str {
    match reply {
        1 => "it failed",
        2 => "its rules do not allow the connection",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "the server refused the connection",
        6 => "the connection timed out",
        7 => "it does not support connections of this kind",
        8 => "it does not support addresses of this kind",
        _ => "it reported an unknown error",
    }
}
