//! The bytes of a client before and around its lines (the header of a proxy, records of TLS, frames of
//! WebSocket) have one meaning, however they are cut; a record that is falsified never becomes a line.
//!
//! The first byte selects the layers, the second the cuts; the rest is sent by the client.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, OnceLock};

use chatting_room::server::net::layers_in_memory::LayersInMemory;
use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig};

const HAS_PROXY: u8 = 1;
const HAS_WEBSOCKET: u8 = 2;
const HAS_TLS: u8 = 4;
/// The client begins with the header or the handshake that is expected.
const BEGINS_WELL: u8 = 8;
/// A bit of what the client sends is flipped, after its handshake.
const IS_FALSIFIED: u8 = 16;

const HEADER: &[u8] = b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 6667\r\n";
const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Any bytes, as those of a client.
pub(crate) fn check(bytes: &[u8]) {
    let [kind, cut, rest @ ..] = bytes else {
        return;
    };
    match kind & HAS_TLS {
        0 => check_plain(*kind, *cut, rest),
        _ => check_encrypted(*kind, *cut, rest),
    }
}

/// All that a connection makes of the bytes of a client.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    lines: Vec<u8>,
    sent: Vec<u8>,
    has_failed: bool,
}

fn receive(layers: &mut LayersInMemory, bytes: &[u8], cut: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for piece in bytes.chunks(cut) {
        let goes_on = layers.receive(piece, &mut outcome.lines, &mut outcome.sent);
        outcome.has_failed |= !goes_on;
    }
    outcome
}

fn check_plain(kind: u8, cut: u8, rest: &[u8]) {
    let (has_proxy, has_websocket) = (kind & HAS_PROXY != 0, kind & HAS_WEBSOCKET != 0);
    let begins_well = kind & BEGINS_WELL != 0;
    // A client of WebSocket waits for the answer to its request. RFC 6455, section 4.1.
    let parts = [
        if begins_well && has_proxy {
            HEADER
        } else {
            b""
        },
        if begins_well && has_websocket {
            UPGRADE
        } else {
            b""
        },
        rest,
    ];
    let [whole, pieces] = [usize::MAX, usize::from(cut) + 1].map(|cut| {
        let mut layers = LayersInMemory::new(has_proxy, None, has_websocket);
        let mut outcome = Outcome::default();
        for part in parts {
            let more = receive(&mut layers, part, cut);
            outcome.lines.extend(more.lines);
            outcome.sent.extend(more.sent);
            outcome.has_failed |= more.has_failed;
        }
        (outcome, layers.forwarded)
    });
    assert!(has_proxy || whole.1.is_none());
    if has_websocket && !begins_well {
        // A client that does not wait may fail.
        return;
    }
    assert_eq!(whole.1, pieces.1, "{kind} {cut} {rest:?}");
    let (whole, pieces, forwarded) = (whole.0, pieces.0, whole.1);
    assert_eq!(whole.lines, pieces.lines, "{kind} {cut} {rest:?}");
    assert_eq!(whole.has_failed, pieces.has_failed, "{kind} {cut} {rest:?}");
    assert!(
        whole.has_failed || whole.sent == pieces.sent,
        "{kind} {cut} {rest:?}"
    );
    if has_proxy && begins_well {
        assert_eq!(forwarded, Some([192, 0, 2, 7].into()));
        assert!(has_websocket || whole.lines == rest);
    }
}

fn check_encrypted(kind: u8, cut: u8, rest: &[u8]) {
    let has_proxy = kind & HAS_PROXY != 0;
    let cut = usize::from(cut) + 1;
    let (server, client) = configurations();
    let mut layers = LayersInMemory::new(has_proxy, Some(server), false);
    if kind & BEGINS_WELL == 0 {
        let outcome = receive(&mut layers, rest, cut);
        assert_eq!(outcome.lines, b"", "nothing before the handshake is a line");
        return;
    }
    if has_proxy {
        assert!(!receive(&mut layers, HEADER, cut).has_failed);
    }
    let name = ServerName::try_from("localhost").expect("a name");
    let mut client = ClientConnection::new(Arc::clone(client), name).expect("a client");
    let mut lines = Vec::new();
    while client.is_handshaking() {
        lines.extend(exchange(&mut client, &mut layers, cut, None).lines);
    }
    let _ = client.writer().write_all(rest);
    let flipped = (kind & IS_FALSIFIED != 0).then_some(cut);
    let outcome = exchange(&mut client, &mut layers, cut, flipped);
    lines.extend(&outcome.lines);
    // Records before a false one are good.
    assert!(rest.starts_with(&lines), "{kind} {cut} {rest:?}");
    assert!(flipped.is_some() || !outcome.has_failed && lines == rest);
    if flipped.is_none() {
        let mut sent = Vec::new();
        let taken = layers.send(b"PING :x\r\n", &mut sent);
        client.read_tls(&mut &*sent).expect("bytes in memory");
        client
            .process_new_packets()
            .expect("what the server sends is valid");
        let mut plain = vec![0; taken];
        client.reader().read_exact(&mut plain).expect("the line");
        assert_eq!(plain, b"PING :x\r\n");
    }
}

/// Passes on what the client has to send, with one bit flipped if that is wanted, and the answer.
fn exchange(
    client: &mut ClientConnection,
    layers: &mut LayersInMemory,
    cut: usize,
    flipped: Option<usize>,
) -> Outcome {
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).expect("bytes in memory");
    }
    if let Some(place) = flipped
        && !bytes.is_empty()
    {
        let place = place % bytes.len();
        bytes[place] ^= 1 << (place % 8);
    }
    let outcome = receive(layers, &bytes, cut);
    let mut sent = &*outcome.sent;
    while !sent.is_empty() && flipped.is_none() {
        client.read_tls(&mut sent).expect("bytes in memory");
        client
            .process_new_packets()
            .expect("what the server sends is valid");
    }
    outcome
}

fn configurations() -> &'static (Arc<ServerConfig>, Arc<ClientConfig>) {
    static BOTH: OnceLock<(Arc<ServerConfig>, Arc<ClientConfig>)> = OnceLock::new();
    BOTH.get_or_init(|| {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a key");
        let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key.into())
            .expect("a certificate");
        // The certificate is its own authority.
        let mut roots = RootCertStore::empty();
        roots.add(own.cert.der().clone()).expect("a certificate");
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        (Arc::new(server), Arc::new(client))
    })
}
