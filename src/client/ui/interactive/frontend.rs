//! Shows a session in a terminal.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use super::event::InteractiveEvent;
use super::notifier::Notifier;
use super::offers::OfferAnnouncer;
use crate::client::command::LocalCommand;
use crate::client::config::options::Format;
use crate::client::editor::EditorHandle;
use crate::client::event::{Event, NetworkId, Occurrence, Unread, json};
use crate::client::net::{AddedNetwork, Frontend, NetworkQuestion, QuestionSubject};
use crate::client::session::{Network, Networks, Outcome, RefusedNick};
use crate::client::storage::drafts::DraftStore;
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::title::Title;
use crate::client::ui::setup::shown_in;
use crate::client::view::raw_line;
use crate::client::view::scrollback::ScrollbackWriter;
use crate::common::io_error::os_error_text;
use crate::common::sanitize::{sanitize, sanitize_name};

/// The pause after the unsent lines were saved, for each of those lines.
const SAVE_PAUSE_PER_LINE: Duration = Duration::from_micros(50);
/// Said at the end of a network or of the program.
pub(super) const UNSENT_IS_SAVED: &str =
    "Unsent text is saved. The next run offers to restore it.\n";

/// The saved state of the lines of a network that wait for its server.
#[derive(Debug, Default)]
pub(super) struct SavedUnsent {
    version: [u64; 5],
    /// The lines have changed since then.
    is_due: bool,
    /// The session time from which on they may be saved again.
    next_at: Duration,
}

/// The shortest time between two counts of unread messages in the prompt. Each one makes the editor
/// draw its line again, which would delay the keys while another room or network floods.
const COUNT_PAUSE: Duration = Duration::from_millis(250);

/// The unread messages in the prompt.
#[derive(Debug, Default)]
pub(super) struct ShownUnread {
    count: Unread,
    /// The number has grown since then.
    is_due: bool,
    /// The session time from which on another one may be shown.
    next_at: Duration,
}

impl ShownUnread {
    /// The count to show now. A room that is read shows at once.
    fn update(&mut self, unread: Unread, elapsed: Duration) -> Unread {
        let has_grown =
            unread.messages >= self.count.messages && unread.mentions == self.count.mentions;
        self.is_due = unread != self.count && has_grown && elapsed < self.next_at;
        if unread != self.count && !self.is_due {
            self.count = unread;
            self.next_at = elapsed + COUNT_PAUSE;
        }
        self.count
    }
}

/// The frontend of the interactive session. The driver's thread owns it.
pub(super) struct InteractiveFrontend {
    pub(super) writer: ScrollbackWriter,
    /// Shows notifications by a command, if there is one.
    pub(super) notifier: Option<Notifier>,
    /// The form of the output; plain where it is the terminal.
    pub(super) format: Format,
    pub(super) printer: Printer,
    pub(super) editor_handle: EditorHandle,
    pub(super) title: Title,
    /// Where the unsent lines are saved.
    pub(super) drafts: NetworkDrafts,
    /// Announces those of earlier runs.
    pub(super) offers: OfferAnnouncer,
    /// The saved state of each network that has a place for it.
    pub(super) unsent: BTreeMap<NetworkId, SavedUnsent>,
    pub(super) shown_unread: ShownUnread,
    pub(super) events: mpsc::Sender<InteractiveEvent>,
    pub(super) ready: bool,
    pub(super) ended: bool,
}

impl InteractiveFrontend {
    fn send(&self, event: InteractiveEvent) {
        // The main thread outlives this one.
        let _ = self.events.send(event);
    }

    /// Saves the unsent lines for the next run, however this one ends.
    fn save_unsent(&mut self, networks: &Networks, elapsed: Duration) {
        for Network { id, session, .. } in networks.iter() {
            let Some(saved) = self.unsent.get_mut(id) else {
                continue;
            };
            let version = session.unsent_version();
            saved.is_due = version != saved.version;
            if !saved.is_due || elapsed < saved.next_at && !session.is_leaving() {
                continue;
            }
            saved.is_due = false;
            let unsent = session.unsent();
            saved.version = version;
            // A paste changes with each line that is sent, so a long one is saved less often.
            let lines = u32::try_from(session.unsent_count()).unwrap_or(u32::MAX);
            saved.next_at = elapsed + SAVE_PAUSE_PER_LINE * lines;
            self.drafts.set_unsent(*id, &unsent);
        }
    }
}

impl Frontend for InteractiveFrontend {
    fn event(&mut self, occurrence: &Occurrence, network: NetworkId, networks: &Networks) {
        let event = &occurrence.event;
        if let Event::Note { words } = event
            && self.printer.is_gated()
            && !self.ready
            && !networks.is_ready()
        {
            // The printer waits for the editor, which does not read lines yet.
            let name = sanitize_name(occurrence.network.as_str());
            let place = match networks.is_several() {
                true => format!("{name}: "),
                false => String::new(),
            };
            let early = format!("{place}{}\n", sanitize(words));
            return self.send(InteractiveEvent::Early(early));
        }
        match self.format {
            Format::Plain => {
                self.writer.show(occurrence, network, &shown_in(networks));
                if let Some(notifier) = &self.notifier {
                    let notifications = self.writer.scrollback.take_notifications();
                    notifications.iter().for_each(|one| notifier.notify(one));
                }
            }
            _ if event.is_as_typed() => {
                self.writer.show(occurrence, network, &shown_in(networks));
            }
            Format::Json => {
                let line = json::encode(occurrence).map(|record| record.line());
                self.writer.add(&line.unwrap_or_default());
            }
            Format::Raw => {}
        }
    }

    fn line_received(&mut self, line: &[u8]) {
        if self.format == Format::Raw {
            self.writer.add(&raw_line(line, false));
        }
    }

    fn networks_changed(&mut self, networks: &Networks, elapsed: Duration) {
        self.save_unsent(networks, elapsed);
        let unread = self.shown_unread.update(networks.unread(), elapsed);
        self.writer.end_step(&shown_in(networks), elapsed);
        let scrollback = &self.writer.scrollback;
        // Before that the prompt is the question for another nick.
        if self.ready || networks.can_type() {
            let location = networks.prompt_location();
            let offline = networks.offline_note(elapsed);
            let renderer = scrollback.renderer();
            let mut prompt = renderer.prompt(location.as_deref(), unread, offline.as_deref());
            let active = networks.active();
            prompt.network = active.map(|network| network.id);
            let room = active.and_then(|network| network.session.active_room());
            prompt.room = room.map(str::to_owned);
            let has_lines = self.writer.has_lines();
            self.editor_handle.set_prompt(prompt, has_lines);
        }
        self.writer.print();
        if !self.ended {
            let highlights = networks.highlight_count();
            let room = networks.active_label();
            let title = self
                .writer
                .scrollback
                .title(room.as_deref(), unread, highlights);
            self.printer.push_control(&self.title.change(title));
        }
        if !self.ready && networks.can_type() {
            self.ready = true;
            self.send(InteractiveEvent::Ready);
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let due = self.unsent.values().filter(|saved| saved.is_due);
        let unsent = due.map(|saved| saved.next_at).min();
        let shown = &self.shown_unread;
        let count = shown.is_due.then_some(shown.next_at);
        let deadlines = [self.writer.scrollback.next_deadline(), unsent, count];
        deadlines.into_iter().flatten().min()
    }

    fn line_done(&mut self, networks: &Networks) {
        self.send(InteractiveEvent::LineDone {
            leaving: networks.is_leaving(),
        });
    }

    fn run_local(&mut self, command: &LocalCommand, network: NetworkId) {
        if *command == LocalCommand::Clear {
            return self.send(InteractiveEvent::ClearScreen);
        }
        self.writer.run_local(command, network);
    }

    fn ask_nick(&mut self, refused: RefusedNick, network: NetworkId) {
        self.send(InteractiveEvent::AskNick(network, refused));
    }

    fn ask(&mut self, subject: QuestionSubject, question: NetworkQuestion) {
        self.send(InteractiveEvent::Ask(subject, question));
    }

    fn network_added(&mut self, network: &AddedNetwork<'_>) {
        let AddedNetwork {
            id,
            name,
            nick,
            files,
        } = *network;
        if let Some(file) = &files.history {
            self.editor_handle.set_history_file(id, file.clone());
        }
        // Without a file for them drafts are not saved.
        let Some(file) = &files.drafts else { return };
        let offers = self.offers.clone();
        match DraftStore::start(file, nick, self.printer.clone(), move || offers.announce()) {
            Ok(Some(store)) => {
                self.drafts.add(id, name.clone(), store);
                self.unsent.insert(id, SavedUnsent::default());
                // At the start of the program no line is read yet.
                self.offers.announce();
            }
            Ok(None) => {}
            Err(error) => {
                let error = os_error_text(&error);
                self.printer.push(format!("Cannot save drafts: {error}.\n"));
            }
        }
    }

    fn network_removed(&mut self, network: NetworkId) {
        self.unsent.remove(&network);
        if self.drafts.remove(network) {
            self.editor_handle.print_note(UNSENT_IS_SAVED);
        }
    }

    fn is_backlogged(&self) -> bool {
        // The oldest lines are dropped instead: a terminal never slows the server down.
        false
    }

    fn ended(&mut self, outcome: Outcome) {
        self.ended = true;
        self.writer.flush(None);
        self.writer.print();
        self.printer.push_control(&self.title.change(None));
        // Before the event, after which the editor may be used for another session.
        self.editor_handle.end();
        self.send(InteractiveEvent::Ended(outcome));
    }
}

impl Drop for InteractiveFrontend {
    /// Ends the editor also when this thread panics, so that the main thread does not wait forever.
    fn drop(&mut self) {
        if !self.ended {
            self.printer.push_control(&self.title.change(None));
            self.editor_handle.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_changes_the_prompt_a_few_times_a_second_and_a_mention_at_once() {
        let mut shown = ShownUnread::default();
        let mut update = |messages, mentions, milliseconds| {
            let unread = Unread { messages, mentions };
            let count = shown.update(unread, Duration::from_millis(milliseconds));
            (count.messages, count.mentions, shown.is_due)
        };
        assert_eq!(update(1, 0, 1_000), (1, 0, false));
        assert_eq!(update(500, 0, 1_010), (1, 0, true));
        assert_eq!(update(900, 1, 1_020), (900, 1, false));
        assert_eq!(update(950, 1, 1_269), (900, 1, true));
        assert_eq!(update(960, 1, 1_270), (960, 1, false));
        // The rooms are read.
        assert_eq!(update(0, 0, 1_271), (0, 0, false));
    }
}
