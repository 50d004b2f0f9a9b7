//! A SOCKS5 proxy that counts what it is asked for. RFC 1928 and RFC 1929.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::common::PATIENCE;

/// The response of the proxy to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// It connects to this address, whatever it is asked for.
    Connect(SocketAddr),
    /// It refuses with this reply.
    Refuse(u8),
}

/// The proxy. Its threads end with the test program.
pub(crate) struct SocksProxy {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl SocksProxy {
    /// A proxy that requires this login, if there is one, as `user:password`.
    pub(crate) fn start(login: Option<&'static str>, answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let sender = sender.clone();
                // A client that gives up is no failure of the proxy.
                thread::spawn(move || serve(stream.unwrap(), login, answer, &sender));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("socks5://{}", self.address)
    }

    /// The next `host:port` that it was asked for; a host name has `name` before it.
    pub(crate) fn request(&self) -> String {
        self.requests.recv_timeout(PATIENCE).unwrap()
    }

    /// Whether it was asked for nothing more.
    pub(crate) fn is_idle(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

fn serve(
    mut stream: TcpStream,
    login: Option<&str>,
    answer: Answer,
    requests: &mpsc::Sender<String>,
) -> io::Result<()> {
    let methods = bytes(&mut stream, 2)?[1];
    let methods = bytes(&mut stream, methods.into())?;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return stream.write_all(&[5, 0xff]);
    }
    stream.write_all(&[5, method])?;
    if let Some(login) = login {
        bytes(&mut stream, 1)?;
        let [user, password] = [text(&mut stream)?, text(&mut stream)?];
        let is_right = format!("{user}:{password}") == login;
        stream.write_all(&[1, (!is_right).into()])?;
        if !is_right {
            return Ok(());
        }
    }
    let head = bytes(&mut stream, 4)?;
    let host = match head[3] {
        1 => {
            let octets: [u8; 4] = bytes(&mut stream, 4)?.try_into().unwrap();
            std::net::Ipv4Addr::from(octets).to_string()
        }
        3 => format!("name {}", text(&mut stream)?),
        other => panic!("an address of the kind {other}"),
    };
    let port = bytes(&mut stream, 2)?;
    let port = u16::from_be_bytes([port[0], port[1]]);
    requests.send(format!("{host}:{port}")).unwrap();
    let reply = match answer {
        Answer::Connect(_) => 0,
        Answer::Refuse(reply) => reply,
    };
    stream.write_all(&[5, reply, 0, 3, 4, b'h', b'o', b's', b't', 0, 1])?;
    let Answer::Connect(address) = answer else {
        return Ok(());
    };
    let mut server = TcpStream::connect(address)?;
    let (mut from_server, mut to_client) = (server.try_clone()?, stream.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Write);
    });
    io::copy(&mut stream, &mut server)?;
    server.shutdown(Shutdown::Write)
}

fn bytes(stream: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(stream: &mut TcpStream) -> io::Result<String> {
    let length = bytes(stream, 1)?[0];
    Ok(String::from_utf8(bytes(stream, length.into())?).unwrap())
}
