//! Answers `GET /metrics` over HTTP, for a program that collects metrics. RFC 9112.
//!
//! Requests are few and from programs of the administrator, so each connection is for one request,
//! and of too many the oldest is closed.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use crate::server::error::ServerError;

/// The longest head of a request, in bytes.
const REQUEST_BYTES_MAX: usize = 8 * 1024;
/// How many connections there are at once, at most.
const CONNECTIONS_MAX: usize = 8;
/// How long a connection may take.
const CONNECTION_TIME: Duration = Duration::from_secs(5);
/// The format of the metrics.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The listener and its connections.
pub(super) struct MetricsServer {
    listener: TcpListener,
    /// The token of the listener; those of the connections follow downwards.
    first_token: usize,
    connections: Vec<MetricsConnection>,
    /// The place of the next connection among the tokens.
    next_place: usize,
}

struct MetricsConnection {
    stream: TcpStream,
    token: Token,
    until: Duration,
    request: Vec<u8>,
    response: Vec<u8>,
    sent: usize,
}

/// The progress of a connection after an event.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Waits,
    /// The request is complete.
    IsAsking,
    IsDone,
}

impl MetricsServer {
    /// The number of tokens that it uses.
    pub(super) const TOKENS: usize = 1 + 2 * CONNECTIONS_MAX;

    /// Listens on this address. Events have [`Self::TOKENS`] tokens from `first_token` downwards.
    pub(super) fn open(
        address: SocketAddr,
        first_token: usize,
        registry: &Registry,
    ) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(address);
        let mut listener =
            listener.map_err(|error| ServerError::CannotListen { address, error })?;
        registry.register(&mut listener, Token(first_token), Interest::READABLE)?;
        Ok(Self {
            listener,
            first_token,
            connections: Vec::new(),
            next_place: 0,
        })
    }

    /// The address it listens on, with the port that the system chose.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Whether an event with this token is for it.
    pub(super) fn owns(&self, token: Token) -> bool {
        (self.first_token - Self::TOKENS + 1..=self.first_token).contains(&token.0)
    }

    /// When a connection has taken too long.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.connections.iter().map(|one| one.until).min()
    }

    /// Closes the connections that have taken too long.
    pub(super) fn close_late(&mut self, now: Duration) {
        self.connections.retain(|one| one.until > now);
    }

    /// Handles an event. `metrics` writes them.
    pub(super) fn on_event(
        &mut self,
        token: Token,
        now: Duration,
        registry: &Registry,
        metrics: impl Fn() -> String,
    ) {
        if token.0 == self.first_token {
            return self.accept(now, registry);
        }
        let Some(place) = self.connections.iter().position(|one| one.token == token) else {
            return;
        };
        let is_done = self.connections.get_mut(place).is_none_or(|one| {
            if one.read() == Progress::IsAsking {
                one.response = response(&one.request, metrics);
            }
            one.write() == Progress::IsDone
        });
        if is_done {
            self.connections.remove(place);
        }
    }

    fn accept(&mut self, now: Duration, registry: &Registry) {
        // An error ends it until the next event; the collector tries again.
        while let Ok((mut stream, _)) = self.listener.accept() {
            if self.connections.len() >= CONNECTIONS_MAX {
                self.connections.remove(0);
            }
            // There are twice as many tokens as connections, so events of one that was just closed
            // find none.
            let token = Token(self.first_token - 1 - self.next_place);
            self.next_place = (self.next_place + 1) % (2 * CONNECTIONS_MAX);
            self.connections.retain(|one| one.token != token);
            let both = Interest::READABLE | Interest::WRITABLE;
            if registry.register(&mut stream, token, both).is_ok() {
                self.connections.push(MetricsConnection {
                    stream,
                    token,
                    until: now + CONNECTION_TIME,
                    request: Vec::new(),
                    response: Vec::new(),
                    sent: 0,
                });
            }
        }
    }
}

impl MetricsConnection {
    fn read(&mut self) -> Progress {
        let mut buffer = [0; 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                // After the response the rest is discarded.
                Ok(_) if !self.response.is_empty() => {}
                Ok(count) => {
                    let fresh = buffer.get(..count).unwrap_or_default();
                    self.request.extend_from_slice(fresh);
                    if self.request.len() > REQUEST_BYTES_MAX || has_end(&self.request) {
                        return Progress::IsAsking;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        Progress::Waits
    }

    fn write(&mut self) -> Progress {
        while let Some(unsent) = self
            .response
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
        {
            match self.stream.write(unsent) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Waits,
                Err(_) => return Progress::IsDone,
            }
        }
        match self.response.is_empty() {
            // An end of the input before a request is found when its time is over.
            true => Progress::Waits,
            false => Progress::IsDone,
        }
    }
}

fn has_end(request: &[u8]) -> bool {
    request.windows(4).any(|four| four == b"\r\n\r\n")
}

/// The response to the head of a request.
fn response(request: &[u8], metrics: impl Fn() -> String) -> Vec<u8> {
    let first = request
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let mut words = first.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let is_http = words
        .next()
        .is_some_and(|version| version.starts_with("HTTP/1."));
    let path = target.split('?').next().unwrap_or_default();
    let (status, body) = match (is_http && has_end(request), method, path) {
        (false, ..) => (
            "400 Bad Request",
            "This is not an HTTP request.\n".to_owned(),
        ),
        (true, "GET" | "HEAD", "/metrics") => ("200 OK", metrics()),
        (true, "GET" | "HEAD", _) => ("404 Not Found", "See /metrics.\n".to_owned()),
        (true, ..) => (
            "405 Method Not Allowed",
            "Only GET is possible.\n".to_owned(),
        ),
    };
    let allow = if status.starts_with("405") {
        "Allow: GET, HEAD\r\n"
    } else {
        ""
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n\
         {allow}Connection: close\r\n\r\n",
        body.len()
    );
    let mut response = head.into_bytes();
    if method != "HEAD" {
        response.extend_from_slice(body.as_bytes());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_metrics_can_be_read() {
        for (request, status) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200"),
            ("GET /metrics?x=1 HTTP/1.0\r\n\r\n", "200"),
            ("HEAD /metrics HTTP/1.1\r\n\r\n", "200"),
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
            ("GET /metrics\r\n\r\n", "400"),
            ("GET /metrics HTTP/1.1\r\n", "400"),
            ("NICK alice\r\n\r\n", "400"),
            ("\u{16}\u{3}\r\n\r\n", "400"),
        ] {
            let response = response(request.as_bytes(), || "metrics\n".to_owned());
            let response = String::from_utf8(response).unwrap();
            let start = format!("HTTP/1.1 {status} ");
            assert!(response.starts_with(&start), "{request:?}: {response}");
            let has_metrics = response.ends_with("\r\n\r\nmetrics\n");
            assert_eq!(has_metrics, status == "200" && !request.starts_with("HEAD"));
        }
    }
}
