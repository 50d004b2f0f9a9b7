//! Shows a session in a terminal.

use std::sync::mpsc;
use std::time::Duration;

use super::event::InteractiveEvent;
use super::notifier::Notifier;
use crate::client::command::LocalCommand;
use crate::client::config::options::Format;
use crate::client::editor::EditorHandle;
use crate::client::event::{Event, Occurrence, json};
use crate::client::net::Frontend;
use crate::client::session::{Outcome, RefusedNick, Session};
use crate::client::storage::drafts::DraftStore;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::title::Title;
use crate::client::view::raw_line;
use crate::client::view::scrollback::ScrollbackWriter;
use crate::common::sanitize::sanitize;

/// The pause after the unsent lines were saved, for each of those lines.
const SAVE_PAUSE_PER_LINE: Duration = Duration::from_micros(50);

/// What was last saved of the lines that wait for the server.
#[derive(Debug, Default)]
pub(super) struct SavedUnsent {
    version: [u64; 4],
    /// The lines have changed since then.
    is_due: bool,
    /// The session time from which on they may be saved again.
    next_at: Duration,
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
    pub(super) drafts: Option<DraftStore>,
    pub(super) unsent: SavedUnsent,
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
    fn save_unsent(&mut self, session: &Session, elapsed: Duration) {
        let Some(drafts) = &self.drafts else { return };
        let version = session.unsent_version();
        let saved = &mut self.unsent;
        saved.is_due = version != saved.version;
        if !saved.is_due || elapsed < saved.next_at && !session.is_leaving() {
            return;
        }
        saved.is_due = false;
        let unsent = session.unsent();
        saved.version = version;
        // A paste changes with each line that is sent, so a long one is saved less often.
        let lines = u32::try_from(session.unsent_count()).unwrap_or(u32::MAX);
        saved.next_at = elapsed + SAVE_PAUSE_PER_LINE * lines;
        drafts.set_unsent(unsent);
    }
}

impl Frontend for InteractiveFrontend {
    fn event(&mut self, occurrence: &Occurrence, session: &Session) {
        let event = &occurrence.event;
        if let Event::Note { words } = event
            && self.printer.is_gated()
            && !self.ready
            && !session.is_ready()
        {
            // The printer waits for the editor, which does not read lines yet.
            return self.send(InteractiveEvent::Early(format!("{}\n", sanitize(words))));
        }
        match self.format {
            Format::Plain => {
                self.writer.show(occurrence, session.active_room());
                if let Some(notifier) = &self.notifier {
                    let notifications = self.writer.scrollback.take_notifications();
                    notifications.iter().for_each(|one| notifier.notify(one));
                }
            }
            _ if event.is_as_typed() => self.writer.show(occurrence, session.active_room()),
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

    fn session_changed(&mut self, session: &Session, elapsed: Duration) {
        self.save_unsent(session, elapsed);
        let (room, unread) = (session.active_room(), session.unread());
        self.writer.end_step(room, elapsed);
        let scrollback = &self.writer.scrollback;
        // Before that the prompt is the question for another nick.
        if self.ready || session.is_ready() {
            let location = session.prompt_location();
            let offline = session.offline_note(elapsed);
            let renderer = scrollback.renderer();
            let mut prompt = renderer.prompt(location.as_deref(), unread, offline.as_deref());
            prompt.room = room.map(str::to_owned);
            let has_lines = self.writer.has_lines();
            self.editor_handle.set_prompt(prompt, has_lines);
        }
        self.writer.print();
        if !self.ended {
            let highlights = session.highlight_count();
            let title = self.writer.scrollback.title(room, unread, highlights);
            self.printer.push_control(&self.title.change(title));
        }
        if !self.ready && session.is_ready() {
            self.ready = true;
            self.send(InteractiveEvent::Ready);
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let unsent = self.unsent.is_due.then_some(self.unsent.next_at);
        let deadlines = [self.writer.scrollback.next_deadline(), unsent];
        deadlines.into_iter().flatten().min()
    }

    fn line_done(&mut self, session: &Session) {
        self.send(InteractiveEvent::LineDone {
            leaving: session.is_leaving(),
        });
    }

    fn run_local(&mut self, command: &LocalCommand) {
        if *command == LocalCommand::Clear {
            return self.send(InteractiveEvent::ClearScreen);
        }
        self.writer.run_local(command);
    }

    fn ask_nick(&mut self, refused: RefusedNick) {
        self.send(InteractiveEvent::AskNick(refused));
    }

    fn is_backlogged(&self) -> bool {
        // The oldest lines are dropped instead: a terminal never slows the server down.
        false
    }

    fn ended(&mut self, outcome: Outcome) {
        self.ended = true;
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
