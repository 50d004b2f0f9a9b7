//! The servers: chatroomd, and the two that are compared with it where they are installed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::load::Load;

/// The time limit for a server to listen.
const PATIENCE: Duration = Duration::from_secs(20);
/// The core of a server when there are two; the clients has the other one.
const CORE: &str = "0";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Chatroomd,
    ChatroomdTls,
    Ngircd,
    Inspircd,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chatroomd => "chatroomd",
            Self::ChatroomdTls => "chatroomd with TLS",
            Self::Ngircd => "ngircd",
            Self::Inspircd => "InspIRCd",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Chatroomd | Self::ChatroomdTls => env!("CARGO_BIN_EXE_chatroomd"),
            Self::Ngircd => "/usr/sbin/ngircd",
            Self::Inspircd => "/usr/sbin/inspircd",
        }
    }

    pub(crate) fn is_installed(self) -> bool {
        Path::new(self.program()).exists()
    }

    /// The maximum of simultaneous connections in registration at which all finish as soon as
    /// possible. ngircd has a queue of ten connections, and the kernel retries the others after
    /// seconds; InspIRCd accepts users once a second.
    pub(crate) fn comers_at_a_time(self) -> usize {
        match self {
            Self::Ngircd => 8,
            Self::Chatroomd | Self::ChatroomdTls | Self::Inspircd => 5_000,
        }
    }

    /// Its own version text.
    pub(crate) fn version(self) -> String {
        let output = Command::new(self.program()).arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let text = text.unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

/// Where a server listens for encrypted connections.
pub(crate) struct TlsEndpoint {
    pub(crate) url: String,
    /// The fingerprint of its certificate.
    pub(crate) fingerprint: String,
}

impl TlsEndpoint {
    /// Makes the client of this home folder know the certificate, as after an answer with yes.
    /// The authorities of the system are not read then.
    pub(crate) fn accept_in(&self, home: &Path) {
        let folder = home.join(".local/state/chatroom");
        fs::create_dir_all(&folder).unwrap();
        let record = format!("{} {}\n", self.url, self.fingerprint);
        fs::write(folder.join("certificates"), record).unwrap();
    }

    /// Writes a configuration with a number of networks at this address, `n0` and so on, each with a
    /// nick of its own.
    pub(crate) fn configure_in(&self, home: &Path, networks: usize) {
        let folder = home.join(".config");
        fs::create_dir_all(&folder).unwrap();
        let Self { url, fingerprint } = self;
        let tables = (0..networks).map(|number| {
            format!(
                "[servers.n{number}]\naddress = \"{url}\"\nfingerprint = \"{fingerprint}\"\n\
                 nick = \"alice{number}\"\n"
            )
        });
        fs::write(folder.join("chatroom.toml"), tables.collect::<String>()).unwrap();
    }
}

/// A running server without rate limits.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Its configuration, which exists as long as it runs.
    _folder: Option<TempDir>,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Self {
        let mut command = pinned(CORE, kind.program());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        match kind {
            Kind::Chatroomd => {
                command.arg("--no-lobby");
                Self::start_ours(command)
            }
            Kind::ChatroomdTls => {
                command.arg("--no-lobby");
                let (mut server, endpoint) = Self::start_encrypted(command);
                let address = endpoint.url.strip_prefix("ircs://");
                server.address = address.unwrap().parse().unwrap();
                server
            }
            Kind::Ngircd => {
                let (folder, address) = configured("ngircd.conf", NGIRCD);
                command.args(["--nodaemon", "--config"]);
                command.arg(folder.path().join("ngircd.conf"));
                Self::start_other(command, folder, address)
            }
            Kind::Inspircd => {
                let (folder, address) = configured("inspircd.conf", INSPIRCD);
                command.args(["--nofork", "--nopid", "--runasroot", "--config"]);
                command.arg(folder.path().join("inspircd.conf"));
                Self::start_other(command, folder, address)
            }
        }
    }

    /// chatroomd with its default lobby.
    pub(crate) fn start_with_lobby() -> Self {
        let mut command = Command::new(Kind::Chatroomd.program());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self::start_ours(command)
    }

    /// The same with TLS and a certificate of its own making.
    pub(crate) fn start_with_tls() -> (Self, TlsEndpoint) {
        let mut command = Command::new(Kind::Chatroomd.program());
        command.stdin(Stdio::null()).stderr(Stdio::null());
        Self::start_encrypted(command)
    }

    fn start_encrypted(mut command: Command) -> (Self, TlsEndpoint) {
        let folder = tempfile::tempdir().unwrap();
        for variable in ["HOME", "XDG_STATE_HOME"] {
            command.env(variable, folder.path());
        }
        command.args(["--listen", "127.0.0.1:0", "--no-limits", "--quiet"]);
        command.args(["--tls-listen", "127.0.0.1:0", "--tls-self-signed"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines: Vec<String> = lines.take(3).map(Result::unwrap).collect();
        let after = |line: &str, start| line.strip_prefix(start).unwrap().to_owned();
        let tls = after(&lines[1], "listening on ").replace(" with TLS", "");
        let endpoint = TlsEndpoint {
            url: format!("ircs://{tls}"),
            fingerprint: after(&lines[2], "certificate "),
        };
        let server = Self {
            child,
            address: after(&lines[0], "listening on ").parse().unwrap(),
            _folder: Some(folder),
        };
        (server, endpoint)
    }

    fn start_ours(mut command: Command) -> Self {
        command.args(["--listen", "127.0.0.1:0", "--no-limits", "--quiet"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ");
        Self {
            child,
            address: address.unwrap().parse().unwrap(),
            _folder: None,
        }
    }

    fn start_other(mut command: Command, folder: TempDir, address: SocketAddr) -> Self {
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut server = Self {
            child,
            address,
            _folder: Some(folder),
        };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait().unwrap();
            assert_eq!(ended, None, "the server on {address} has ended");
            assert!(Instant::now() < deadline, "no server listens on {address}");
            // Other servers do not report that they listen.
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn load(&self) -> Load {
        Load::of(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended on its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that runs on one core only, so that the server and its measurement do not disturb each
/// other; on any core when there is only one, or no `taskset`.
pub(crate) fn pinned(core: &str, program: &str) -> Command {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 || !Path::new("/usr/bin/taskset").exists() {
        return Command::new(program);
    }
    let mut command = Command::new("/usr/bin/taskset");
    command.args(["--cpu-list", core, program]);
    command
}

/// A folder with a configuration for a free port.
fn configured(file: &str, text: &str) -> (TempDir, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = text
        .replace("PORT", &address.port().to_string())
        .replace("FOLDER", &folder.path().display().to_string());
    fs::write(folder.path().join(file), text).unwrap();
    (folder, address)
}

/// No lookups, no penalties and no PINGs.
const NGIRCD: &str = "
[Global]
Name = irc.bench.example
Info = bench
Listen = 127.0.0.1
Ports = PORT
MotdPhrase = hello

[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 600
PongTimeout = 600

[Options]
DNS = no
Ident = no
PAM = no
";

/// The same, with queues of 64 MB.
const INSPIRCD: &str = r#"
<config format="xml">
<server name="irc.bench.example" description="bench" network="Bench" id="1BN">
<admin name="bench" nick="bench" email="bench@bench.example">
<bind address="127.0.0.1" port="PORT" type="clients">
<connect name="main" allow="*" timeout="60" pingfreq="600"
    hardsendq="67108864" softsendq="67108864" recvq="65536" threshold="1000000"
    commandrate="1000000000" fakelag="no" localmax="100000" globalmax="100000" limit="100000"
    maxchans="100" resolvehostnames="no" useident="no" maxconnwarn="no">
<channels users="100" opers="100">
<performance softlimit="100000" somaxconn="4096" clonesonconnect="no" quietbursts="yes">
<log method="file" type="*" level="default" target="FOLDER/inspircd.log">
"#;
