//! The server program: its options, its exit statuses, its log, its end.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use self::common::{Client, Server};

/// Runs the program until it ends.
fn run(options: &[&str]) -> Output {
    run_in(&[], options)
}

fn run_in(environment: &[(&str, &str)], options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.args(options).envs(environment.iter().copied());
    command.stdin(Stdio::null()).output().unwrap()
}

fn error_of(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap().trim_end()
}

/// A temporary file with this text, which is removed with the value.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

fn path_of(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn help_and_version_end_with_success() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let text = String::from_utf8(help.stdout).unwrap();
    for option in [
        "--listen",
        "--name",
        "--network",
        "--motd",
        "--lobby",
        "--no-lobby",
        "--no-limits",
        "--config",
        "--check-config",
        "--verbose",
        "--quiet",
        "--log-format",
        "--generate",
    ] {
        assert!(text.contains(option), "{option}");
    }
    let version = run(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    let expected = concat!("chatroomd ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(str::from_utf8(&version.stdout).unwrap(), expected);
}

#[test]
fn wrong_options_end_with_64() {
    for options in [
        ["--frob"].as_slice(),
        &["--listen", "nowhere"],
        &["--listen", "127.0.0.1:99999"],
        &["--name", "no-dot"],
        &["--network", "two words"],
        &["--lobby", "no-hash"],
        &["--log-format", "xml"],
        &["--verbose", "--quiet"],
        &["extra"],
    ] {
        let output = run(options);
        assert_eq!(output.status.code(), Some(64), "{options:?}");
        assert!(error_of(&output).starts_with("error: "), "{options:?}");
        assert!(output.stdout.is_empty(), "{options:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_66() {
    for (option, what) in [
        ("--config", "configuration"),
        ("--motd", "message of the day"),
    ] {
        for (path, why) in [
            ("/no/such/file", "no such file"),
            ("/", "it is a directory"),
        ] {
            let output = run(&[option, path]);
            assert_eq!(output.status.code(), Some(66), "{option} {path}");
            let sentence = format!("chatroomd: Cannot read the {what} {path}: {why}.");
            assert_eq!(error_of(&output), sentence);
        }
    }
    let endless = run(&["--config", "/dev/zero"]);
    assert_eq!(endless.status.code(), Some(66));
}

#[test]
fn a_mistake_in_the_configuration_ends_with_78_and_names_its_line() {
    for options in [["--config"].as_slice(), &["--check-config", "--config"]] {
        let config = file("name = \"chat.example\"\nnetwrk = \"x\"\n");
        let output = run(&[options, &[path_of(&config)]].concat());
        assert_eq!(output.status.code(), Some(78));
        let path = path_of(&config);
        let sentence =
            format!("chatroomd: {path}:2:1: unknown key `netwrk`; did you mean `network`?");
        assert_eq!(error_of(&output), sentence);
    }
}

#[cfg(all(feature = "tls", feature = "websocket", feature = "store"))]
#[test]
fn the_generated_configuration_passes_the_check_as_it_is_and_with_every_line_commented_in() {
    let output = run(&["--generate", "config"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["chat.example".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    fs::write(folder.path().join("fullchain.pem"), certificate.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    let path = folder.path().join("chatroomd.toml");
    let all: Vec<&str> = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        })
        .collect();
    for text in [&text, &all.join("\n")] {
        fs::write(&path, text).unwrap();
        let output = run(&["--check-config", "--config", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    }
}

#[test]
fn a_valid_configuration_passes_the_check_without_listening() {
    let config = file("lobby = false\n[limits]\nenabled = false\n");
    let output = run(&["--check-config", "--config", path_of(&config)]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(error_of(&output), "");
    let valid = format!("The configuration is valid: read {}.\n", path_of(&config));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), valid);
    let motd = file("hello\n");
    let listed = [
        "--check-config",
        "--config",
        path_of(&config),
        "--motd",
        path_of(&motd),
    ];
    let output = run(&listed);
    let valid = format!(
        "The configuration is valid: read {}, {}.\n",
        path_of(&config),
        path_of(&motd)
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap(), valid);
    let output = run(&["--check-config"]);
    assert_eq!(output.stdout, b"The configuration is valid.\n");
    let config = file("password = \"sesame\"\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(config.path(), mode).unwrap();
    let output = run(&["--check-config", "--config", path_of(&config)]);
    assert_eq!(output.status.code(), Some(0));
    assert!(error_of(&output).starts_with("chatroomd: warning: Every user "));
    // Two passwords in one file are one warning.
    let text = "password = \"sesame\"\n[[operator]]\nname = \"root\"\npassword = \"x\"\n";
    fs::write(config.path(), text).unwrap();
    let output = run(&["--check-config", "--config", path_of(&config)]);
    assert_eq!(error_of(&output).matches("warning").count(), 1);
}

#[test]
fn a_configuration_that_no_client_could_use_does_not_pass_the_check() {
    let (marked, two_lines) = (file("\u{feff}hello\n"), file("one\ntwo\n"));
    let marked_secret = file("\u{feff}sesame\n");
    for (text, part) in [
        (
            format!("motd-file = {:?}", marked.path()),
            "byte order mark",
        ),
        (
            format!("password-file = {:?}", marked_secret.path()),
            "byte order mark",
        ),
        (
            format!("password-file = {:?}", two_lines.path()),
            "line ending",
        ),
        (
            format!("password = {:?}", "x".repeat(505)),
            "at most 504 bytes",
        ),
        ("password = \"a\\u0000\"".to_owned(), "NUL"),
    ] {
        let config = file(&text);
        let output = run(&["--check-config", "--config", path_of(&config)]);
        assert_eq!(output.status.code(), Some(78), "{text}");
        assert!(error_of(&output).contains(part), "{}", error_of(&output));
    }
    for (address, status, part) in [
        ("127.0.0.1", 64, "add a port, as in 127.0.0.1:6667"),
        ("localhost:6667", 64, "expected an IP address with a port"),
        (
            "127.0.0.1:6667,127.0.0.1:6667",
            64,
            "127.0.0.1:6667 is given twice",
        ),
    ] {
        let output = run(&["--check-config", "--listen", address]);
        assert_eq!(output.status.code(), Some(status), "{address}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_address_in_use_ends_with_69_and_one_clear_sentence() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output = run(&["--quiet", "--listen", &address]);
    assert_eq!(output.status.code(), Some(69));
    let sentence = format!(
        "chatroomd: Cannot listen on {address}: the address is in use; \
         stop the other program or choose another with --listen."
    );
    assert_eq!(error_of(&output), sentence);
}

#[test]
fn several_addresses_are_listened_on_and_each_is_reported() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["-q", "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    for start in ["listening on 127.0.0.1:", "listening on 127.0.0.2:"] {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.starts_with(start), "{line}");
        let address = line.trim_end().strip_prefix("listening on ").unwrap();
        let mut client = Client::new(TcpStream::connect(address).unwrap());
        client.register("alice");
        client.send("QUIT");
        client.rest();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_command_line_wins_over_the_environment_and_that_over_the_file() {
    let config =
        file("name = \"file.test\"\nnetwork = \"File\"\nmotd = \"file\"\nlobby = \"#f\"\n");
    let motd = file("environment\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.env("CHATROOMD_NAME", "environment.test");
    command.env("CHATROOMD_MOTD", path_of(&motd));
    command.env("CHATROOMD_CONFIG", path_of(&config));
    let server = Server::start_with(command, &["--name", "line.test"]);
    let mut alice = server.connect();
    alice.send("NICK alice\r\nUSER alice 0 * :Alice");
    assert!(
        alice
            .line()
            .starts_with(":line.test 001 alice :Welcome to File")
    );
    assert!(alice.expect(" 372 ").ends_with(":environment"));
    alice.expect("JOIN #f");
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    for name in [
        "LISTEN",
        "NAME",
        "NETWORK",
        "MOTD",
        "LOBBY",
        "CONFIG",
        "LOG_FORMAT",
    ] {
        command.env(format!("CHATROOMD_{name}"), "");
    }
    let server = Server::start_with(command, &[]);
    let mut alice = server.enter("alice");
    alice.send("NAMES #lobby");
    alice.expect(" 366 alice #lobby ");
    let output = run_in(&[("CHATROOMD_LISTEN", " ")], &["--check-config"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn a_closed_or_full_standard_output_does_no_harm() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let address = address.unwrap();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = io::pipe().unwrap();
    drop(reader);
    for output in [Stdio::from(full), Stdio::from(closed)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
        command.args(["--listen", &address.to_string(), "--no-limits", "--quiet"]);
        works_and_ends(Server::listening(command.stdout(output), address));
    }
}

#[test]
fn man_page_and_completions_are_generated() {
    for (what, part) in [
        ("man", ".TH"),
        ("complete-bash", "complete -F"),
        ("complete-zsh", "#compdef chatroomd"),
        ("complete-fish", "complete -c chatroomd"),
        ("complete-elvish", "edit:completion"),
        ("complete-powershell", "Register-ArgumentCompleter"),
    ] {
        let output = run(&["--generate", what]);
        assert_eq!(output.status.code(), Some(0), "{what}");
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.replace("\\-", "-");
        assert!(
            text.contains(part) && text.contains("check-config"),
            "{what}"
        );
    }
}

// A58.
#[test]
fn a_signal_ends_it_with_an_error_to_every_client() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = Server::start(&["--no-limits"]);
        let mut people: Vec<Client> = (0..100).map(|n| server.enter(&format!("n{n}"))).collect();
        let mut newcomer = server.connect();
        newcomer.fence();
        let start = Instant::now();
        server.signal(signal);
        for (n, person) in people.iter_mut().enumerate() {
            let last = person.rest().pop().unwrap();
            assert_eq!(
                last,
                format!("ERROR :Closing Link: n{n} (Server shutting down)")
            );
        }
        let last = newcomer.rest().pop().unwrap();
        assert_eq!(last, "ERROR :Closing Link: * (Server shutting down)");
        assert_eq!(server.wait().code(), Some(0));
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{:?}",
            start.elapsed()
        );
    }
}

#[test]
fn each_connect_and_disconnect_is_one_line_of_the_log() {
    for (format, lines) in [
        (
            "text",
            [
                " INFO listening address=127.0.0.1:",
                " INFO joined nick=alice host=127.0.0.1 here=1",
                " INFO changed nick from=alice to=Alicia here=1",
                " INFO left nick=Alicia reason=\"Quit: \\\\u{1b}[2Jbye\" here=0",
                " INFO stopping here=0",
                " INFO stopped",
            ],
        ),
        (
            "json",
            [
                "\"message\":\"listening\"",
                "\"message\":\"joined\",\"nick\":\"alice\",\"host\":\"127.0.0.1\",\"here\":1",
                "\"message\":\"changed nick\",\"from\":\"alice\",\"to\":\"Alicia\",\"here\":1",
                "\"message\":\"left\",\"nick\":\"Alicia\",\"reason\":\"Quit: \\\\u{1b}[2Jbye\"",
                "\"message\":\"stopping\",\"here\":0",
                "\"message\":\"stopped\"",
            ],
        ),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
            .args(["--listen", "127.0.0.1:0", "--log-format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap();
        let mut alice = Client::new(TcpStream::connect(address).unwrap());
        alice.register("alice");
        alice.send("NICK Alicia\r\nQUIT :\x1b[2Jbye");
        alice.rest();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        nix::sys::signal::kill(pid, Signal::SIGTERM).unwrap();
        let log = child.wait_with_output().unwrap().stderr;
        let log = String::from_utf8(log).unwrap();
        // These tests may run as root, which causes a warning.
        let entries = || log.lines().filter(|line| !line.contains("running as root"));
        assert_eq!(entries().count(), lines.len(), "{log}");
        for (line, part) in entries().zip(lines) {
            assert!(line.contains(part), "{part}\n{line}");
        }
    }
}

/// A server that logs everything to this output.
fn server_with_log(log: impl Into<Stdio>) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command.stderr(log);
    Server::start_with(command, &["--no-limits", "--verbose"])
}

/// Users connect and talk, and then the server ends regularly.
fn works_and_ends(mut server: Server) {
    let mut bob = server.enter("bob");
    server.enter("carol").send("PRIVMSG bob :hi");
    bob.expect("PRIVMSG bob :hi");
    server.signal(Signal::SIGTERM);
    bob.expect("ERROR :Closing Link: bob (Server shutting down)");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_log_that_cannot_be_written_does_no_harm() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    works_and_ends(server_with_log(full()));
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    works_and_ends(server_with_log(writer));
    let mut limited = Command::new("sh");
    let no_byte_more = "ulimit -f 0; exec \"$0\" \"$@\"";
    limited.args(["-c", no_byte_more, env!("CARGO_BIN_EXE_chatroomd")]);
    limited.stderr(tempfile::tempfile().unwrap());
    works_and_ends(Server::start_with(limited, &["--no-limits", "--verbose"]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let status = command.args(["--config", "/nonexistent"]).stderr(full());
    assert_eq!(status.status().unwrap().code(), Some(66));
}

/// Causes more log lines than a pipe and the server's buffer hold.
fn fill_log(server: &Server) {
    let mut alice = server.enter("alice");
    for _ in 0..60 {
        alice.send(&"NICK Alice\r\nNICK alice\r\n".repeat(50));
        alice.fence();
    }
}

#[test]
fn a_log_without_a_reader_delays_no_client_and_counts_missing_lines() {
    let (reader, writer) = io::pipe().unwrap();
    let server = server_with_log(writer);
    fill_log(&server);
    let log = thread::spawn(move || io::read_to_string(reader).unwrap());
    works_and_ends(server);
    let log = log.join().unwrap();
    assert!(log.contains(" INFO stopped"), "{log}");
    assert!(log.contains("log lines were dropped lines="), "{log}");
}

#[test]
fn a_log_without_a_reader_does_not_keep_the_server_from_ending() {
    let (_reader, writer) = io::pipe().unwrap();
    let server = server_with_log(writer);
    fill_log(&server);
    works_and_ends(server);
}
