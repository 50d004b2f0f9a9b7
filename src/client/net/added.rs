//! Networks that come and go: those at the start, `/connect`, `/disconnect`, and the end of the last
//! session.

use std::io;
use std::thread;

use tokio::net::TcpStream;

use super::connection::NetworkLink;
use super::{
    AddedNetwork, CloseReason, Driver, DriverInput, Frontend, NetworkQuestion, NetworkSetup,
    PrepareFailure, QuestionSubject,
};
use crate::client::event::{Event, InputError, MessageTags, NetworkId};
use crate::client::session::{Incomplete, Outcome, SessionTime};
use crate::client::storage::log::LogWriter;
use crate::client::terminal::signals;
use crate::common::shared_error::SharedError;

impl<F: Frontend> Driver<F> {
    /// Adds a network, without a connection yet.
    pub(super) fn add_network(&mut self, setup: NetworkSetup) -> io::Result<usize> {
        let NetworkSetup {
            name,
            stream: _,
            address,
            others,
            proxy,
            trust,
            may_accept,
            identity,
            files,
            notices,
            session,
        } = setup;
        let id = self
            .networks
            .add(name.clone(), address.to_string(), session);
        let log = files.log.clone().map(|folder| {
            let sender = self.sender.clone();
            LogWriter::start(name, folder, move |status| {
                // After the end of the session there is no screen to show it on.
                if let Some(sender) = sender.upgrade() {
                    let _ = sender.send(DriverInput::LogStatus(id, status));
                }
            })
        });
        let link = NetworkLink {
            others,
            proxy,
            identity,
            may_accept,
            log: log.transpose()?,
            ..NetworkLink::new(id, address, trust, files)
        };
        if let Some(network) = self.networks.get(id) {
            self.frontend.network_added(&AddedNetwork {
                id,
                name: &network.name,
                nick: network.session.nick(),
                files: &link.files,
            });
        }
        for words in notices {
            self.networks.say(id, Event::Note { words });
        }
        self.links.push(link);
        Ok(self.links.len() - 1)
    }

    /// Begins a network with its first connection, or makes that.
    pub(super) fn begin_with(
        &mut self,
        at: usize,
        stream: Option<std::net::TcpStream>,
        now: SessionTime,
    ) {
        let Some(stream) = stream else {
            return self.dial(at);
        };
        match TcpStream::from_std(stream) {
            Ok(stream) => self.connected(at, stream, now),
            Err(error) => self.disconnected(at, CloseReason::Io(SharedError::new(error)), now),
        }
    }

    /// `/connect` was typed on a network.
    pub(super) fn connect_to(&mut self, id: NetworkId, server: String) {
        let named = self.networks.find(&server).map(|network| network.id);
        let is_named =
            |link: &NetworkLink| named == Some(link.id) || link.typed.as_ref() == Some(&server);
        if let Some(at) = self.links.iter().position(is_named) {
            return self.connect_again(at, id);
        }
        if self.connect_upstream_again(&server, id) {
            return;
        }
        if let Some(account) = self.missing_passwords.get(&server).cloned() {
            let is_refused = false;
            let question = NetworkQuestion::AccountPassword {
                account,
                is_refused,
            };
            let subject = QuestionSubject::Server(id, server);
            return self.frontend.ask(subject, question);
        }
        let words = format!("Connecting to {server} …");
        self.networks.say(id, Event::Answer { words });
        self.prepare_network(id, server, None);
    }

    /// Connects to one more network. Resolving and connecting block, so a thread of its own does it.
    pub(super) fn prepare_network(
        &mut self,
        typed_in: NetworkId,
        server: String,
        account_password: Option<String>,
    ) {
        let (prepare, sender) = (self.prepare.clone(), self.sender.clone());
        thread::spawn(move || {
            signals::block_editor_signals();
            let prepared = (prepare.0)(&server, account_password).map(Box::new);
            // The sessions may have ended meanwhile.
            if let Some(sender) = sender.upgrade() {
                let _ = sender.send(DriverInput::Prepared(typed_in, server, prepared));
            }
        });
    }

    /// The connection for `/connect` is made, or is not possible.
    pub(super) fn prepared(
        &mut self,
        typed_in: NetworkId,
        server: String,
        prepared: Result<Box<NetworkSetup>, PrepareFailure>,
        now: SessionTime,
    ) {
        // The network where it was typed may have gone.
        let listener = match self.networks.get(typed_in).or(self.networks.iter().next()) {
            Some(network) => network.id,
            None => return,
        };
        let mut setup = match prepared {
            Ok(setup) => *setup,
            Err(PrepareFailure::Failed(error)) => {
                return self.networks.reject(listener, InputError::NotAdded(error));
            }
            Err(PrepareFailure::NeedsAccountPassword(account)) => {
                let words = format!(
                    "The password of the account {account} is missing. /connect {server} asks for it."
                );
                self.missing_passwords.insert(server, account);
                return self.networks.say(listener, Event::Note { words });
            }
        };
        self.missing_passwords.remove(&server);
        if self.networks.find(setup.name.as_str()).is_some() {
            let name = setup.name.to_string();
            return self
                .networks
                .reject(listener, InputError::AlreadyConnected(name));
        }
        let stream = setup.stream.take();
        match self.add_network(setup) {
            Ok(at) => {
                if let Some(link) = self.links.get_mut(at) {
                    link.shown_instead_of = Some(typed_in);
                    link.typed = Some(server);
                }
                self.begin_with(at, stream, now);
            }
            Err(error) => {
                let error = InputError::NotAdded(SharedError::new(error));
                self.networks.reject(listener, error);
            }
        }
    }

    /// `/disconnect` was typed on a network.
    pub(super) fn leave(&mut self, typed_in: NetworkId, name: Option<&str>, now: SessionTime) {
        match self.networks.to_leave(name, typed_in) {
            Ok(id) => {
                let left = self.with_upstreams(id);
                if left.len() == self.links.len() {
                    return self.networks.reject(typed_in, InputError::OnlyNetwork);
                }
                self.networks.show_another(&left);
                for id in left {
                    self.quit_network(id, now);
                }
            }
            Err(error) => self.networks.reject(typed_in, error),
        }
    }

    /// Reports at once that a network of several has ended before its work was done.
    pub(super) fn report_failure(&mut self, at: usize, failure: &Incomplete, now: SessionTime) {
        let Some(link) = self.links.get(at) else {
            return;
        };
        let network = self.networks.get(link.id);
        let name = network.map_or(String::new(), |network| network.name.to_string());
        let error = InputError::Recorded(format!("{name}: {failure}"));
        let line = None;
        self.networks
            .say(link.id, Event::InputRejected { error, line });
        self.report_events(at, now.unix_seconds, &MessageTags::default(), now);
    }

    /// All sessions have ended.
    pub(super) fn end(&mut self, now: SessionTime) {
        self.ended = true;
        self.frontend.networks_changed(&self.networks, now.elapsed);
        let mut outcomes = self.links.iter().filter_map(|link| link.outcome.clone());
        let closes = { &mut outcomes }.find(|outcome| *outcome == Outcome::CloseRoom);
        let failure = self.first_failure.take();
        let only = self.links.first().and_then(|link| link.outcome.clone());
        let outcome = match self.links.len() {
            1 if failure.is_none() => only,
            _ => closes.or(failure),
        };
        // Before the frontend learns of the end: then the program may exit.
        LogWriter::finish_all(&self.closed_logs);
        self.frontend.ended(outcome.unwrap_or(Outcome::Done));
    }
}
