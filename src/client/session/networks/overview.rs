//! The view of all networks together: the prompt, unread counts, the names to complete, the
//! analysis of a typed line, and the rooms with their numbers.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use super::{Network, Networks};
use crate::client::command::UserCommand;
use crate::client::command::analysis::{LineAnalysis, TokenKind};
use crate::client::command::completion::CompletionNames;
use crate::client::event::{Event, InputError, NetworkId, RoomSummary, Unread};
use crate::client::session::outgoing::parsed_line::ParsedLine;
use crate::client::session::{MembersError, Session};

impl Networks {
    /// A room or a person as it is written where there are several networks: `libera/#rust`.
    pub(in crate::client) fn label<'n>(&self, network: &Network, name: &'n str) -> Cow<'n, str> {
        match self.is_several() {
            true => Cow::Owned(format!("{}/{name}", network.name)),
            false => Cow::Borrowed(name),
        }
    }

    /// Where typed text goes, for the prompt.
    pub(in crate::client) fn prompt_location(&self) -> Option<Cow<'_, str>> {
        if let Some((gone, _)) = &self.gone {
            return Some(Cow::Owned(format!("{gone} gone")));
        }
        let network = self.active()?;
        match (network.session.prompt_location(), self.is_several()) {
            (location, false) => location,
            (Some(location), true) => Some(Cow::Owned(format!("{}/{location}", network.name))),
            (None, true) => Some(Cow::Borrowed(network.name.as_str())),
        }
    }

    /// The active room, with its network where there are several.
    pub(in crate::client) fn active_label(&self) -> Option<Cow<'_, str>> {
        let network = self.active()?;
        let room = network.session.active_room()?;
        Some(self.label(network, room))
    }

    /// The note in the prompt about a lost connection of the active network.
    pub(in crate::client) fn offline_note(&self, elapsed: Duration) -> Option<String> {
        self.active()?.session.offline_note(elapsed)
    }

    /// The unread messages in all rooms but the active one.
    pub(in crate::client) fn unread(&self) -> Unread {
        let mut all = Unread::default();
        for network in &self.list {
            let unread = network.session.unread();
            all.messages += unread.messages;
            all.mentions += unread.mentions;
        }
        all
    }

    /// How many mentions that are not among the unread messages there were since the user last typed.
    pub(in crate::client) fn highlight_count(&self) -> u32 {
        let counts = self.list.iter();
        counts
            .map(|network| network.session.highlight_count())
            .sum()
    }

    /// Whether a network is ready, so that lines can be typed.
    pub(in crate::client) fn is_ready(&self) -> bool {
        self.list.iter().any(|network| network.session.is_ready())
    }

    /// Whether lines can be typed: a network is ready, or there is none that the user waits for.
    pub(in crate::client) fn can_type(&self) -> bool {
        let is_waiting = |network: &Network| network.session.offline_note(Duration::ZERO).is_some();
        self.is_ready() || !self.list.is_empty() && self.list.iter().all(is_waiting)
    }

    /// Whether all networks are being left.
    pub(in crate::client) fn is_leaving(&self) -> bool {
        self.list.iter().all(|network| network.session.is_leaving())
    }

    /// The rooms of all networks, in the order of their numbers. With several networks each is named
    /// with its own.
    pub(in crate::client) fn room_summaries(&self) -> Vec<RoomSummary> {
        let rooms = self.list.iter().flat_map(|network| {
            let rooms = network.session.room_summaries().into_iter();
            rooms.map(|room| RoomSummary {
                name: self.label(network, &room.name).into_owned(),
                active: room.active && Some(network.id) == self.active,
                ..room
            })
        });
        let mut rooms: Vec<RoomSummary> = rooms.collect();
        rooms.sort_by_key(|room| room.number);
        rooms
    }

    /// The names that Tab completes: those of the active network, and those of the others with their
    /// network.
    pub(in crate::client) fn names(&self) -> CompletionNames {
        let Some(first) = self.active().or(self.list.first()) else {
            return CompletionNames::default();
        };
        let mut names = first.session.names();
        names.networks = self.list.iter().map(|one| one.name.to_string()).collect();
        if !self.is_several() {
            return names;
        }
        names.rooms.clear();
        for network in &self.list {
            let is_active = Some(network.id) == self.active;
            let qualified = |name: &String| match is_active {
                true => name.clone(),
                false => format!("{}/{name}", network.name),
            };
            let others = network.session.names();
            names.rooms.extend(others.rooms.iter().map(qualified));
            if !is_active {
                names
                    .other_rooms
                    .extend(others.other_rooms.iter().map(qualified));
                names.distant.extend(others.nicks.iter().map(qualified));
            }
        }
        names
    }

    /// The targets whose names start with `start`: `@nick` or a room.
    pub(in crate::client) fn names_starting_with(&self, start: &str) -> Vec<String> {
        let CompletionNames {
            nicks,
            rooms,
            distant,
            ..
        } = self.names();
        let start = start.to_lowercase();
        let nicks = nicks.into_iter().chain(distant);
        let nicks = nicks.map(|nick| format!("@{nick}"));
        let mut names: Vec<String> = nicks.chain(rooms).collect();
        names.retain(|name| name.to_lowercase().starts_with(&start));
        names
    }

    /// A room has the same number until it is left, also when rooms of other networks come and go: each
    /// network learns which numbers are in use. Called after each step.
    pub(in crate::client) fn share_room_numbers(&mut self) {
        let sessions = self.list.iter().map(|network| &network.session);
        let changes = sessions.map(Session::numbers_changed).sum::<u64>();
        let now = (self.added, self.list.len(), changes);
        if std::mem::replace(&mut self.numbers_shared, now) == now {
            return;
        }
        let numbers = self.list.iter();
        let numbers = numbers.map(|network| network.session.room_numbers().collect());
        let numbers: Vec<BTreeSet<u32>> = numbers.collect();
        for (at, network) in self.list.iter_mut().enumerate() {
            let others = numbers.iter().enumerate();
            let others = others.filter(|(other, _)| *other != at);
            let others = others.flat_map(|(_, numbers)| numbers).copied();
            network.session.set_numbers_elsewhere(others.collect());
        }
    }

    /// Makes a room the active one, by its number, its name or by that of its network and its own; the
    /// name of a network and a slash mean its active room. False if the user is not in it.
    pub(in crate::client) fn show_room(&mut self, name: &str) -> bool {
        let Some(from) = self.active.or(self.list.first().map(|network| network.id)) else {
            return false;
        };
        if name.parse::<u32>().is_ok() {
            let is_room = self.room_to_show(from, Some(name)).is_some();
            if is_room {
                self.switch_room(from, Some(name));
            }
            return is_room;
        }
        let network = name.strip_suffix('/').and_then(|name| self.find(name));
        if let Some(id) = network.map(|network| network.id) {
            self.show(id);
            return true;
        }
        let route = self.route_target(from, name);
        let Ok(id) = route.network else { return false };
        let shown = self
            .get_mut(id)
            .is_some_and(|network| network.session.show_room(&route.line));
        if shown {
            self.show(id);
        }
        shown
    }

    /// The nicks of the members of a room, or of the active one if none is named.
    ///
    /// # Errors
    ///
    /// The user is not in the room.
    pub(in crate::client) fn members(
        &self,
        room: Option<&str>,
    ) -> Result<Vec<String>, MembersError> {
        let (Some(id), name) = (self.active, room) else {
            return Err(MembersError::NoRoom);
        };
        let Some(name) = name else {
            let network = self.get(id).ok_or(MembersError::NoRoom)?;
            return network.session.members(None);
        };
        let route = self.route_target(id, name);
        let network = route.network.ok().and_then(|id| self.get(id));
        let network = network.ok_or_else(|| MembersError::NotInRoom(name.to_owned()))?;
        network.session.members(Some(&route.line))
    }

    /// Analyses a line while it is typed, as the network that it is for does.
    pub(in crate::client) fn analyze(&self, text: &str) -> LineAnalysis {
        let Some(first) = self.active().or(self.list.first()) else {
            return LineAnalysis::without_session(text);
        };
        let route = self.route(first.id, text);
        let session = |id| self.get(id).map_or(&first.session, |other| &other.session);
        let analysis = match (&route.network, route.removed) {
            (Ok(id), Some((at, length))) if text.get(at + length..) == route.line.get(at..) => {
                let mut analysis = session(*id).analyze(&route.line);
                for (token, _) in &mut analysis.tokens {
                    if token.start >= at {
                        token.start += length;
                    }
                    if token.end > at {
                        token.end += length;
                    }
                }
                analysis
            }
            _ => first.session.analyze(text),
        };
        if !self.is_several() {
            return analysis;
        }
        let is_command = text.trim_start().starts_with('/');
        let parsed = is_command.then(|| ParsedLine::parse(text, self.aliases(first.id)));
        match parsed.and_then(|line| line.command.ok()) {
            Some(UserCommand::Reply { .. }) => self.analysis_of_reply(text).unwrap_or(analysis),
            Some(UserCommand::SwitchRoom { room }) => {
                self.with_room_to_show(first.id, room.as_deref(), analysis)
            }
            _ => analysis,
        }
    }

    /// A reply goes to the network of the last whisper, which the hint names.
    fn analysis_of_reply(&self, text: &str) -> Option<LineAnalysis> {
        let network = self.get(self.network_of_reply()?)?;
        let mut analysis = network.session.analyze(text);
        if let Some(nick) = analysis
            .hint
            .as_deref()
            .and_then(|hint| hint.strip_prefix("to "))
        {
            analysis.hint = Some(format!("to {}", self.label(network, nick)));
        }
        Some(analysis)
    }

    /// Sets the hint for `/room`, which a session cannot: rooms are numbered across networks.
    fn with_room_to_show(
        &self,
        from: NetworkId,
        room: Option<&str>,
        mut analysis: LineAnalysis,
    ) -> LineAnalysis {
        let is_refused = |kind: &TokenKind| *kind == TokenKind::Refused;
        analysis.hint = None;
        if let Some((id, room)) = self.room_to_show(from, room) {
            analysis.tokens.retain(|(_, kind)| !is_refused(kind));
            let network = self.get(id);
            analysis.hint = network.map(|network| match room {
                Some(room) => format!("to {}", self.label(network, &room)),
                None => format!("to {}", network.name),
            });
        }
        analysis
    }

    /// Makes another room the active one, by its name or by its number across networks.
    pub(super) fn switch_room(&mut self, from: NetworkId, room: Option<&str>) {
        match (self.room_to_show(from, room), room) {
            (Some((id, room)), _) => {
                if let (Some(network), Some(room)) = (self.get_mut(id), room) {
                    network.session.show_room(&room);
                }
                self.show(id);
            }
            (None, Some(room)) => self.reject(from, InputError::NoSuchRoom(room.to_owned())),
            (None, None) => {
                let words = "Your rooms have no unread messages.".to_owned();
                self.say(from, Event::Answer { words });
            }
        }
    }

    /// The network and the room that `/room` switches to: those of a number, a network, a room of
    /// this network or of another one, or without a name those with the most mentions.
    pub(super) fn room_to_show(
        &self,
        from: NetworkId,
        room: Option<&str>,
    ) -> Option<(NetworkId, Option<String>)> {
        let Some(name) = room else {
            let rooms = self.list.iter().filter_map(|network| {
                let (room, unread) = network.session.most_unread()?;
                Some((u32::MAX - unread.mentions, network.id, room))
            });
            let (_, id, room) = rooms.min_by_key(|(mentions, ..)| *mentions)?;
            return Some((id, Some(room)));
        };
        if let Ok(number) = name.parse() {
            return self.list.iter().find_map(|network| {
                let room = network.session.numbered_room(number)?;
                Some((network.id, Some(room.to_owned())))
            });
        }
        let route = self.route_target(from, name);
        if route.removed.is_some() {
            let network = self.get(route.network.ok()?)?;
            return Some((network.id, Some(network.room_named(&route.line)?)));
        }
        let of_prompt = self.get(from).into_iter();
        let others = self.list.iter().filter(|network| network.id != from);
        let found = of_prompt
            .chain(others)
            .find_map(|network| Some((network.id, Some(network.room_named(name)?))));
        let network = || {
            let network = self.find(name)?;
            let room = network.session.active_room().map(str::to_owned);
            Some((network.id, room))
        };
        found.or_else(network)
    }

    /// Where the user is on each network, the active one first: its name, its address, the nick and
    /// the active room, separated by tabs.
    pub(in crate::client) fn locations(&self) -> Vec<String> {
        let active = self.active().into_iter();
        let others = self.list.iter();
        let others = others.filter(|network| Some(network.id) != self.active);
        let locations = active.chain(others).map(|network| {
            let session = &network.session;
            let room = session.active_room().map(|room| self.label(network, room));
            let (name, nick) = (&network.name, session.nick());
            let room = room.unwrap_or_default();
            format!("{name}\t{}\t{nick}\t{room}", network.address)
        });
        locations.collect()
    }

    /// The networks, one in each line.
    pub(in crate::client) fn summary(&self, elapsed: Duration) -> String {
        let lines = self.list.iter().enumerate().map(|(index, network)| {
            let Network {
                name,
                address,
                session,
                ..
            } = network;
            let mark = match Some(network.id) == self.active {
                true => "*",
                false => " ",
            };
            let Unread { messages, mentions } = session.unread();
            let unread = match (messages, mentions) {
                (0, _) => String::new(),
                (messages, 0) => format!(", +{messages}"),
                (messages, mentions) => format!(", +{messages} @{mentions}"),
            };
            let (nick, status) = (session.nick(), session.status(elapsed));
            format!(
                "{mark} {} {name}  {address}  {nick}  {status}{unread}",
                index + 1
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Network {
    /// The user's room with this name; the `#` may be left out.
    fn room_named(&self, name: &str) -> Option<String> {
        let room = self.session.joined_name(name);
        let with_prefix = || self.session.joined_name(&format!("#{name}"));
        room.or_else(with_prefix)
    }
}
