//! A server with one room for one client, which floods it on request. A real server would have
//! limits, and costs of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Its address, and the client after its registration.
pub(crate) struct Room {
    pub(crate) address: SocketAddr,
    client: Receiver<TcpStream>,
}

impl Room {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, client) = channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut writer = stream.try_clone().unwrap();
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            for line in lines {
                let answer = answer(&line);
                // The client leaves when the benchmark has finished.
                if writer.write_all(answer.as_bytes()).is_err() {
                    return;
                }
                if line.starts_with("USER ") && sender.send(writer.try_clone().unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { address, client }
    }

    /// The connection to the client, which is in the room.
    pub(crate) fn client(&self) -> TcpStream {
        self.client.recv().unwrap()
    }
}

fn answer(line: &str) -> String {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "CAP" if rest.starts_with("LS") => ":room.example CAP * LS :\r\n".to_owned(),
        "USER" => ":room.example 001 alice :Welcome\r\n\
                   :room.example 422 alice :No message of the day\r\n\
                   :alice!a@a JOIN #lobby\r\n\
                   :room.example 353 alice = #lobby :alice bob\r\n\
                   :room.example 366 alice #lobby :End\r\n"
            .to_owned(),
        "PING" => format!(":room.example PONG room.example {rest}\r\n"),
        _ => String::new(),
    }
}

/// A member of the lobby of a real server.
pub(crate) struct Member(TcpStream);

impl Member {
    /// Connects, and waits for the end of the registration.
    pub(crate) fn enter(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(b"NICK bob\r\nUSER bob 0 * :bob\r\nPING :in\r\n")
            .unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut answers = lines.map_while(Result::ok);
        let is_in = answers.any(|line| line.contains(" PONG "));
        assert!(is_in, "the server closed the connection");
        Self(stream)
    }

    /// Sends `count` lines of a hundred bytes; the last one contains `last`.
    pub(crate) fn says(&mut self, count: usize, last: &str) {
        let line = |text: &str| format!("PRIVMSG #lobby :{text:.<100}\r\n");
        let usual = line("what people say is about as long as this line");
        let lines = usual.repeat(count - 1) + &line(last);
        self.0.write_all(lines.as_bytes()).unwrap();
    }
}

/// Lines of a hundred bytes of text each; the last one contains `last`.
pub(crate) fn flood(count: usize, last: &str) -> String {
    let line = |text: &str| format!(":bob!~bob@127.0.0.1 PRIVMSG #lobby :{text:.<100}\r\n");
    let usual = line("what people say is about as long as this line");
    usual.repeat(count - 1) + &line(last)
}
