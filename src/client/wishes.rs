//! Where to go and as whom: the command line, the configuration and the answers of the person.

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{self, Stdio};

use signal_hook::consts::SIGINT;

use super::address::{Address, AddressError};
use super::config::{Config, Server};
use super::failure::Failure;
use super::network::{self, ConnectError, plain_words};
use super::options::Options;
use super::questions::{self, Question};
use super::script::Plan;
use super::seat::Seat;
use super::session::{Session, Settings};
use super::start::Hosting;
use super::{Place, input};

/// Where to go and as whom, with nothing left open.
pub(super) struct Wishes {
    pub(super) address: Address,
    /// Whether the lines come from a script, and nobody can be asked.
    script: bool,
    /// Nobody named a server, so this one may be hosted.
    may_host: bool,
    nick: String,
    alternatives: Vec<String>,
    rooms: Vec<String>,
    password: Option<String>,
}

impl Wishes {
    /// The command line and the environment before the configuration before an answer of the
    /// person; `None` when the person leaves instead of answering.
    pub(super) fn weigh(
        goal: Option<&String>,
        options: &Options,
        config: &Config,
        mut seat: Option<&mut Seat>,
    ) -> Result<Option<Self>, Failure> {
        let named = goal.or(config.server.as_ref());
        let answered = match (named, &mut seat) {
            (None, Some(seat)) => {
                let question = questions::server();
                let default = question.default.clone();
                let Some(answer) = ask(seat, question)? else {
                    return Ok(None);
                };
                Some(answer).filter(|answer| *answer != default)
            }
            _ => None,
        };
        let named = named.or(answered.as_ref());
        let server: Option<&Server> = named.and_then(|name| config.servers.get(name));
        let address = match (server, named) {
            (Some(server), _) => parse_address(&server.address)?,
            (None, Some(text)) => parse_address(text)?,
            (None, None) => Address::local(),
        };
        let may_host = named.is_none() && seat.is_some() && !options.no_host;
        let nick = options
            .nick
            .clone()
            .or_else(|| server.and_then(|server| server.nick.clone()))
            .or_else(|| config.nick.clone());
        let nick = match (nick, &mut seat) {
            (Some(nick), _) => nick,
            (None, Some(seat)) => match ask(seat, questions::nick(login_name()))? {
                Some(nick) => nick,
                None => return Ok(None),
            },
            (None, None) => login_name(),
        };
        if !input::checked_nick_text(&nick) {
            return Err(Failure::Usage(questions::not_a_nick(&nick)));
        }
        let of_server = server.iter().flat_map(|server| &server.rooms);
        let rooms = options.rooms.iter().chain(of_server).map(|room| {
            match input::parse(&format!("/join {room}")) {
                Ok(input::Intent::Join { room, key: None }) => Ok(room.into_owned()),
                _ => Err(Failure::Usage(format!(
                    "{room:?} cannot be a room; rooms look like #room"
                ))),
            }
        });
        let rooms = rooms.collect::<Result<_, _>>()?;
        let password_file = options
            .password_file
            .as_ref()
            .or_else(|| server.and_then(|server| server.password_file.as_ref()));
        let command = server.and_then(|server| server.password_command.as_ref());
        let password = match (password_file, command) {
            (Some(file), _) => Some(read_password(file)?),
            (None, Some(command)) => Some(ask_for_password(command)?),
            (None, None) => None,
        };
        let alternatives = server.map(|server| server.alternatives.clone());
        Ok(Some(Self {
            address,
            script: seat.is_none(),
            may_host,
            nick,
            alternatives: alternatives.unwrap_or_default(),
            rooms,
            password,
        }))
    }

    /// Connects; hosts the room first when nobody does and that is allowed.
    pub(super) fn connect(
        &self,
        seat: Option<&Seat>,
        hosting: Hosting,
    ) -> Result<(Place, Option<Box<dyn Any>>), Failure> {
        let address = self.address.clone();
        let error = match self.reach(seat)? {
            Ok(stream) => return Ok((Place::new(stream, address), None)),
            Err(ConnectError::UnknownHost(error)) => {
                let host = address.host;
                return Err(Failure::UnknownHost { host, error });
            }
            Err(ConnectError::Unreachable(error)) => error,
        };
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        if !(refused && self.may_host) {
            return Err(Failure::Unreachable { address, error });
        }
        let here = SocketAddr::from(([127, 0, 0, 1], address.port));
        let host = hosting(here).map_err(Failure::Usage)?;
        match self.reach(seat)? {
            Ok(stream) => Ok((Place::new(stream, address), Some(host))),
            Err(ConnectError::UnknownHost(error) | ConnectError::Unreachable(error)) => {
                Err(Failure::Unreachable { address, error })
            }
        }
    }

    /// Tries to connect; on a terminal Ctrl-C ends that.
    fn reach(&self, seat: Option<&Seat>) -> Result<Result<TcpStream, ConnectError>, Failure> {
        let address = self.address.clone();
        match seat {
            None => Ok(network::connect(&address)),
            Some(seat) => seat
                .wait_for(move || network::connect(&address))
                .ok_or(Failure::Signal(SIGINT)),
        }
    }

    /// The conversation to hold there.
    pub(super) fn session(self, options: &Options, config: &Config, plan: &Plan) -> Session {
        Session::new(Settings {
            user: self.nick.clone(),
            real_name: self.nick.clone(),
            nick: self.nick,
            alternatives: self.alternatives,
            password: self.password,
            rooms: self.rooms,
            script: self.script,
            strict: plan.strict,
            wait: plan.wait.clone(),
            time_limit: options.timeout,
            log: config.log,
            ignore: config.ignore.clone(),
            aliases: config.alias.clone(),
        })
    }
}

fn ask(seat: &mut Seat, question: Question) -> Result<Option<String>, Failure> {
    seat.ask(question).map_err(Failure::Output)
}

pub(super) fn parse_address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|error: AddressError| {
        Failure::Usage(format!("{text:?} is no address of a server: {error}"))
    })
}

/// The first line of a file, without its ending.
fn read_password(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Unreadable {
        file: file.to_owned(),
        error,
    })?;
    password_in(&text, &file.display().to_string())
}

/// What a command prints on its first line.
fn ask_for_password(command: &str) -> Result<String, Failure> {
    let output = process::Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output();
    let failed = |why: String| Failure::Usage(format!("password-command {command:?} {why}"));
    match output {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            password_in(&text, &format!("password-command {command:?}"))
        }
        Ok(output) => Err(failed(format!("failed ({})", output.status))),
        Err(error) => Err(failed(format!("cannot be run: {}", plain_words(&error)))),
    }
}

/// The first line of a text from `place`, as a password.
fn password_in(text: &str, place: &str) -> Result<String, Failure> {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().any(char::is_control) {
        return Err(Failure::Usage(format!(
            "{place}: a password has no control characters in it"
        )));
    }
    Ok(line.to_owned())
}

/// The name this person has on this machine, as far as it can be a nick.
fn login_name() -> String {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|variable| std::env::var(variable).ok())
        .unwrap_or_default();
    let usable: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .skip_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    if usable.is_empty() {
        "guest".to_owned()
    } else {
        usable
    }
}
