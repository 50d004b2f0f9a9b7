//! Certificates: reads them for encrypted connections, makes one that is signed by itself, warns
//! before one expires, and accepts those of clients.
//!
//! It knows the settings, and neither sockets nor the hub. `daemon` and `embedded` import it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    ClientHello, ParsedCertificate, ResolvesServerCert, ServerConfig, ServerSessionMemoryCache,
};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::common::fingerprint::fingerprint;
use crate::common::self_signed;
use crate::common::shared_error::SharedError;
use crate::server::config::settings::{CertificateFiles, Settings};
use crate::server::error::{CertificateProblem, ServerError};

/// How long before a certificate expires the operator is warned.
const WARNING_TIME: Duration = Duration::from_secs(14 * 24 * 3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// How many sessions can be resumed with TLS 1.2.
const SESSIONS_MAX: usize = 1_024;
/// The longest chain of certificates that a client can send, in bytes: it stays in memory as long as
/// the connection, and as long as its session can be resumed.
const CLIENT_CHAIN_BYTES_MAX: usize = 8 * 1024;
/// The protocol of the connections. RFC 7301; registered as `irc`.
const ALPN: &[u8] = b"irc";

/// The certificates of a server.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    /// `None` without encrypted connections.
    pub(super) config: Option<Arc<ServerConfig>>,
    /// The fingerprint of the certificate that the server has made for itself: `sha256:` and 64
    /// hexadecimal digits.
    pub(super) self_signed: Option<String>,
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// Certificates that expire soon.
    pub(super) warnings: Vec<String>,
}

/// Reads all certificates of the settings, and makes one if that is configured and there is none yet.
///
/// # Errors
///
/// [`ServerError::Certificate`] for a file that cannot be read or used, and for an expired
/// certificate.
pub(super) fn load(settings: &Settings) -> Result<Certificates, ServerError> {
    let Some(tls) = &settings.tls else {
        return Ok(Certificates::default());
    };
    let provider = Arc::new(provider::default_provider());
    let mut certificates = Certificates::default();
    let mut keys = Vec::new();
    for files in &tls.certificates {
        keys.push(certificates.add(files, &provider)?);
    }
    if let Some(folder) = &tls.self_signed {
        let files = own_certificate(folder, &settings.hub.name)?;
        let key = certificates.add(&files, &provider)?;
        let own = key.end_entity_cert().ok();
        certificates.self_signed = own.map(|certificate| fingerprint(certificate));
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(ServerError::NoCertificate);
    }
    let clients = AnyClientCertificate(Arc::clone(&provider));
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut config = builder
        .with_client_cert_verifier(Arc::new(clients))
        .with_cert_resolver(Arc::new(CertificatesByName(keys)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
    certificates.config = Some(Arc::new(config));
    Ok(certificates)
}

impl Certificates {
    fn add(
        &mut self,
        files: &CertificateFiles,
        provider: &CryptoProvider,
    ) -> Result<Arc<CertifiedKey>, ServerError> {
        let in_certificate = |problem| problem_in(&files.certificate, problem);
        let in_key = |problem| problem_in(&files.key, problem);
        let pem = read(&files.certificate)?;
        let chain = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| in_certificate(CertificateProblem::Malformed))?;
        let Some(own) = chain.first() else {
            return Err(in_certificate(CertificateProblem::NoCertificate));
        };
        match days_left(own).map_err(in_certificate)? {
            None => return Err(in_certificate(CertificateProblem::Expired)),
            Some(days) if DAY * u32::try_from(days).unwrap_or(u32::MAX) < WARNING_TIME => {
                let file = files.certificate.display();
                let when = match days {
                    0 => "today".to_owned(),
                    1 => "in 1 day".to_owned(),
                    many => format!("in {many} days"),
                };
                let warning = format!("the certificate in {file} expires {when}; renew it");
                self.warnings.push(warning);
            }
            Some(_) => {}
        }
        let pem = read(&files.key)?;
        let key = PrivateKeyDer::from_pem_slice(&pem);
        let key = key.map_err(|_| in_key(CertificateProblem::NoKey))?;
        let certified = CertifiedKey::from_der(chain, key, provider);
        let certified =
            certified.map_err(|error| in_key(CertificateProblem::Key(SharedError::new(error))))?;
        let files = [&files.certificate, &files.key].map(Clone::clone);
        self.files.extend(files);
        Ok(Arc::new(certified))
    }
}

/// The certificates of the server, chosen by the name that a client asks for.
#[derive(Debug)]
struct CertificatesByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for CertificatesByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().map(ServerName::try_from);
        let named = asked.and_then(Result::ok).and_then(|name| {
            let is_for = |key: &&Arc<CertifiedKey>| {
                let own = key.end_entity_cert().map(ParsedCertificate::try_from);
                matches!(own, Ok(Ok(own)) if verify_server_name(&own, &name).is_ok())
            };
            self.0.iter().find(is_for)
        });
        named.or(self.0.first()).cloned()
    }
}

/// Asks each client for a certificate, and accepts any or none: only the fingerprint counts, and who
/// has the key. So the signature of the handshake is checked, and neither issuer, names nor dates.
#[derive(Debug)]
struct AnyClientCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClientCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let bytes = own.len() + chain.iter().map(|one| one.len()).sum::<usize>();
        match bytes <= CLIENT_CHAIN_BYTES_MAX {
            true => Ok(ClientCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, own, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, own, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// In how many days a certificate expires; `None` if it has.
fn days_left(certificate: &CertificateDer<'_>) -> Result<Option<u64>, CertificateProblem> {
    let parsed = Certificate::from_der(certificate).map_err(|_| CertificateProblem::Malformed)?;
    let until = parsed.tbs_certificate.validity.not_after.to_unix_duration();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let left = until.checked_sub(now.unwrap_or_default());
    Ok(left.map(|left| left.as_secs() / DAY.as_secs()))
}

/// The certificate in this folder that the server has made for itself. It is made if there is none.
fn own_certificate(folder: &Path, name: &str) -> Result<CertificateFiles, ServerError> {
    let files = CertificateFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    if files.certificate.exists() && files.key.exists() {
        return Ok(files);
    }
    let own = self_signed::make(name, SystemTime::now());
    let own = own.map_err(|error| {
        let problem = CertificateProblem::SelfSigned(SharedError::new(error));
        problem_in(&files.certificate, problem)
    })?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| problem_in(folder, CertificateProblem::Io(error)))?;
    // The key first: a certificate without its key would look complete.
    write(&files.key, &own.key, 0o600)?;
    write(&files.certificate, &own.certificate, 0o644)?;
    Ok(files)
}

fn read(file: &Path) -> Result<Vec<u8>, ServerError> {
    fs::read(file).map_err(|error| problem_in(file, CertificateProblem::Io(error)))
}

fn write(file: &Path, text: &str, mode: u32) -> Result<(), ServerError> {
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(file)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| problem_in(file, CertificateProblem::Io(error)))
}

fn problem_in(file: &Path, problem: CertificateProblem) -> ServerError {
    ServerError::Certificate {
        file: file.to_owned(),
        problem,
    }
}
