//! A server of others, with a certificate that the test makes.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::common::PATIENCE;
use crate::support::home::Home;

/// A server that listens for encrypted connections on a port of this machine.
pub(crate) struct OtherServer {
    program: PathBuf,
    options: Vec<String>,
    child: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
}

impl OtherServer {
    /// Starts a program with this configuration, whose file is `FILE` in the options; `None` if it is
    /// not installed.
    pub(crate) fn start(program: &str, options: &[&str], configuration: &str) -> Option<Self> {
        let mut server = Self::prepare(program, options, configuration)?;
        server.launch();
        Some(server)
    }

    /// The same without starting it.
    pub(crate) fn prepare(program: &str, options: &[&str], configuration: &str) -> Option<Self> {
        let Some(program) = installed(program) else {
            println!("skipped: {program} is not installed");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        make_certificates(folder.path());
        let [plain, port] = [free_port(), free_port()];
        let text = configuration
            .replace("FOLDER", folder.path().to_str().unwrap())
            .replace("PLAIN", &plain.to_string())
            .replace("TLS", &port.to_string());
        let file = folder.path().join("server.conf");
        fs::write(&file, text).unwrap();
        let in_file = |option: &&str| option.replace("FILE", file.to_str().unwrap());
        Some(Self {
            program,
            options: options.iter().map(in_file).collect(),
            child: None,
            port,
            folder,
        })
    }

    /// Starts it, for the first time or again.
    pub(crate) fn launch(&mut self) {
        let child = Command::new(&self.program)
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let child = self.child.insert(child);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert_eq!(child.try_wait().unwrap(), None, "the server has ended");
            assert!(Instant::now() < deadline, "the server does not listen");
            // Other servers do not report that they listen.
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it without a chance to say anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended on its own.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ircs://localhost:{}", self.port)
    }

    /// The file with the authority that has signed its certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("server.conf")
    }

    /// Writes a configuration that trusts its certificate, with these lines in its table.
    pub(crate) fn configure(&self, home: &Home, lines: &str) {
        let trusted = format!("ca-file = {:?}\n{lines}", self.authority());
        home.configure(&self.url(), &trusted);
    }
}

impl Drop for OtherServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a program is, if it is installed. Servers are not in every user's path.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut files = folders.map(|folder| folder.join(program));
    files.find(|file| file.is_file())
}

/// A port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// An authority, and a certificate of it for `localhost` with its key.
fn make_certificates(folder: &Path) {
    let authority_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(parameters, authority_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    for (name, text) in [
        ("authority.pem", authority.pem()),
        ("certificate.pem", own.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        // The server gives up its privileges before it reads it.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    }
}
