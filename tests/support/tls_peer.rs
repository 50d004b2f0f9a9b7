//! A scripted server with TLS: the test reads and writes its lines, and sees the certificate that
//! the client has shown.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::SystemTime;

use rcgen::{CertificateParams, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    ServerConnection, SignatureScheme, StreamOwned,
};

use crate::common::{PATIENCE, accept};

/// Which certificates of clients are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientCertificates {
    Any,
    None,
}

/// A server with a certificate of its own making for `localhost`.
pub(crate) struct TlsPeer {
    listener: TcpListener,
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl TlsPeer {
    pub(crate) fn listen() -> Self {
        Self::accepting(ClientCertificates::Any)
    }

    pub(crate) fn accepting(accepted: ClientCertificates) -> Self {
        Self::start(accepted, |_| {})
    }

    /// Its certificate is valid until then.
    pub(crate) fn valid_until(end: SystemTime) -> Self {
        Self::start(ClientCertificates::Any, |parameters| {
            parameters.not_after = end.into();
        })
    }

    fn start(accepted: ClientCertificates, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned()];
        let mut parameters = CertificateParams::new(names).unwrap();
        change(&mut parameters);
        let own = parameters.self_signed(&key).unwrap();
        let provider = Arc::new(provider::default_provider());
        let verifier = AcceptedClients {
            provider: Arc::clone(&provider),
            accepted,
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(vec![own.der().clone()], key.into())
            .unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            config: Arc::new(config),
            fingerprint: fingerprint(own.der()),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("ircs://{}", self.address())
    }

    /// The line of the configuration that trusts its certificate, followed by others.
    pub(crate) fn trusted(&self, lines: &str) -> String {
        format!("fingerprint = \"{}\"\n{lines}", self.fingerprint)
    }

    /// The fingerprint of its certificate.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Waits for the next client and does the handshake, which may fail.
    pub(crate) fn accept(&self) -> TlsLines {
        self.accept_after(b"")
    }

    /// The same after these bytes, which are not encrypted.
    pub(crate) fn accept_after(&self, plain: &[u8]) -> TlsLines {
        let mut stream = accept(&self.listener);
        stream.write_all(plain).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let connection = ServerConnection::new(Arc::clone(&self.config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() && stream.conn.complete_io(&mut stream.sock).is_ok() {}
        TlsLines {
            stream,
            pending: Vec::new(),
        }
    }
}

/// The connection of one client.
pub(crate) struct TlsLines {
    stream: StreamOwned<ServerConnection, TcpStream>,
    pending: Vec<u8>,
}

impl TlsLines {
    /// The fingerprint of the certificate that the client has shown.
    pub(crate) fn fingerprint_of_client(&self) -> Option<String> {
        let chain = self.stream.conn.peer_certificates()?;
        chain.first().map(|certificate| fingerprint(certificate))
    }

    /// The next line; `None` at the end of the connection.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Some(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no line in time"),
                Err(_) => return None,
            }
        }
    }

    /// Reads up to the first line that contains `part`, and returns it.
    pub(crate) fn receives(&mut self, part: &str) -> String {
        loop {
            let line = self.line();
            let line = line.unwrap_or_else(|| panic!("the end came before {part:?}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// All lines up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }

    pub(crate) fn sends(&mut self, line: &str) {
        // The client may have gone.
        let _ = self.stream.write_all(format!("{line}\r\n").as_bytes());
        let _ = self.stream.flush();
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = digest(&SHA256, certificate);
    let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    format!("sha256:{}", digits.collect::<String>())
}

/// Asks each client for a certificate, and accepts those without one too.
#[derive(Debug)]
struct AcceptedClients {
    provider: Arc<CryptoProvider>,
    accepted: ClientCertificates,
}

impl ClientCertVerifier for AcceptedClients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.accepted {
            ClientCertificates::Any => Ok(ClientCertVerified::assertion()),
            ClientCertificates::None => {
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
