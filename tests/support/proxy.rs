//! A faulty connection between a client and a server: bytes arrive in small pieces, late, after a
//! stall, or not at all.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// The faults in one direction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// The longest piece that arrives at once, in bytes; 0 for no limit.
    pub(crate) piece_bytes: usize,
    /// A single stall of this duration after this many bytes.
    pub(crate) stall: Option<(usize, Duration)>,
    /// The connection breaks in both directions after this many bytes.
    pub(crate) cut: Option<usize>,
}

/// The proxy itself, for any number of connections.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
}

impl Proxy {
    /// Connects to a server with the same faults on every connection.
    pub(crate) fn start(server: SocketAddr, there: Trouble, back: Trouble) -> Self {
        Self::start_with(server, move |_| [there, back])
    }

    /// Like `start`, with faults for each connection, counted from 0.
    pub(crate) fn start_with(
        server: SocketAddr,
        trouble: impl Fn(usize) -> [Trouble; 2] + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for (client, number) in listener.incoming().zip(0..) {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(server)) else {
                    return;
                };
                for stream in [&client, &server] {
                    stream.set_nodelay(true).unwrap();
                }
                let (from_client, to_client) = (client.try_clone().unwrap(), client);
                let (from_server, to_server) = (server.try_clone().unwrap(), server);
                let [there, back] = trouble(number);
                thread::spawn(move || pass_on(from_client, to_server, there));
                thread::spawn(move || pass_on(from_server, to_client, back));
            }
        });
        Self { address }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, trouble: Trouble) {
    let mut buffer = [0; 4096];
    let (mut passed, mut stall, mut seed) = (0, trouble.stall, 7_usize);
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let piece = match trouble.piece_bytes {
                0 => rest.len(),
                most => (1 + (seed >> 33) % most).min(rest.len()),
            };
            let left = trouble.cut.map_or(usize::MAX, |cut| cut - passed);
            let (piece, after) = rest.split_at(piece.min(left));
            rest = after;
            if to.write_all(piece).is_err() {
                break;
            }
            passed += piece.len();
            if let Some((_, time)) = stall.take_if(|(after, _)| passed >= *after) {
                // The stall itself.
                thread::sleep(time);
            }
            if trouble.cut == Some(passed) {
                // Either side may already be closed.
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
