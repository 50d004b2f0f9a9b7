//! A server that only records what a client sends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use crate::common::{PATIENCE, accept};

/// A server with one room that accepts one client, answers its PINGs, and records each byte that it
/// sends.
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    bytes: mpsc::Receiver<Vec<u8>>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, bytes) = mpsc::channel();
        thread::spawn(move || {
            let stream = accept(&listener);
            sender.send(Self::record(stream)).unwrap();
        });
        Self { address, bytes }
    }

    fn record(mut stream: TcpStream) -> Vec<u8> {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut recorded = Vec::new();
        let mut answered = 0;
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return recorded,
                Ok(count) => recorded.extend_from_slice(&buffer[..count]),
            }
            while let Some(length) = recorded[answered..].iter().position(|byte| *byte == b'\n') {
                let line = &recorded[answered..answered + length];
                let line = String::from_utf8_lossy(line).trim_end().to_owned();
                answered += length + 1;
                let answer = match line.split_once(' ') {
                    Some(("USER", _)) => ":s 001 ci :Welcome\r\n:s 422 ci :No MOTD\r\n\
                         :ci!ci@h JOIN #lobby\r\n:s 353 ci = #lobby :ci bob\r\n\
                         :s 366 ci #lobby :End\r\n"
                        .to_owned(),
                    Some(("PING", token)) => {
                        format!(":s PONG s :{}\r\n", token.trim_start_matches(':'))
                    }
                    _ if line.starts_with("QUIT") => return recorded,
                    _ => continue,
                };
                if stream.write_all(answer.as_bytes()).is_err() {
                    return recorded;
                }
            }
        }
    }

    /// All that the client sent.
    pub(crate) fn recorded(&self) -> String {
        let bytes = self.bytes.recv_timeout(PATIENCE).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}
