//! The TLS layer of a connection: the handshake, and whether the certificate of the server is
//! trusted.

use std::env;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError,
    RootCertStore, SignatureScheme,
};

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::client::config::trust::{AcceptedCertificate, IdentityFiles, Trust};
use crate::client::session::{CertificateFacts, TlsFailure};
use crate::common::fingerprint::fingerprint;
use crate::common::shared_error::SharedError;

/// The names in a certificate that are shown, and the longest part of each, in characters.
const NAMES_MAX: usize = 3;
const NAME_CHARS_MAX: usize = 100;

/// The encrypted connection.
pub(super) type SecureStream = TlsStream<TcpStream>;

/// Connects with the same trust each time, and remembers the sessions that can be resumed. Clones
/// share them.
#[derive(Clone)]
pub(super) struct TlsClient(TlsConnector);

impl TlsClient {
    /// A client that trusts these certificates, and shows the one of the user if there is one.
    ///
    /// # Errors
    ///
    /// [`TlsFailure::Identity`] when the certificate of the user cannot be used.
    pub(super) fn new(trust: &Trust, identity: Option<&IdentityFiles>) -> Result<Self, TlsFailure> {
        let provider = Arc::new(provider::default_provider());
        let verifier = CertificateVerifier::new(trust, &provider);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsFailure::Other(SharedError::new(error)))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(files) => {
                let (chain, key) = read_identity(files)?;
                let config = builder.with_client_auth_cert(chain, key);
                config.map_err(|error| unusable(&files.key, error))?
            }
        };
        config.alpn_protocols = vec![b"irc".to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Does the handshake with the server of this name.
    pub(super) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<SecureStream, TlsFailure> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| TlsFailure::WrongName(host.to_owned()))?;
        let connected = self.0.connect(name, stream).await;
        connected.map_err(|error| failure_of(error, host))
    }
}

/// The fingerprint of the certificate that the server has shown.
pub(super) fn fingerprint_of_peer(stream: &SecureStream) -> Option<String> {
    let (_, connection) = stream.get_ref();
    connection
        .peer_certificates()?
        .first()
        .map(|own| fingerprint(own))
}

/// Until when the certificate that the server has shown is valid, in Unix seconds.
pub(super) fn end_of_peer_certificate(stream: &SecureStream) -> Option<i64> {
    let (_, connection) = stream.get_ref();
    let [_, to] = facts_of(connection.peer_certificates()?.first()?).validity?;
    Some(to)
}

/// The certificate of the user, and its key.
fn read_identity(
    files: &IdentityFiles,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsFailure> {
    let IdentityFiles { certificate, key } = files;
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| unusable(certificate, error))?;
    if chain.is_empty() {
        return Err(TlsFailure::Identity {
            file: certificate.clone(),
            error: None,
        });
    }
    let found = PrivateKeyDer::from_pem_file(key);
    let found = found.map_err(|error| unusable(key, error))?;
    Ok((chain, found))
}

fn unusable(file: &Path, error: impl std::error::Error + Send + Sync + 'static) -> TlsFailure {
    TlsFailure::Identity {
        file: file.to_owned(),
        error: Some(SharedError::new(error)),
    }
}

/// Why a handshake has failed.
fn failure_of(error: io::Error, host: &str) -> TlsFailure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(Error::InvalidCertificate(CertificateError::Other(OtherError(own)))) => {
            let own = own.downcast_ref::<TlsFailure>().cloned();
            own.unwrap_or_else(|| TlsFailure::Other(SharedError::new(error)))
        }
        Some(Error::InvalidCertificate(problem)) => match problem {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                TlsFailure::Expired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                TlsFailure::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                TlsFailure::WrongName(host.to_owned())
            }
            _ => TlsFailure::Other(SharedError::new(error)),
        },
        Some(
            Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_),
        ) => TlsFailure::OldProtocol,
        Some(Error::AlertReceived(alert)) if is_about_identity(*alert) => {
            TlsFailure::IdentityRefused
        }
        Some(Error::InvalidMessage(_)) => TlsFailure::NotTls,
        None if error.kind() == io::ErrorKind::UnexpectedEof => TlsFailure::ClosedByServer,
        _ => TlsFailure::Other(SharedError::new(error)),
    }
}

/// Whether reading failed because the server does not accept the certificate of the user, which it
/// checks after the handshake with TLS 1.3. RFC 8446, section 4.4.2.4.
pub(super) fn is_identity_refused(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(Error::AlertReceived(alert)) if is_about_identity(*alert))
}

/// Whether an alert is about the certificate that the client has shown, or has not.
fn is_about_identity(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}

/// Decides whether the certificate of a server is trusted: by its fingerprint, or by the
/// authorities.
#[derive(Debug)]
struct CertificateVerifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    /// The authorities, or why there are none. They are read when a certificate needs them: most of
    /// the time of a start is spent on that.
    authorities: OnceLock<Result<Arc<WebPkiServerVerifier>, TlsFailure>>,
}

impl CertificateVerifier {
    fn new(trust: &Trust, provider: &Arc<CryptoProvider>) -> Self {
        Self {
            provider: Arc::clone(provider),
            trust: trust.clone(),
            authorities: OnceLock::new(),
        }
    }

    fn authorities(&self) -> Result<&WebPkiServerVerifier, TlsFailure> {
        let read = || {
            let roots = Arc::new(read_authorities(self.trust.ca_file.as_deref())?);
            let provider = Arc::clone(&self.provider);
            let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
            verifier.map_err(|error| TlsFailure::NoAuthorities {
                file: self.trust.ca_file.clone(),
                error: Some(SharedError::new(error)),
            })
        };
        let authorities = self.authorities.get_or_init(read).as_ref();
        authorities.map(Arc::as_ref).map_err(Clone::clone)
    }

    /// Why a certificate that no authority has signed, and that the user has not accepted, is not
    /// trusted.
    fn not_accepted(&self, own: &CertificateDer<'_>, found: String) -> TlsFailure {
        match &self.trust.accepted {
            Some(AcceptedCertificate {
                fingerprint: Some(fingerprint),
                file,
                ..
            }) => TlsFailure::Changed {
                accepted: fingerprint.clone(),
                file: file.clone(),
                found,
            },
            _ => TlsFailure::UnknownAuthority(facts_of(own)),
        }
    }
}

/// The facts in a certificate.
fn facts_of(own: &CertificateDer<'_>) -> CertificateFacts {
    let mut facts = CertificateFacts {
        fingerprint: fingerprint(own),
        ..CertificateFacts::default()
    };
    let Ok(Certificate {
        tbs_certificate, ..
    }) = Certificate::from_der(own)
    else {
        return facts;
    };
    let validity = tbs_certificate.validity;
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    facts.validity = Some([seconds(validity.not_before), seconds(validity.not_after)]);
    let names = match tbs_certificate.get::<SubjectAltName>() {
        Ok(Some((_, names))) => names.0,
        _ => Vec::new(),
    };
    let names = names.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.as_str().chars().take(NAME_CHARS_MAX).collect()),
        GeneralName::IpAddress(bytes) => ip_address(bytes.as_bytes()),
        _ => None,
    });
    facts.names = names.take(NAMES_MAX).collect();
    facts
}

/// An IP address from its bytes in network order. RFC 5280, section 4.2.1.6.
fn ip_address(bytes: &[u8]) -> Option<String> {
    let ipv4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let ipv6 = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    Some(ipv4.or_else(|_| ipv6()).ok()?.to_string())
}

/// The authorities of the system, or those in a file.
fn read_authorities(file: Option<&Path>) -> Result<RootCertStore, TlsFailure> {
    let mut roots = RootCertStore::empty();
    let error = match file {
        Some(file) => match CertificateDer::pem_file_iter(file).and_then(Iterator::collect) {
            Ok::<Vec<_>, _>(certificates) => {
                roots.add_parsable_certificates(certificates);
                None
            }
            Err(error) => Some(SharedError::new(error)),
        },
        None => {
            let loaded = read_system_authorities();
            roots.add_parsable_certificates(loaded.certs);
            loaded.errors.into_iter().next().map(SharedError::new)
        }
    };
    match roots.is_empty() {
        true => Err(TlsFailure::NoAuthorities {
            file: file.map(Path::to_owned),
            error,
        }),
        false => Ok(roots),
    }
}

/// The files in which systems keep all authorities: Debian, Fedora, openSUSE and Alpine.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The variables of the environment that name other places.
const PLACES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The authorities of the system. The library would read each one twice where there are a file with
/// all of them and a folder with a file for each.
fn read_system_authorities() -> CertificateResult {
    let bundle = BUNDLES.iter().map(Path::new).find(|file| file.exists());
    let is_named = PLACES.iter().any(|name| env::var_os(name).is_some());
    if let (Some(bundle), false) = (bundle, is_named) {
        let loaded = load_certs_from_paths(Some(bundle), None);
        if !loaded.certs.is_empty() {
            return loaded;
        }
    }
    load_native_certs()
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let failed = |failure: TlsFailure| {
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
        };
        let Trust {
            fingerprints,
            insecure,
            accepted,
            ..
        } = &self.trust;
        let found = fingerprint(own);
        let is_accepted = accepted
            .as_ref()
            .is_some_and(|accepted| accepted.accepts(&found));
        if *insecure || is_accepted || fingerprints.contains(&found) {
            return Ok(ServerCertVerified::assertion());
        }
        if !fingerprints.is_empty() {
            return Err(failed(TlsFailure::WrongFingerprint {
                expected: fingerprints.clone(),
                found,
            }));
        }
        let authorities = self.authorities().map_err(failed)?;
        match authorities.verify_server_cert(own, chain, name, ocsp, now) {
            // Some authorities sign themselves as a server, which they must not be used as: the last
            // of these errors.
            Err(Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::Other(_),
            )) => Err(failed(self.not_accepted(own, found))),
            verified => verified,
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
