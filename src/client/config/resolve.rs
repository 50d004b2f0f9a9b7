//! Where to go and as whom: the command line, the configuration and the answers of the person.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGINT;

use super::address::{Address, AddressError};
use super::credentials::{printed_by, read_password, with_answers};
use super::file::{Config, Server};
use super::options::Options;
use crate::client::app::Hosting;
use crate::client::app::error::Failure;
use crate::client::net::{self, ConnectError};
use crate::client::session::{Incomplete, Session, SessionConfig};
use crate::client::ui::Seat;
use crate::client::ui::questions::{self, Question};
use crate::client::ui::script::Plan;
use crate::client::{Place, command};
use crate::common::config_file::nearest;

/// Which server is meant, before anybody is asked.
#[derive(Debug, Clone, Copy)]
pub(in crate::client) struct Goal<'a> {
    /// The server of `/connect`, where that has brought the person.
    pub(in crate::client) elsewhere: Option<&'a String>,
    /// The server that the command line, or the first answer, has named.
    pub(in crate::client) home: Option<&'a Address>,
    /// As whom this person was anywhere before.
    pub(in crate::client) nick: Option<&'a String>,
}

/// The ways to other servers: one is left only when the next has been reached. Clones are the
/// same.
#[derive(Debug, Clone)]
pub(in crate::client) struct Ways {
    addresses: Arc<BTreeMap<String, String>>,
    reached: Arc<Mutex<Option<(Address, TcpStream)>>>,
}

impl Ways {
    /// To the servers of the configuration by their names, and to all others.
    pub(in crate::client) fn of(config: &Config) -> Self {
        let servers = config.servers.iter();
        let addresses = servers.map(|(name, server)| (name.clone(), server.address.clone()));
        Self {
            addresses: Arc::new(addresses.collect()),
            reached: Arc::default(),
        }
    }

    /// The servers that have a name.
    pub(in crate::client) fn names(&self) -> Vec<String> {
        self.addresses.keys().cloned().collect()
    }

    /// Connects to a server, for whoever goes there next. The error is in words.
    pub(in crate::client) fn seek(&self, server: &str) -> Result<(), String> {
        let address = self.addresses.get(server).map_or(server, String::as_str);
        let reached = parse_address(address).and_then(|address| match net::connect(&address) {
            Ok(stream) => Ok((address, stream)),
            Err(error) => Err(error.about(&address, &self.addresses)),
        });
        let reached = reached.map_err(|failure| failure.to_string())?;
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
        Ok(())
    }

    /// The connection to this server, if there is one already.
    fn take(&self, address: &Address) -> Option<TcpStream> {
        let reached = self.reached.lock();
        let reached = reached.unwrap_or_else(PoisonError::into_inner).take();
        reached.and_then(|(of, stream)| (of == *address).then_some(stream))
    }
}

/// Where to go and as whom, with nothing left open.
pub(in crate::client) struct Wishes {
    pub(in crate::client) address: Address,
    /// Whether the lines come from a script, and nobody can be asked.
    script: bool,
    /// Nobody named a server, so this one may be hosted.
    may_host: bool,
    pub(in crate::client) nick: String,
    user: Option<String>,
    real_name: Option<String>,
    alternatives: Vec<String>,
    rooms: Vec<String>,
    password: Option<String>,
    on_connect: Vec<String>,
    /// When the program began, and how long all may take from then on.
    begun: Instant,
    limit: Option<Duration>,
}

impl Wishes {
    /// The command line and the environment before the configuration before an answer of the
    /// person; `None` when the person leaves instead of answering.
    pub(in crate::client) fn weigh(
        goal: Goal<'_>,
        options: &Options,
        config: &Config,
        mut seat: Option<&mut Seat>,
        begun: Instant,
    ) -> Result<Option<Self>, Failure> {
        let of_line = options.server.as_ref().or(config.server.as_ref());
        let named = goal.elsewhere.or(of_line);
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
        // The command line is about the server it names: no other one is told its password.
        let is_home = goal.home.is_none_or(|home| *home == address);
        let of_server = server.and_then(|server| server.nick.as_ref());
        let nicks = match is_home {
            true => [options.nick.as_ref(), of_server],
            false => [of_server, options.nick.as_ref()],
        };
        let nick = nicks
            .into_iter()
            .flatten()
            .chain(&config.nick)
            .chain(goal.nick)
            .next()
            .cloned();
        let nick = match (nick, &mut seat) {
            (Some(nick), _) => nick,
            (None, Some(seat)) => match ask(seat, questions::nick(login_name()))? {
                Some(nick) => nick,
                None => return Ok(None),
            },
            (None, None) => login_name(),
        };
        if !command::is_valid_nick(&nick) {
            return Err(Failure::Usage(questions::not_a_nick(&nick)));
        }
        let of_server = server.iter().flat_map(|server| &server.rooms);
        let of_line = options.rooms.iter().filter(|_| is_home);
        let rooms =
            of_line
                .chain(of_server)
                .map(|room| match command::parse(&format!("/join {room}")) {
                    Ok(command::UserCommand::Join { room, key: None }) => Ok(room.into_owned()),
                    Ok(command::UserCommand::Join {
                        room,
                        key: Some(key),
                    }) => Ok(format!("{room} {key}")),
                    _ => Err(Failure::Usage(format!(
                        "{room:?} cannot be a room; rooms look like #room, or \"#room key\""
                    ))),
                });
        let rooms = rooms.collect::<Result<_, _>>()?;
        let password_file = options
            .password_file
            .as_ref()
            .filter(|_| is_home)
            .or_else(|| server.and_then(|server| server.password_file.as_ref()));
        let command = server.and_then(|server| server.password_command.as_ref());
        let password = match (password_file, command) {
            (Some(file), _) => Some(read_password(file)?),
            (None, Some(command)) => Some(printed_by(command, "password-command")?),
            (None, None) => None,
        };
        let on_connect = server.map_or(&[][..], |server| &server.on_connect);
        let on_connect = on_connect.iter().map(|line| with_answers(line));
        let on_connect = on_connect.collect::<Result<_, _>>()?;
        let of_either = |of: fn(&Server) -> &Option<String>, usual: &Option<String>| {
            let name = server
                .and_then(|server| of(server).as_ref())
                .or(usual.as_ref());
            name.filter(|name| !name.is_empty()).cloned()
        };
        let alternatives = server.map(|server| server.alternatives.clone());
        Ok(Some(Self {
            address,
            script: seat.is_none(),
            may_host,
            nick,
            user: of_either(|server| &server.user, &config.user),
            real_name: of_either(|server| &server.real_name, &config.real_name),
            alternatives: alternatives.unwrap_or_default(),
            rooms,
            password,
            on_connect,
            begun,
            limit: options.timeout,
        }))
    }

    /// Connects; hosts the room first when nobody does and that is allowed.
    pub(in crate::client) fn connect(
        &self,
        seat: Option<&Seat>,
        ways: &Ways,
        hosting: Hosting,
    ) -> Result<(Place, Option<Box<dyn Any>>), Failure> {
        let address = &self.address;
        if let Some(stream) = ways.take(address) {
            return Ok((self.place(stream, ways), None));
        }
        match self.reach(seat)? {
            Ok(stream) => return Ok((self.place(stream, ways), None)),
            Err(ConnectError::Unreachable(error)) if self.may_host && is_refusal(&error) => {}
            Err(error) => return Err(error.about(address, &ways.addresses)),
        }
        let here = SocketAddr::from(([127, 0, 0, 1], address.port));
        // Who cannot host it may have met somebody who began to in the same moment.
        let hosted = hosting(here);
        match (self.reach(seat)?, hosted) {
            (Ok(stream), hosted) => Ok((self.place(stream, ways), hosted.ok())),
            (Err(error), Ok(_)) => Err(error.about(address, &ways.addresses)),
            (Err(_), Err(error)) => Err(Failure::CannotHost {
                address: address.clone(),
                error,
            }),
        }
    }

    fn place(&self, stream: TcpStream, ways: &Ways) -> Place {
        Place {
            stream,
            address: self.address.clone(),
            begun: self.begun,
            ways: ways.clone(),
            log: None,
        }
    }

    /// Tries to connect; on a terminal Ctrl-C ends that.
    fn reach(&self, seat: Option<&Seat>) -> Result<Result<TcpStream, ConnectError>, Failure> {
        let address = self.address.clone();
        let connect = move || net::connect(&address);
        match (seat, self.limit) {
            (Some(seat), _) => seat.wait_for(connect).ok_or(Failure::Signal(SIGINT)),
            (None, None) => Ok(connect()),
            (None, Some(limit)) => {
                let (done, result) = mpsc::channel();
                thread::spawn(move || {
                    // Nobody waits for it any more when this fails.
                    let _ = done.send(connect());
                });
                let left = limit.saturating_sub(self.begun.elapsed());
                let report = None;
                let result = result.recv_timeout(left);
                result.map_err(|_| Failure::Short(Incomplete::TimeIsUp { limit, report }))
            }
        }
    }

    /// The conversation to hold there.
    pub(in crate::client) fn session(
        self,
        options: &Options,
        config: &Config,
        plan: &Plan,
    ) -> Session {
        Session::new(SessionConfig {
            user: self.user,
            real_name: self.real_name,
            on_connect: self.on_connect,
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
            highlight: config.highlight.clone(),
            aliases: config.aliases(),
        })
    }
}

fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

impl ConnectError {
    /// What it comes to, when that is the end. The host may have been meant for one of `servers`.
    fn about(self, address: &Address, servers: &BTreeMap<String, String>) -> Failure {
        match self {
            Self::UnknownHost(error) => Failure::UnknownHost {
                nearest: nearest(&address.host, servers.keys().map(String::as_str))
                    .map(str::to_owned),
                host: address.host.clone(),
                error,
            },
            Self::Unreachable(error) => Failure::Unreachable {
                address: address.clone(),
                error,
            },
        }
    }
}

fn ask(seat: &mut Seat, question: Question) -> Result<Option<String>, Failure> {
    seat.ask(question).map_err(Failure::Output)
}

pub(in crate::client) fn parse_address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|error: AddressError| {
        Failure::Usage(format!("{text:?} is no address of a server: {error}"))
    })
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_cannot_host_the_room_since_somebody_just_began_to_joins_it() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let wishes = Wishes {
            address: address.to_string().parse().unwrap(),
            script: false,
            may_host: true,
            nick: "alice".into(),
            user: None,
            real_name: None,
            alternatives: Vec::new(),
            rooms: Vec::new(),
            password: None,
            on_connect: Vec::new(),
            begun: Instant::now(),
            limit: None,
        };
        let ways = Ways::of(&Config::default());
        let nobody: Hosting = |_| Err(io::ErrorKind::AddrInUse.into());
        let words = wishes
            .connect(None, &ways, nobody)
            .err()
            .unwrap()
            .to_string();
        assert!(words.contains("cannot host the room there"), "{words}");
        let somebody: Hosting = |address| {
            // It listens as long as the test runs, as the other program would.
            std::mem::forget(TcpListener::bind(address).unwrap());
            Err(io::ErrorKind::AddrInUse.into())
        };
        let (_, host) = wishes.connect(None, &ways, somebody).ok().unwrap();
        assert!(host.is_none());
    }

    #[test]
    fn an_unknown_host_may_have_been_meant_for_a_server_of_the_configuration() {
        let servers = BTreeMap::from([("home".to_owned(), "h:1".to_owned())]);
        let words = |host: &str| {
            let error = ConnectError::UnknownHost(io::Error::other("no such name"));
            let address = host.parse().unwrap();
            error.about(&address, &servers).to_string()
        };
        assert_eq!(
            words("hoem"),
            "unknown host hoem (no such name); did you mean home?"
        );
        assert_eq!(words("elsewhere"), "unknown host elsewhere (no such name)");
    }
}
