//! NickServ and ChanServ: the accounts and the registered rooms for clients that know no other way.
//! They are names, and not users: what is sent to them is a request, and reaches no user.

use std::fmt;

use crate::server::hub::{CommandResult, ConnectionId, Hub, Rejection};
use crate::wire::FoldedName;

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Nick,
    Chan,
}

impl Service {
    const ALL: [Self; 2] = [Self::Nick, Self::Chan];

    /// The service of this name, or of its short form as a target.
    pub(super) fn named(name: &str) -> Option<Self> {
        let short = |service| match service {
            Self::Nick => "NS",
            Self::Chan => "CS",
        };
        Self::ALL.into_iter().find(|service| {
            FoldedName::same(name, service.name()) || FoldedName::same(name, short(*service))
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nick => "NickServ",
            Self::Chan => "ChanServ",
        }
    }
}

impl Hub {
    /// Whether a name is that of a service, so that no user can have it.
    pub(super) fn is_service(&self, name: &str) -> bool {
        self.accounts.is_some() && Service::named(name).is_some()
    }

    /// The service that a message to this target is for. Without accounts, a user can have the name.
    pub(super) fn service_at(&self, target: &str) -> Option<Service> {
        let service = Service::named(target)?;
        let is_free = self.accounts.is_some() || self.people.owner_of(target).is_none();
        is_free.then_some(service)
    }

    /// Carries out a request to a service.
    pub(super) fn ask_service(
        &mut self,
        from: ConnectionId,
        service: Service,
        text: &str,
    ) -> CommandResult<'static> {
        self.people.registered(from)?;
        match service {
            Service::Nick => {
                if let Err(fault) = self.serve_nick(from, text) {
                    self.notice(from, format_args!("{fault}"));
                }
            }
            Service::Chan => {
                if let Err(fault) = self.serve_room(from, text) {
                    self.service_notice(Service::Chan, from, format_args!("{fault}"));
                }
            }
        }
        Ok(())
    }

    /// The same for a request that is a command of its own. Without accounts there is none.
    pub(super) fn ask_service_by_command(
        &mut self,
        from: ConnectionId,
        (service, command): (Service, &'static str),
        words: &[Option<&str>],
    ) -> CommandResult<'static> {
        self.people.registered(from)?;
        if self.accounts.is_none() {
            return Err(Rejection::UnknownCommand(command));
        }
        let words: Vec<&str> = words.iter().copied().flatten().collect();
        self.ask_service(from, service, &words.join(" "))
    }

    /// Sends a notice of NickServ.
    pub(super) fn notice(&self, to: ConnectionId, text: fmt::Arguments<'_>) {
        self.service_notice(Service::Nick, to, text);
    }

    /// Sends a notice of a service.
    pub(super) fn service_notice(
        &self,
        service: Service,
        to: ConnectionId,
        text: fmt::Arguments<'_>,
    ) {
        let (source, nick) = (self.service_source(service), self.nick_or_star(to));
        self.send(
            to,
            self.line(format_args!(":{source} NOTICE {nick} :{text}")),
        );
    }

    /// `nick!user@host` of a service.
    pub(super) fn service_source(&self, service: Service) -> impl fmt::Display {
        let (name, server) = (service.name(), &self.settings.name);
        fmt::from_fn(move |f| write!(f, "{name}!{name}@{server}"))
    }
}

/// The verb of a request to a service in capitals, and the words after it.
pub(super) fn verb_and_words(text: &str) -> (String, Vec<&str>) {
    let mut words = text.split_ascii_whitespace();
    let verb = words.next().unwrap_or_default().to_ascii_uppercase();
    (verb, words.collect())
}
