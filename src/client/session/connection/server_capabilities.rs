//! The table of the capabilities that the client uses, and what a server offers of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::session::config::SessionConfig;
use crate::wire::once::ONCE;
use crate::wire::sts::Sts;

/// A capability that the client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::client::session) enum Capability {
    /// `message-tags`: lines can have tags.
    MessageTags,
    /// `server-time`: each message has its time.
    ServerTime,
    /// `batch`: lines can be grouped.
    Batch,
    /// `labeled-response`: each line with a label gets an answer with that label.
    LabeledResponse,
    /// `echo-message`: an accepted message comes back to its sender.
    EchoMessage,
    /// `account-tag`: each message has the account of its sender.
    AccountTag,
    /// `chghost`: a change of host is one message, not a quit and a join.
    Chghost,
    /// `account-notify`: users who log in or out are reported.
    AccountNotify,
    /// `extended-join`: a join has the account and the real name of the user.
    ExtendedJoin,
    /// `away-notify`: users who go away or come back are reported.
    AwayNotify,
    /// `setname`: changes of the real name are reported.
    Setname,
    /// `multi-prefix`: lists have all prefixes of a member, not only the highest.
    MultiPrefix,
    /// `invite-notify`: members of a room see who is invited to it.
    InviteNotify,
    /// `userhost-in-names`: `NAMES` has the addresses of the members.
    UserhostInNames,
    /// `extended-monitor`: the same reports about monitored users in no common room.
    ExtendedMonitor,
    /// `cap-notify`: changes of the offer are reported.
    CapNotify,
    /// `no-implicit-names`: a join is not followed by the list of members.
    NoImplicitNames,
    /// `soju.im/bouncer-networks`: a connection can be about one network of a bouncer.
    BouncerNetworks,
    /// `soju.im/bouncer-networks-notify`: the networks of a bouncer are listed, and their changes.
    BouncerNetworksNotify,
    /// `chatroom.example/once`: a message that is sent again under its id is relayed once.
    Once,
    /// `znc.in/playback`: the bouncer plays back what the client asks for, and nothing else.
    Playback,
}

use Capability::{
    AccountNotify, AccountTag, AwayNotify, Batch, BouncerNetworks, BouncerNetworksNotify,
    CapNotify, Chghost, EchoMessage, ExtendedJoin, ExtendedMonitor, InviteNotify, LabeledResponse,
    MessageTags, MultiPrefix, NoImplicitNames, Once, Playback, ServerTime, Setname,
    UserhostInNames,
};

/// Each capability with its name on the wire. Of several names the first one offered is requested.
const TABLE: [(&str, Capability); 23] = [
    ("message-tags", MessageTags),
    ("server-time", ServerTime),
    ("batch", Batch),
    ("labeled-response", LabeledResponse),
    ("echo-message", EchoMessage),
    ("account-tag", AccountTag),
    ("chghost", Chghost),
    ("account-notify", AccountNotify),
    ("extended-join", ExtendedJoin),
    ("away-notify", AwayNotify),
    ("setname", Setname),
    ("multi-prefix", MultiPrefix),
    ("invite-notify", InviteNotify),
    ("userhost-in-names", UserhostInNames),
    ("extended-monitor", ExtendedMonitor),
    ("cap-notify", CapNotify),
    ("no-implicit-names", NoImplicitNames),
    ("draft/no-implicit-names", NoImplicitNames),
    ("soju.im/no-implicit-names", NoImplicitNames),
    ("soju.im/bouncer-networks", BouncerNetworks),
    ("soju.im/bouncer-networks-notify", BouncerNetworksNotify),
    (ONCE, Once),
    ("znc.in/playback", Playback),
];

/// The offered and the enabled capabilities.
#[derive(Debug, Default)]
pub(in crate::client::session) struct ServerCapabilities {
    /// The offered ones, by the name that is requested.
    pub(super) offered: BTreeMap<Capability, &'static str>,
    pub(super) on: BTreeSet<Capability>,
    pub(super) list_lines: usize,
    /// How many requests are not answered, without that of `sasl`.
    pub(super) unanswered: usize,
    pub(super) sts: Option<Sts>,
    /// `sasl` is offered.
    pub(super) has_sasl: bool,
    /// `draft/account-registration` is offered. It need not be requested.
    pub(super) has_registration: bool,
    /// `CAP END` is sent, or follows `USER`.
    pub(super) is_over: bool,
}

impl ServerCapabilities {
    /// Whether this capability is enabled.
    pub(in crate::client::session) fn has(&self, capability: Capability) -> bool {
        self.on.contains(&capability)
    }

    /// Whether the server says which account the sender of a message is logged in to.
    pub(super) fn has_accounts(&self) -> bool {
        self.has(AccountTag)
    }

    /// Whether a join has the account and the real name of the user.
    pub(in crate::client::session) fn has_extended_join(&self) -> bool {
        self.has(ExtendedJoin)
    }

    /// Whether the server is a bouncer that has networks.
    pub(in crate::client::session) fn has_upstreams(&self) -> bool {
        self.has(BouncerNetworks)
    }

    /// Whether it lists them without being asked.
    pub(super) fn lists_upstreams(&self) -> bool {
        self.has(BouncerNetworksNotify)
    }

    /// Whether the server plays back what the client asks for.
    pub(in crate::client::session) fn plays_back(&self) -> bool {
        self.has(Playback)
    }

    /// Whether a message that is sent again under its id is relayed once.
    pub(in crate::client::session) fn relays_once(&self) -> bool {
        self.can_label() && self.has(MessageTags) && self.has(Once)
    }

    /// Whether the list of members follows each join.
    pub(in crate::client::session) fn lists_members(&self) -> bool {
        !self.has(NoImplicitNames)
    }

    /// Whether the server registers accounts.
    pub(in crate::client::session) fn can_register(&self) -> bool {
        self.has_registration
    }

    /// Whether the negotiation is over.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The negotiation is over.
    pub(super) fn set_over(&mut self) {
        self.is_over = true;
    }

    /// Whether the answers to a line can be recognized by its label.
    pub(in crate::client::session) fn can_label(&self) -> bool {
        self.has(Batch) && self.has(LabeledResponse)
    }

    /// The capabilities to request that are not enabled yet. An echo is useful only with labels. A
    /// script does without none of the members of its rooms: other programs can ask for them. It names
    /// its networks, so it gets none of a bouncer; a connection to one of these needs no list of them.
    pub(super) fn wanted(&self, settings: &SessionConfig) -> Vec<&'static str> {
        let offers = |one| self.offered.contains_key(&one);
        let labels = offers(Batch) && offers(LabeledResponse);
        let wanted = self.offered.iter().filter(|(one, _)| match one {
            Batch | LabeledResponse | EchoMessage => labels && !self.is_over,
            // The answer to each message must be known.
            Once => labels && offers(MessageTags) && !self.is_over,
            NoImplicitNames => !settings.script,
            BouncerNetworks => !settings.script,
            // Without times nothing says what is new.
            Playback => offers(ServerTime),
            BouncerNetworksNotify => {
                !settings.script && settings.upstream.is_none() && offers(BouncerNetworks)
            }
            _ => true,
        });
        let missing = wanted.filter(|(one, _)| !self.on.contains(one));
        missing.map(|(_, name)| *name).collect()
    }

    /// Adds the capabilities of a list to the offer.
    pub(super) fn add_offer(&mut self, list: &str) {
        for (name, one) in known(list) {
            self.offered.entry(one).or_insert(name);
        }
    }
}

/// The capabilities of a list such as `batch sasl=PLAIN`, with their names.
pub(super) fn known(list: &str) -> impl Iterator<Item = (&'static str, Capability)> {
    list.split_ascii_whitespace().filter_map(|word| {
        let name = word.split('=').next().unwrap_or_default();
        TABLE.iter().find(|(known, _)| *known == name).copied()
    })
}

/// The capability of a server that registers accounts.
pub(super) const REGISTRATION: &str = "draft/account-registration";

/// Whether a list of capabilities has this name, with or without a value.
pub(super) fn names_capability(list: &str, name: &str) -> bool {
    let mut words = list.split_ascii_whitespace();
    words.any(|word| word.split('=').next() == Some(name))
}

/// The value of `sts` in a list of capabilities.
pub(super) fn sts_in(list: &str) -> Option<Sts> {
    let mut words = list.split_ascii_whitespace();
    let value = words.find_map(|word| word.strip_prefix("sts="))?;
    Some(Sts::parse(value))
}
