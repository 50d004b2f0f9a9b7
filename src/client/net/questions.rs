//! Questions about a network that cannot go on without an answer. They are asked when the user names
//! the network with `/connect` again, never in the middle of a line.

use super::connection::NetworkLink;
use super::{Driver, Frontend, NetworkQuestion, QuestionSubject, TRUSTED};
use crate::client::config::trust::AcceptedCertificate;
use crate::client::event::{Event, InputError, NetworkId};
use crate::client::session::{CloseReason, TlsFailure};

impl<F: Frontend> Driver<F> {
    /// `/connect` names a network that the user has already: it asks what the network waits for, or
    /// tries again.
    pub(super) fn connect_again(&mut self, at: usize, typed_in: NetworkId) {
        let Some(link) = self.links.get(at) else {
            return;
        };
        let id = link.id;
        let Some(network) = self.networks.get_mut(id) else {
            return;
        };
        let name = network.name.to_string();
        match network.session.refusal() {
            Some(refusal) => match question_after(refusal, link) {
                Some(question) => self.frontend.ask(QuestionSubject::Network(id), question),
                None => network.session.reconnect(&mut network.output),
            },
            None => self
                .networks
                .reject(typed_in, InputError::AlreadyConnected(name)),
        }
    }

    /// A network cannot go on without an answer: says how to be asked.
    pub(super) fn offer_question(&mut self, at: usize) {
        let Some(link) = self.links.get(at) else {
            return;
        };
        let Some(network) = self.networks.get(link.id) else {
            return;
        };
        let session = &network.session;
        let refusal = session.refusal().filter(|_| session.is_persistent());
        let what = match refusal.and_then(|refusal| question_after(refusal, link)) {
            Some(NetworkQuestion::Certificate(_)) => "asks whether to trust it",
            Some(_) => "asks for the password",
            None => return,
        };
        let words = format!("/connect {} {what}.", network.name);
        self.networks.say(link.id, Event::Note { words });
    }

    /// The user has answered.
    pub(super) fn answered(&mut self, subject: QuestionSubject, answer: String) {
        let id = match subject {
            QuestionSubject::Network(id) => id,
            QuestionSubject::Server(typed_in, server) => {
                return self.prepare_network(typed_in, server, Some(answer));
            }
        };
        let at = self.links.iter().position(|link| link.id == id);
        let (Some(at), Some(network)) = (at, self.networks.get_mut(id)) else {
            return;
        };
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let question = network.session.refusal();
        match question.and_then(|refusal| question_after(refusal, link)) {
            Some(NetworkQuestion::Password) => network.session.set_password(answer),
            Some(NetworkQuestion::AccountPassword { .. }) => {
                network.session.set_account_password(answer);
            }
            Some(NetworkQuestion::Certificate(facts)) => {
                if answer != TRUSTED {
                    return;
                }
                let known = &self.remembered.certificates;
                link.tls = None;
                link.trust.accepted = Some(AcceptedCertificate {
                    fingerprint: Some(facts.fingerprint.clone()),
                    file: known.file().map(ToOwned::to_owned),
                    ..AcceptedCertificate::default()
                });
                if let Err(error) = self.remembered.remember(&network.name, &facts) {
                    let words = error.to_string();
                    network.output.events.push(Event::Note { words });
                }
            }
            None => return,
        }
        network.session.reconnect(&mut network.output);
    }
}

/// The question whose answer can help after this refusal.
fn question_after(refusal: &CloseReason, link: &NetworkLink) -> Option<NetworkQuestion> {
    match refusal {
        CloseReason::WrongPassword => Some(NetworkQuestion::Password),
        CloseReason::Login(failure) if failure.is_about_password() => {
            Some(NetworkQuestion::AccountPassword {
                account: failure.account().to_owned(),
                is_refused: true,
            })
        }
        CloseReason::Tls(TlsFailure::UnknownAuthority(facts)) if link.may_accept => {
            Some(NetworkQuestion::Certificate(Box::new(facts.clone())))
        }
        _ => None,
    }
}
