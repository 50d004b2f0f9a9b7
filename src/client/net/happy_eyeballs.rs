//! Connects to a host that has several IP addresses: Happy Eyeballs (RFC 8305).
//!
//! The first connection and each reconnection use it, so an address that does not answer delays
//! neither of them by more than a moment.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long a connection attempt to one IP address may take.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// The pause before the next address is tried beside the ones before it. RFC 8305, section 5.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// The addresses of one host that are tried.
const ADDRESSES_MAX: usize = 64;

/// Connects to the address that answers first. The error is that of the attempt that says most.
pub(super) async fn connect_first(
    addresses: impl IntoIterator<Item = SocketAddr>,
) -> io::Result<TcpStream> {
    let addresses = interleave_families(addresses);
    connect_with(addresses, TcpStream::connect).await
}

/// Starts `connect` for one address after another, and takes the first success.
async fn connect_with<S, C>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> C,
) -> io::Result<S>
where
    S: Send + 'static,
    C: Future<Output = io::Result<S>> + Send + 'static,
{
    let mut waiting = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut kept: Option<io::Error> = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(timeout(ATTEMPT_MAX, connect(address)));
        }
        let has_more = waiting.len() > 0;
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = sleep(ATTEMPT_DELAY), if has_more => continue,
        };
        let error = match ended {
            Some(Ok(Ok(Ok(stream)))) => return Ok(stream),
            Some(Ok(Ok(Err(error)))) => error,
            Some(Ok(Err(_))) => io::ErrorKind::TimedOut.into(),
            Some(Err(error)) => io::Error::other(error),
            None => return Err(kept.unwrap_or_else(|| io::ErrorKind::NotFound.into())),
        };
        if kept.as_ref().is_none_or(says_little) {
            kept = Some(error);
        }
    }
}

/// Whether an error only says that this machine has no route for the address: that is the usual
/// state of one of the two families, and says nothing of the server.
fn says_little(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable
    )
}

/// The addresses in the order of the resolver, with the two families in turn. RFC 8305, section 4.
fn interleave_families(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut first: Vec<SocketAddr> = addresses.into_iter().take(ADDRESSES_MAX).collect();
    let is_first_ipv6 = first.first().is_some_and(SocketAddr::is_ipv6);
    let other = first.extract_if(.., |address| address.is_ipv6() != is_first_ipv6);
    let mut other = other.collect::<Vec<_>>().into_iter();
    let mut order = Vec::with_capacity(first.len() + other.len());
    for address in first {
        order.push(address);
        order.extend(other.next());
    }
    order.extend(other);
    order
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::Instant;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn runtime() -> tokio::runtime::Runtime {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    }

    #[test]
    fn the_families_are_tried_in_turn_beginning_with_the_first_address() {
        let order = interleave_families(addresses(&[
            "[::1]:1",
            "[::2]:1",
            "[::3]:1",
            "127.0.0.1:1",
            "127.0.0.2:1",
        ]));
        let expected = addresses(&[
            "[::1]:1",
            "127.0.0.1:1",
            "[::2]:1",
            "127.0.0.2:1",
            "[::3]:1",
        ]);
        assert_eq!(order, expected);
    }

    /// An address that is full: it answers no more connection attempts.
    async fn full_address() -> (SocketAddr, TcpSocketGuard) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut streams = Vec::new();
        while let Ok(Ok(stream)) =
            timeout(Duration::from_millis(200), TcpStream::connect(address)).await
        {
            streams.push(stream);
        }
        (address, TcpSocketGuard(listener, streams))
    }

    /// Keeps an address full.
    struct TcpSocketGuard(
        #[expect(dead_code, reason = "it only has to stay open")] TcpListener,
        #[expect(dead_code, reason = "they only have to stay open")] Vec<TcpStream>,
    );

    #[test]
    fn an_address_that_swallows_everything_delays_the_next_by_a_moment() {
        runtime().block_on(async {
            let (full, _guard) = full_address().await;
            let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let other = other.local_addr().unwrap();
            let began = Instant::now();
            let stream = connect_first([full, other]).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), other);
            assert!(began.elapsed() >= ATTEMPT_DELAY, "{:?}", began.elapsed());
            assert!(began.elapsed() < ATTEMPT_MAX / 2, "{:?}", began.elapsed());
        });
    }

    #[test]
    fn a_refused_address_is_followed_by_the_next_at_once() {
        runtime().block_on(async {
            let tried = Arc::new(Mutex::new(Vec::new()));
            let began = Instant::now();
            let error = connect_with(addresses(&["[::1]:1", "127.0.0.1:1"]), |address| {
                tried.lock().unwrap().push(address);
                let kind = match address.is_ipv6() {
                    true => io::ErrorKind::NetworkUnreachable,
                    false => io::ErrorKind::ConnectionRefused,
                };
                async move { Err::<(), _>(kind.into()) }
            });
            let error = error.await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            assert_eq!(tried.lock().unwrap().len(), 2);
            assert!(began.elapsed() < ATTEMPT_DELAY, "{:?}", began.elapsed());
        });
    }

    #[test]
    fn no_address_is_an_error() {
        let error = runtime().block_on(connect_first([])).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
