//! The protocol with a service manager: inherited sockets, and the notification that the server is
//! ready. sd_listen_fds(3), sd_notify(3).

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::{UnixDatagram, UnixListener};
#[cfg(target_os = "linux")]
use std::os::unix::{ffi::OsStrExt as _, net::SocketAddr};

use listenfd::ListenFd;

const READY: &[u8] = b"READY=1";

/// A listening socket of the service manager.
#[derive(Debug)]
pub(super) enum InheritedSocket {
    /// For connections of any machine.
    Tcp(TcpListener),
    /// For programs of this machine.
    Unix(UnixListener),
}

/// The listening sockets that the service manager passed to this process, usually none, and their names:
/// `FileDescriptorName=` in the unit. systemd.socket(5).
pub(super) fn inherited_sockets() -> io::Result<Vec<(InheritedSocket, String)>> {
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut names = names.split(':');
    let mut handed = ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..handed.len() {
        let name = names.next().unwrap_or_default().to_owned();
        // It stays where it is when it is of the other family.
        let socket = match handed.take_tcp_listener(index) {
            Ok(socket) => socket.map(InheritedSocket::Tcp),
            Err(_) => handed.take_unix_listener(index)?.map(InheritedSocket::Unix),
        };
        listeners.extend(socket.map(|socket| (socket, name)));
    }
    Ok(listeners)
}

/// Notifies the service manager, if there is one, that the server accepts connections.
pub(super) fn notify_ready(place: Option<OsString>) -> io::Result<()> {
    let Some(place) = place else { return Ok(()) };
    let socket = UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    if let [b'@', name @ ..] = place.as_bytes() {
        use std::os::linux::net::SocketAddrExt as _;
        let place = SocketAddr::from_abstract_name(name)?;
        return socket.send_to_addr(READY, &place).map(drop);
    }
    socket.send_to(READY, place).map(drop)
}
