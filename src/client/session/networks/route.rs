//! Chooses the network of a line: `/msg libera/#rust hi` names it before the target, and every other
//! line goes to the network of its prompt.
//!
//! The name is taken out of the text before the text is parsed, once, by the rules of that network:
//! the grammar knows neither the names of networks, since `a/b` is a nick where no network is `a`, nor
//! which aliases and casemapping hold. A line that is still being typed is routed in the same way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Network, NetworkEnd, Networks, PromptPlace};
use crate::client::command::alias::expand_alias;
use crate::client::command::{CommandSpec, TargetWord, UserCommand, has_room_prefix};
use crate::client::event::{Event, InputError, NetworkId};
use crate::client::session::delivery::script_line::ScriptStep;
use crate::client::session::outgoing::parsed_line::{ParsedInput, ParsedLine};
use crate::client::session::{ScriptLine, SessionTime};

/// Where a line goes, and what of it the session there gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route<'l> {
    /// An error if the line names a network that the user does not have.
    pub(super) network: Result<NetworkId, InputError>,
    /// The line without the name of the network.
    pub(super) line: Cow<'l, str>,
    /// The name that was taken out of the line: where it began, and its length.
    pub(super) removed: Option<(usize, usize)>,
}

impl Networks {
    /// The user entered a line, or a pasted text of several lines.
    pub(in crate::client) fn typed(&mut self, place: &PromptPlace, text: &str, now: SessionTime) {
        for network in &mut self.list {
            network.session.note_input();
        }
        let Some(from) = self.network_of(place) else {
            return self.typed_without_network(text, now);
        };
        let route = self.route_input(from, text);
        let id = match route.network {
            Ok(id) => id,
            Err(error) => return self.reject(from, error),
        };
        let line = route.removed.map_or(text, |_| &*route.line);
        let input = ParsedInput::parse(line, self.aliases(id));
        let Some(input) = self.typed_for_all(from, input, now) else {
            return;
        };
        // A line that names its network is about no room of the prompt.
        let room = place.room.as_deref().filter(|_| route.removed.is_none());
        if route.removed.is_some() && changes_room(input.command()) {
            self.show(id);
        }
        self.execute_on(id, room, input, now);
    }

    fn execute_on(
        &mut self,
        id: NetworkId,
        room: Option<&str>,
        input: ParsedInput<'_>,
        now: SessionTime,
    ) {
        if let Some(network) = self.get_mut(id) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.execute_input(room, input, now, output);
        }
    }

    /// The network in which a line was typed: that of its prompt, or else the active one.
    fn network_of(&self, place: &PromptPlace) -> Option<NetworkId> {
        match place.network {
            Some(id) => self.get(id).map(|network| network.id),
            None => self.active,
        }
    }

    /// The network of the prompt has ended: only what needs no network is carried out.
    fn typed_without_network(&mut self, text: &str, now: SessionTime) {
        let Some(first) = self.list.first().map(|network| network.id) else {
            return;
        };
        let route = self.route_input(first, text);
        let line = route.removed.map_or(text, |_| &*route.line);
        let input = ParsedInput::parse(line, self.aliases(first));
        let Some(input) = self.typed_for_all(first, input, now) else {
            return;
        };
        let names_network = route.removed.is_some() && route.network.is_ok();
        let needs_none = matches!(
            input.command(),
            Some(
                UserCommand::Nothing
                    | UserCommand::Connect { .. }
                    | UserCommand::Disconnect { network: Some(_) }
                    | UserCommand::Networks
                    | UserCommand::Help { .. }
                    | UserCommand::Local(_)
                    | UserCommand::Quit { .. }
            )
        );
        if !needs_none && !names_network {
            let error = match &self.gone {
                Some((name, NetworkEnd::Removed)) => InputError::NetworkRemoved(name.to_string()),
                Some((name, _)) => InputError::NetworkGone(name.to_string()),
                None => InputError::NetworkGone(String::new()),
            };
            return self.reject(first, error);
        }
        let id = route.network.unwrap_or(first);
        if names_network && changes_room(input.command()) {
            self.show(id);
        }
        self.execute_on(id, None, input, now);
    }

    /// Carries out a command that is about all networks; any other input is given back. With a single
    /// one its session does it.
    fn typed_for_all<'t>(
        &mut self,
        from: NetworkId,
        input: ParsedInput<'t>,
        now: SessionTime,
    ) -> Option<ParsedInput<'t>> {
        match input.command() {
            _ if !self.is_several() => return Some(input),
            Some(UserCommand::SwitchRoom { room }) => self.switch_room(from, room.as_deref()),
            Some(UserCommand::Rooms) => {
                let rooms = self.room_summaries();
                self.say(from, Event::Rooms { rooms });
            }
            Some(UserCommand::Quit { reason, keep }) => {
                self.quit_by_user(reason.as_deref(), *keep, now);
            }
            Some(UserCommand::Reply { .. }) => {
                let id = self.network_of_reply().unwrap_or(from);
                self.execute_on(id, None, input, now);
            }
            _ => return Some(input),
        }
        None
    }

    /// Processes a line of a script, with its number, unless the network that it is for has no room
    /// for it now. Returns whether it was processed.
    pub(in crate::client) fn scripted(
        &mut self,
        number: u64,
        line: &ScriptLine<'_>,
        now: SessionTime,
    ) -> bool {
        // Each line is parsed only when it can be taken.
        let may_take = |one: &Network| one.session.is_ended() || one.session.wants_input();
        let Some(active) = self.active.filter(|_| self.list.iter().any(may_take)) else {
            return false;
        };
        if let ScriptLine::Typed(text) = line
            && text.trim_start().starts_with(['/', '@'])
        {
            return self.scripted_line(active, number, text, now);
        }
        let step = match ScriptStep::parse(line.clone(), self.aliases(active)) {
            ScriptStep::Command(UserCommand::Message { target, text }) if target.contains('/') => {
                let route = self.route_target(active, &target);
                let target = route.line.into_owned();
                let command = UserCommand::Message { target, text };
                let names_network = route.removed.is_some();
                let step = ScriptStep::Command(command);
                return self.scripted_on(route.network, number, step, names_network, now);
            }
            step => step,
        };
        self.scripted_on(Ok(active), number, step, false, now)
    }

    /// The same for a line that can be about all networks, or name one.
    fn scripted_line(
        &mut self,
        active: NetworkId,
        number: u64,
        text: &str,
        now: SessionTime,
    ) -> bool {
        let route = self.route_input(active, text);
        let names_network = route.removed.is_some();
        let line = route.removed.map_or(text, |_| &*route.line);
        let line = ParsedLine::parse(line, self.aliases(active));
        if self.is_several()
            && let Some(taken) = self.scripted_for_all(active, number, &line, now)
        {
            return taken;
        }
        let step = ScriptStep::Line(line);
        self.scripted_on(route.network, number, step, names_network, now)
    }

    /// A command of a script that is about all networks; `None` if it is another one.
    fn scripted_for_all(
        &mut self,
        active: NetworkId,
        number: u64,
        line: &ParsedLine<'_>,
        now: SessionTime,
    ) -> Option<bool> {
        match line.command.as_ref().ok()? {
            UserCommand::Quit { .. } => Some(self.scripted_on_all(number, line, now)),
            UserCommand::Reply { .. } => {
                let id = self.network_of_reply().unwrap_or(active);
                let step = ScriptStep::Line(line.clone());
                Some(self.scripted_on(Ok(id), number, step, false, now))
            }
            UserCommand::Rooms => {
                let nothing = ScriptStep::Command(UserCommand::Nothing);
                let taken = self.scripted_on(Ok(active), number, nothing, false, now);
                if taken {
                    let rooms = self.room_summaries();
                    self.say(active, Event::Rooms { rooms });
                }
                Some(taken)
            }
            UserCommand::SwitchRoom { room } => {
                // A room that is being joined is not known yet: its own network waits for it.
                let (id, room) = self.room_to_show(active, room.as_deref())?;
                let command = match room {
                    Some(_) => UserCommand::SwitchRoom { room },
                    None => UserCommand::Nothing,
                };
                let step = ScriptStep::Command(command);
                let taken = self.scripted_on(Ok(id), number, step, false, now);
                if taken {
                    self.show(id);
                }
                Some(taken)
            }
            _ => None,
        }
    }

    /// `/quit` in a script leaves all networks.
    fn scripted_on_all(&mut self, number: u64, line: &ParsedLine<'_>, now: SessionTime) -> bool {
        let mut open = self.list.iter_mut().filter(|one| !one.session.is_ended());
        if !open.all(|network| network.session.wants_input()) {
            return false;
        }
        for Network {
            session, output, ..
        } in &mut self.list
        {
            if !session.is_ended() {
                session.run_step(number, ScriptStep::Line(line.clone()), now, output);
            }
        }
        true
    }

    fn scripted_on(
        &mut self,
        network: Result<NetworkId, InputError>,
        number: u64,
        step: ScriptStep<'_>,
        names_network: bool,
        now: SessionTime,
    ) -> bool {
        let id = network.as_ref().ok().copied().or(self.active);
        let Some(at) = self.list.iter().position(|network| Some(network.id) == id) else {
            return false;
        };
        let is_several = self.is_several();
        let takes_line = |network: &Network| {
            let is_over = is_several && network.session.is_ended();
            is_over || network.session.wants_input()
        };
        // A strict script sends nothing before the line before is accepted, wherever that went.
        let takes_line = match is_several && self.is_strict() {
            true => self.list.iter().all(takes_line),
            false => self.list.get(at).is_some_and(takes_line),
        };
        if !takes_line {
            return false;
        }
        if let (ScriptStep::Line(line), true) = (&step, names_network)
            && let Some(id) = id
            && changes_room(line.command.as_ref().ok())
        {
            self.show(id);
        }
        for (index, other) in self.list.iter_mut().enumerate() {
            let Network {
                name,
                session,
                output,
                ..
            } = other;
            if index != at {
                session.skip_line(number);
            } else if session.is_ended() {
                let error = InputError::ScriptNetworkGone(name.to_string());
                let line = Some(number);
                output.events.push(Event::InputRejected { error, line });
            } else {
                let step = match &network {
                    Ok(_) => step.clone(),
                    Err(error) => ScriptStep::Refused(error.clone()),
                };
                session.run_step(number, step, now, output);
            }
        }
        true
    }

    /// Whether more lines of a script may be read.
    pub(in crate::client) fn wants_input(&self) -> bool {
        self.list
            .iter()
            .any(|network| network.session.wants_input())
    }

    /// The same as [`Self::route`], except that with several networks `/room` keeps the name of one: the
    /// command is about all of them.
    fn route_input<'l>(&self, from: NetworkId, line: &'l str) -> Route<'l> {
        let name = line.split_whitespace().next().unwrap_or_default();
        let spec = name.strip_prefix('/').and_then(CommandSpec::find);
        match self.is_several() && spec.is_some_and(CommandSpec::switches_rooms) {
            true => Route {
                network: Ok(from),
                line: Cow::Borrowed(line),
                removed: None,
            },
            false => self.route(from, line),
        }
    }

    /// The network that a typed line is for, and the line as its session gets it.
    pub(super) fn route<'l>(&self, from: NetworkId, line: &'l str) -> Route<'l> {
        let unchanged = |line| Route {
            network: Ok(from),
            line: Cow::Borrowed(line),
            removed: None,
        };
        let Some(network) = self.get(from).filter(|_| self.may_name_network(line)) else {
            return unchanged(line);
        };
        let aliases = &network.session.settings.aliases;
        let expanded = expand_alias(line.trim_start(), aliases);
        let line = expanded.map_or(Cow::Borrowed(line), Cow::Owned);
        match TargetWord::find(&line) {
            Some(word) => self.route_word(from, line, word),
            None => Route {
                network: Ok(from),
                line,
                removed: None,
            },
        }
    }

    /// Whether a line can name a network. Most lines are sorted out here.
    fn may_name_network(&self, line: &str) -> bool {
        line.match_indices('/').any(|(at, _)| {
            let (before, after) = line.split_at(at);
            let is_named = |network: &Network| {
                let name = network.name.as_str();
                let start = before.len().checked_sub(name.len());
                let end = start.and_then(|start| before.get(start..));
                end.is_some_and(|end| end.eq_ignore_ascii_case(name))
            };
            at > 0 && after.strip_prefix('/').is_some_and(has_room_prefix)
                || self.list.iter().any(is_named)
        })
    }

    /// The network that a target names, and the target on it.
    pub(super) fn route_target<'l>(&self, from: NetworkId, target: &'l str) -> Route<'l> {
        let word = TargetWord {
            start: usize::from(target.starts_with('@')),
            optional_room: false,
        };
        self.route_word(from, Cow::Borrowed(target), word)
    }

    /// The same for a line in which this word can be the target.
    fn route_word<'l>(
        &self,
        from: NetworkId,
        line: Cow<'l, str>,
        TargetWord {
            start: at,
            optional_room,
        }: TargetWord,
    ) -> Route<'l> {
        let rest = line.get(at..).unwrap_or_default();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let named = self.list.iter().find_map(|network| {
            let target = without_network(word, network.name.as_str())?;
            (!optional_room || has_room_prefix(target)).then_some((network.id, target.len()))
        });
        if let Some((id, length)) = named {
            let removed = word.len() - length;
            let mut line = line.into_owned();
            line.replace_range(at..at + removed, "");
            return Route {
                network: Ok(id),
                line: Cow::Owned(line),
                removed: Some((at, removed)),
            };
        }
        // No server has a room or a nick with this name.
        let unknown = match word.split_once('/') {
            Some((name, target))
                if !optional_room
                    && has_room_prefix(target)
                    && !name.is_empty()
                    && !name.starts_with(RANKS) =>
            {
                Some(InputError::NoSuchNetwork(name.to_owned()))
            }
            _ => None,
        };
        Route {
            network: unknown.map_or(Ok(from), Err),
            line,
            removed: None,
        }
    }

    /// The network of the last whisper to the user, to which `/reply` goes.
    pub(super) fn network_of_reply(&self) -> Option<NetworkId> {
        let whispers = self.list.iter().filter_map(|network| {
            let at = network.session.attention.whispered_at?;
            Some((at, network.id))
        });
        whispers.max().map(|(_, id)| id)
    }

    /// The aliases of a network.
    pub(super) fn aliases(&self, id: NetworkId) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        let network = self.get(id);
        network.map_or(&NONE, |network| &network.session.settings.aliases)
    }
}

/// Whether a command chooses the room that text goes to.
fn changes_room(command: Option<&UserCommand>) -> bool {
    matches!(
        command,
        Some(UserCommand::Join { .. } | UserCommand::SwitchRoom { .. })
    )
}

/// The first characters of rooms and of the ranks before them.
const RANKS: &[char] = &['#', '&', '+', '!', '@', '%', '~'];

/// The target after the name of this network and a slash.
fn without_network<'w>(word: &'w str, network: &str) -> Option<&'w str> {
    let name = word.get(..network.len())?;
    let target = word.get(network.len()..)?.strip_prefix('/')?;
    (name.eq_ignore_ascii_case(network) && !target.is_empty()).then_some(target)
}
