//! The real client: how soon it is ready, how fast it shows a flood, and how fast it sends a
//! script.
//!
//! `cargo bench --bench client`

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chatting_room::client::command;

use support::Arguments;
use support::report::{Measures, Times, medians, print};
use support::room::{Member, Room, flood};
use support::server::Server;
use support::terminal::Terminal;
use support::timing::nanoseconds;

const PROGRAM: &str = env!("CARGO_BIN_EXE_chatroom");
const LINES: usize = 100_000;
/// The idle time before memory is measured: what is used only at the start has been freed by then.
const REST: Duration = Duration::from_millis(300);

type Benchmark = (&'static str, fn(&Arguments) -> Measures);

fn main() {
    let arguments = Arguments::read();
    println!("the client, medians\n");
    let benchmarks: [Benchmark; 9] = [
        ("start", start),
        ("start with TLS", start_with_tls),
        ("flood", floods),
        ("flood with TLS", floods_with_tls),
        ("networks", networks),
        ("networks with TLS", networks_with_tls),
        ("script", scripts),
        ("script with TLS", scripts_with_tls),
        ("grammar", grammar),
    ];
    for (name, measure) in benchmarks {
        if arguments.wants(name) {
            print(name, &measure(&arguments));
        }
    }
}

/// Connects it to a server, and looks for the line that it prints after the join.
fn enter(address: &str, home: &Path) -> Terminal {
    let arguments = [address, "--nick", "alice", "--no-host"];
    Terminal::start(PROGRAM, &arguments, home, "You are ")
}

fn start(arguments: &Arguments) -> Measures {
    let server = Server::start_with_lobby();
    let home = tempfile::tempdir().unwrap();
    let mut measures = starts(arguments, &server.address.to_string(), home.path());
    let binary = std::fs::metadata(PROGRAM).unwrap().len();
    measures.push(("MB of the program".to_owned(), binary as f64 / 1e6));
    measures
}

fn start_with_tls(arguments: &Arguments) -> Measures {
    let (_server, endpoint) = Server::start_with_tls();
    let home = tempfile::tempdir().unwrap();
    endpoint.accept_in(home.path());
    let mut measures = starts(arguments, &endpoint.url, home.path());
    let terminal = enter(&endpoint.url, home.path());
    terminal.seen();
    thread::sleep(REST);
    let idle = terminal.load().resident_bytes();
    measures.push(("resident MB when idle".to_owned(), idle / 1e6));
    measures
}

fn starts(arguments: &Arguments, address: &str, home: &Path) -> Measures {
    let run = |_| {
        let begin = Instant::now();
        let terminal = enter(address, home);
        let time = terminal.seen() - begin;
        let cpu = terminal.load().cpu();
        vec![
            ("ms to registered and shown".to_owned(), milliseconds(time)),
            ("CPU ms".to_owned(), milliseconds(cpu)),
        ]
    };
    medians(&(0..arguments.count(40)).map(run).collect::<Vec<_>>())
}

fn floods(arguments: &Arguments) -> Measures {
    let runs: Vec<Measures> = (0..arguments.runs(5)).map(|_| one_flood()).collect();
    medians(&runs)
}

fn floods_with_tls(arguments: &Arguments) -> Measures {
    let run = |_| {
        let home = tempfile::tempdir().unwrap();
        let (server, endpoint) = Server::start_with_tls();
        endpoint.accept_in(home.path());
        let mut bob = Member::enter(server.address);
        let terminal = enter(&endpoint.url, home.path());
        terminal.seen();
        let cpu = terminal.load().cpu();
        terminal.look_for("that was the last one");
        let begin = Instant::now();
        bob.says(LINES, "that was the last one");
        let time = (terminal.seen() - begin).as_secs_f64();
        let cpu = terminal.load().cpu() - cpu;
        vec![
            ("lines shown a second".to_owned(), LINES as f64 / time),
            (
                "CPU µs per line".to_owned(),
                cpu.as_secs_f64() * 1e6 / LINES as f64,
            ),
        ]
    };
    medians(&(0..arguments.runs(5)).map(run).collect::<Vec<_>>())
}

/// The memory for each encrypted network after the first one.
fn networks_with_tls(arguments: &Arguments) -> Measures {
    let run = |_| {
        let (_server, endpoint) = Server::start_with_tls();
        let resident = |count: usize| {
            let home = tempfile::tempdir().unwrap();
            endpoint.configure_in(home.path(), count);
            let names: Vec<String> = (0..count).map(|number| format!("n{number}")).collect();
            let mut arguments: Vec<&str> = names.iter().map(String::as_str).collect();
            // A color would be between the words that are looked for.
            arguments.extend(["--no-host", "--color", "never"]);
            // That of the last network, which has a nick of its own.
            let last = format!("You are alice{}", count - 1);
            let terminal = Terminal::start(PROGRAM, &arguments, home.path(), &last);
            terminal.seen();
            thread::sleep(REST);
            terminal.load().resident_bytes()
        };
        let (one, eleven) = (resident(1), resident(11));
        vec![
            ("resident MB with one network".to_owned(), one / 1e6),
            (
                "resident KB for each further one".to_owned(),
                (eleven - one) / 10.0 / 1e3,
            ),
        ]
    };
    medians(&(0..arguments.runs(5)).map(run).collect::<Vec<_>>())
}

/// All lines at once, and then key presses while more lines arrive.
fn one_flood() -> Measures {
    let home = tempfile::tempdir().unwrap();
    let room = Room::open();
    let mut terminal = enter(&room.address.to_string(), home.path());
    terminal.seen();
    let mut client = room.client();
    thread::sleep(REST);
    let idle = terminal.load().resident_bytes();
    let lines = flood(LINES, "that was the last one");
    let cpu = terminal.load().cpu();
    terminal.look_for("that was the last one");
    let begin = Instant::now();
    client.write_all(lines.as_bytes()).unwrap();
    let time = (terminal.seen() - begin).as_secs_f64();
    let cpu = terminal.load().cpu() - cpu;
    let resident = terminal.load().resident_bytes();
    let over = Arc::new(AtomicBool::new(false));
    let flood = thread::spawn({
        let (over, lines) = (Arc::clone(&over), flood(1_000, "and so on"));
        move || {
            // Its end is the end of the benchmark.
            while !over.load(Ordering::Relaxed) && client.write_all(lines.as_bytes()).is_ok() {}
        }
    });
    let echoes = echoes(&mut terminal);
    over.store(true, Ordering::Relaxed);
    drop(terminal);
    flood.join().unwrap();
    let mut measures = vec![
        ("lines shown a second".to_owned(), LINES as f64 / time),
        (
            "CPU µs per line".to_owned(),
            cpu.as_secs_f64() * 1e6 / LINES as f64,
        ),
        ("resident MB when idle".to_owned(), idle / 1e6),
        ("resident MB after the flood".to_owned(), resident / 1e6),
    ];
    measures.extend(echoes.percentiles("key echo in a flood "));
    measures
}

/// Key presses on one network while another one floods, and while ten do, and the memory for each
/// network after the first one.
fn networks(arguments: &Arguments) -> Measures {
    let runs = 0..arguments.runs(5);
    let run = |_| {
        let mut measures = Vec::new();
        let quiet = among_floods(2, 0).0;
        let ten = among_floods(11, 0).0;
        measures.push((
            "resident KB for each network".to_owned(),
            (ten - quiet) / 9.0 / 1e3,
        ));
        for (count, name) in [(1, "one flood "), (10, "ten floods ")] {
            let (_, echoes) = among_floods(count + 1, count);
            measures.extend(echoes.percentiles(&format!("key echo beside {name}")));
        }
        measures
    };
    medians(&runs.map(run).collect::<Vec<_>>())
}

/// Connects to `count` networks, of which the last ones flood while keys are pressed on the first.
/// Returns the resident bytes before the floods, and the times of the echoes.
fn among_floods(count: usize, floods: usize) -> (f64, Times) {
    let home = tempfile::tempdir().unwrap();
    let rooms: Vec<Room> = (0..count).map(|_| Room::open()).collect();
    let addresses: Vec<String> = rooms.iter().map(|room| room.address.to_string()).collect();
    let mut arguments: Vec<&str> = addresses.iter().map(String::as_str).collect();
    arguments.extend(["--nick", "alice", "--no-host"]);
    let mut terminal = Terminal::start(PROGRAM, &arguments, home.path(), "You are ");
    terminal.seen();
    let mut clients: Vec<_> = rooms.iter().map(Room::client).collect();
    thread::sleep(REST);
    let resident = terminal.load().resident_bytes();
    let mut times = Times::default();
    if floods > 0 {
        let over = Arc::new(AtomicBool::new(false));
        let flooding = clients.drain(count - floods..).map(|mut client| {
            let (over, lines) = (Arc::clone(&over), flood(1_000, "and so on"));
            thread::spawn(move || {
                // Its end is the end of the benchmark.
                while !over.load(Ordering::Relaxed) && client.write_all(lines.as_bytes()).is_ok() {}
            })
        });
        let flooding: Vec<_> = flooding.collect();
        times = echoes(&mut terminal);
        over.store(true, Ordering::Relaxed);
        drop(terminal);
        for flood in flooding {
            flood.join().unwrap();
        }
    }
    (resident, times)
}

/// Presses keys one after the other; each is a character that occurs nowhere else.
fn echoes(terminal: &mut Terminal) -> Times {
    let mut times = Times::default();
    for (count, key) in ('Ā'..='ſ').enumerate() {
        if count % 20 == 0 {
            // Ctrl-U keeps the draft short.
            terminal.type_keys("\u{15}");
        }
        // About 140 keys a second, each at a different moment of the flood's blocks.
        thread::sleep(Duration::from_millis(7));
        let key = key.to_string();
        terminal.look_for(&key);
        let pressed = Instant::now();
        terminal.type_keys(&key);
        times.note(terminal.seen() - pressed);
    }
    times
}

fn scripts(arguments: &Arguments) -> Measures {
    let run = |_| {
        let server = Server::start_with_lobby();
        let home = tempfile::tempdir().unwrap();
        one_script(&server.address.to_string(), home.path())
    };
    medians(&(0..arguments.runs(5)).map(run).collect::<Vec<_>>())
}

fn scripts_with_tls(arguments: &Arguments) -> Measures {
    let run = |_| {
        let (_server, endpoint) = Server::start_with_tls();
        let home = tempfile::tempdir().unwrap();
        endpoint.accept_in(home.path());
        one_script(&endpoint.url, home.path())
    };
    medians(&(0..arguments.runs(5)).map(run).collect::<Vec<_>>())
}

fn one_script(address: &str, home: &Path) -> Measures {
    let script = home.join("script");
    let line = "what a script says is about as long as this line\n";
    let text = format!("/join #script\n{}", line.repeat(LINES));
    File::create(&script)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let begin = Instant::now();
    let status = Command::new(PROGRAM)
        .args([address, "--nick", "ci"])
        .env("HOME", home)
        .stdin(File::open(&script).unwrap())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "the script ended with {status}");
    let time = begin.elapsed().as_secs_f64();
    vec![("lines delivered a second".to_owned(), LINES as f64 / time)]
}

/// The cost of parsing a typed line, which happens at each key as well.
fn grammar(arguments: &Arguments) -> Measures {
    let rounds = arguments.count(40);
    let lines = [
        "what people say is about as long as this line, give or take",
        "@bob are you there?",
        "/msg #dev the build is green again",
        "/quti",
    ];
    let named = |line: &str| {
        let time = nanoseconds(rounds, || command::parse(black_box(line)).is_ok());
        (format!("ns for {line:.30}"), time)
    };
    lines.into_iter().map(named).collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
