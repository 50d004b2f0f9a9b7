//! Which network a line is for: `/msg libera/#rust hi` names it before the target, and every other
//! line goes to the network of its prompt.

use std::borrow::Cow;

use super::{Network, Networks, PromptPlace};
use crate::client::command::{CommandSpec, UserCommand, has_room_prefix};
use crate::client::event::{Event, InputError, NetworkId};
use crate::client::session::{ScriptLine, SessionTime, expand_alias, parse_line};

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
    pub fn typed(&mut self, place: &PromptPlace, text: &str, now: SessionTime) {
        for network in &mut self.list {
            network.session.note_input();
        }
        let Some(from) = self.network_of(place) else {
            return self.typed_without_network(text, now);
        };
        if self.typed_for_all(from, text, now) {
            return;
        }
        let route = self.route(from, text);
        let id = match route.network {
            Ok(id) => id,
            Err(error) => return self.reject(from, error),
        };
        // A line that names its network is about no room of the prompt.
        let room = place.room.as_deref().filter(|_| route.removed.is_none());
        if route.removed.is_some() && self.changes_room(id, &route.line) {
            self.show(id);
        }
        if let Some(network) = self.get_mut(id) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.typed_in(room, &route.line, now, output);
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
        if self.typed_for_all(first, text, now) {
            return;
        }
        let route = self.route(first, text);
        let command = self.parse(first, &route.line);
        let names_network = route.removed.is_some() && route.network.is_ok();
        let needs_none = matches!(
            command,
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
            let name = self.gone.as_ref().map(ToString::to_string);
            let error = InputError::NetworkGone(name.unwrap_or_default());
            return self.reject(first, error);
        }
        let id = route.network.unwrap_or(first);
        if names_network && self.changes_room(id, &route.line) {
            self.show(id);
        }
        if let Some(network) = self.get_mut(id) {
            let (session, output) = (&mut network.session, &mut network.output);
            session.typed(&route.line, now, output);
        }
    }

    /// Carries out a command that is about all networks. With a single one its session does it.
    fn typed_for_all(&mut self, from: NetworkId, text: &str, now: SessionTime) -> bool {
        if !self.is_several() || !text.trim_start().starts_with('/') {
            return false;
        }
        match self.parse(from, text) {
            Some(UserCommand::SwitchRoom { room }) => self.switch_room(from, room.as_deref()),
            Some(UserCommand::Rooms) => {
                let rooms = self.room_summaries();
                self.say(from, Event::Rooms { rooms });
            }
            Some(UserCommand::Quit { reason, keep }) => {
                self.quit_by_user(reason.as_deref(), keep, now);
            }
            Some(UserCommand::Reply { .. }) => {
                let id = self.network_of_reply().unwrap_or(from);
                if let Some(network) = self.get_mut(id) {
                    network.session.typed(text, now, &mut network.output);
                }
            }
            _ => return false,
        }
        true
    }

    /// Processes a line of a script, with its number, unless the network that it is for has no room
    /// for it now. Returns whether it was processed.
    pub fn scripted(&mut self, number: u64, line: &ScriptLine<'_>, now: SessionTime) -> bool {
        let Some(active) = self.active else {
            return false;
        };
        let is_command = |line: &str| line.trim_start().starts_with(['/', '@']);
        let (network, line, removed) = match line {
            ScriptLine::Typed(text) if is_command(text) => {
                if self.is_several()
                    && let Some(taken) = self.scripted_for_all(number, line, now)
                {
                    return taken;
                }
                let route = self.route(active, text);
                (route.network, route.line, route.removed.is_some())
            }
            ScriptLine::Command(UserCommand::Message { target, text }) if target.contains('/') => {
                let route = self.route_target(active, target);
                let (target, text) = (route.line.into_owned(), text.clone());
                let (removed, command) = (
                    route.removed.is_some(),
                    UserCommand::Message { target, text },
                );
                return self.scripted_on(
                    route.network,
                    number,
                    ScriptLine::Command(command),
                    removed,
                    now,
                );
            }
            other => return self.scripted_on(Ok(active), number, other.clone(), false, now),
        };
        self.scripted_on(network, number, ScriptLine::Typed(&line), removed, now)
    }

    /// A command of a script that is about all networks; `None` if it is another one.
    fn scripted_for_all(
        &mut self,
        number: u64,
        line: &ScriptLine<'_>,
        now: SessionTime,
    ) -> Option<bool> {
        let (ScriptLine::Typed(text), Some(active)) = (line, self.active) else {
            return None;
        };
        match self.parse(active, text)? {
            UserCommand::Quit { .. } => Some(self.scripted_on_all(number, line, now)),
            UserCommand::Reply { .. } => {
                let id = self.network_of_reply().unwrap_or(active);
                Some(self.scripted_on(Ok(id), number, line.clone(), false, now))
            }
            UserCommand::Rooms => {
                let nothing = ScriptLine::Command(UserCommand::Nothing);
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
                let line = ScriptLine::Command(command);
                let taken = self.scripted_on(Ok(id), number, line, false, now);
                if taken {
                    self.show(id);
                }
                Some(taken)
            }
            _ => None,
        }
    }

    /// `/quit` in a script leaves all networks.
    fn scripted_on_all(&mut self, number: u64, line: &ScriptLine<'_>, now: SessionTime) -> bool {
        let mut open = self.list.iter_mut().filter(|one| !one.session.is_ended());
        if !open.all(|network| network.session.wants_input()) {
            return false;
        }
        for Network {
            session, output, ..
        } in &mut self.list
        {
            if !session.is_ended() {
                session.scripted(number, line.clone(), now, output);
            }
        }
        true
    }

    fn scripted_on(
        &mut self,
        network: Result<NetworkId, InputError>,
        number: u64,
        line: ScriptLine<'_>,
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
        if let (ScriptLine::Typed(text), true) = (&line, names_network)
            && let Some(id) = id
            && self.changes_room(id, text)
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
                let error = InputError::NetworkGone(name.to_string());
                let line = Some(number);
                output.events.push(Event::InputRejected { error, line });
            } else {
                let line = match &network {
                    Ok(_) => line.clone(),
                    Err(error) => ScriptLine::Unreadable(error.clone()),
                };
                session.scripted(number, line, now, output);
            }
        }
        true
    }

    /// Whether more lines of a script may be read.
    pub fn wants_input(&self) -> bool {
        self.list
            .iter()
            .any(|network| network.session.wants_input())
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
        let start = line.len() - line.trim_start().len();
        if let Some(rest) = line.get(start..).and_then(|rest| rest.strip_prefix('@'))
            && !rest.starts_with('@')
        {
            return self.route_word(from, Cow::Borrowed(line), start + 1, false);
        }
        if line.get(start..).is_none_or(|rest| !rest.starts_with('/')) {
            return unchanged(line);
        }
        let aliases = &network.session.settings.aliases;
        let expanded = line
            .get(start..)
            .and_then(|line| expand_alias(line, aliases));
        let line = expanded.map_or(Cow::Borrowed(line), Cow::Owned);
        match target_word(&line) {
            Some((at, needs_prefix)) => self.route_word(from, line, at, needs_prefix),
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
            at > 0 && (after.starts_with("/#") || after.starts_with("/&"))
                || self.list.iter().any(is_named)
        })
    }

    /// The network that a target names, and the target on it.
    pub(super) fn route_target<'l>(&self, from: NetworkId, target: &'l str) -> Route<'l> {
        let at = usize::from(target.starts_with('@'));
        self.route_word(from, Cow::Borrowed(target), at, false)
    }

    /// The same for a line in which the target begins at `at`. With `needs_prefix` only a room is one:
    /// the word can also be something else.
    fn route_word<'l>(
        &self,
        from: NetworkId,
        line: Cow<'l, str>,
        at: usize,
        needs_prefix: bool,
    ) -> Route<'l> {
        let rest = line.get(at..).unwrap_or_default();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let named = self.list.iter().find_map(|network| {
            let target = without_network(word, network.name.as_str())?;
            (!needs_prefix || has_room_prefix(target)).then_some((network.id, target.len()))
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
                if !needs_prefix
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

    /// Whether a line chooses the room that text goes to.
    fn changes_room(&self, id: NetworkId, line: &str) -> bool {
        let command = self.parse(id, line);
        matches!(
            command,
            Some(UserCommand::Join { .. } | UserCommand::SwitchRoom { .. })
        )
    }

    /// The command that a line is on a network.
    pub(super) fn parse(&self, id: NetworkId, line: &str) -> Option<UserCommand> {
        let aliases = &self.get(id)?.session.settings.aliases;
        parse_line(line, aliases).ok()
    }
}

/// What rooms and the ranks before them begin with.
const RANKS: &[char] = &['#', '&', '+', '!', '@', '%', '~'];

/// The target after the name of this network and a slash.
fn without_network<'w>(word: &'w str, network: &str) -> Option<&'w str> {
    let name = word.get(..network.len())?;
    let target = word.get(network.len()..)?.strip_prefix('/')?;
    (name.eq_ignore_ascii_case(network) && !target.is_empty()).then_some(target)
}

/// Where the first argument of a command begins that can be a room or a person, and whether it must
/// look like a room to be one. `None` if the command takes none.
fn target_word(line: &str) -> Option<(usize, bool)> {
    let mut words = words_of(line);
    let (_, name) = words.next()?;
    let spec = CommandSpec::find(name.strip_prefix('/')?)?;
    let mut arguments = spec.usage.split(' ').peekable();
    arguments.next_if_eq(&"[-all]");
    let first = arguments.next()?;
    if !first.contains("NICK") && !first.contains("#ROOM") {
        return None;
    }
    let (at, _) = words.find(|(_, word)| !word.starts_with('-'))?;
    Some((at, first == "[#ROOM]"))
}

/// The words of a line, and where each begins.
fn words_of(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let begin = line.as_ptr() as usize;
    line.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - begin, word))
}
