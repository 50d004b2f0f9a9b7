//! What a session has to show, for a terminal.

use std::sync::mpsc;
use std::time::Duration;

use super::News;
use crate::client::command::{self, LocalCommand, UserCommand};
use crate::client::config::options::Format;
use crate::client::editor::EditorHandle;
use crate::client::event::Event;
use crate::client::event::MessageTags;
use crate::client::event::json;
use crate::client::net::Frontend;
use crate::client::session::{Outcome, Session};
use crate::client::storage::drafts::DraftStore;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::title::Title;
use crate::client::view::raw_line;
use crate::client::view::scrollback::ScrollbackWriter;

/// For each line that waits, what waits is written so much later again.
const UNSENT_LINE_COST: Duration = Duration::from_micros(50);

/// What was given last to the store of drafts of what waits for the server.
#[derive(Debug, Default)]
pub(super) struct UnsentWritten {
    version: [u64; 4],
    /// Something else waits by now.
    is_due: bool,
    /// When that may be given, in time since the start.
    next_at: Duration,
}

/// Shows a session in a terminal.
pub(super) struct TerminalFront {
    pub(super) page: ScrollbackWriter,
    /// What standard output gets: what a person reads, unless it goes elsewhere.
    pub(super) format: Format,
    pub(super) stamp: MessageTags,
    pub(super) printer: Printer,
    pub(super) remote: EditorHandle,
    pub(super) title: Title,
    /// Where what cannot be sent yet is kept.
    pub(super) drafts: Option<DraftStore>,
    pub(super) unsent: UnsentWritten,
    pub(super) news: mpsc::Sender<News>,
    pub(super) ready: bool,
    pub(super) ended: bool,
}

impl TerminalFront {
    fn tell(&self, news: News) {
        // The main thread outlives this one.
        let _ = self.news.send(news);
    }

    /// What could not be sent is offered at the next start, however this one ends.
    fn set_unsent(&mut self, session: &Session, elapsed: Duration) {
        let Some(drafts) = &self.drafts else { return };
        let version = session.unsent_version();
        let last = &mut self.unsent;
        last.is_due = version != last.version;
        if !last.is_due || elapsed < last.next_at && !session.is_leaving() {
            return;
        }
        last.is_due = false;
        let unsent = session.unsent();
        last.version = version;
        // The longer it is, the rarer it is written anew: a paste changes with each line that goes.
        last.next_at =
            elapsed + UNSENT_LINE_COST * u32::try_from(session.unsent_count()).unwrap_or(u32::MAX);
        drafts.set_unsent(unsent);
    }
}

impl Frontend for TerminalFront {
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session) {
        match self.format {
            Format::Plain => self.page.show(event, unix_seconds, session.active_room()),
            _ if event.is_as_typed() => {
                self.page.show(event, unix_seconds, session.active_room());
            }
            Format::Json => {
                let record = json::encode(event, unix_seconds, &self.stamp);
                let line = record.map(|record| record.line());
                self.page.add(&line.unwrap_or_default());
            }
            Format::Raw => {}
        }
    }

    fn stamp(&mut self, stamp: MessageTags) {
        self.stamp = stamp;
    }

    fn line_received(&mut self, line: &[u8]) {
        if self.format == Format::Raw {
            self.page.add(&raw_line(line, false));
        }
    }

    fn session_changed(&mut self, session: &Session, elapsed: Duration) {
        self.set_unsent(session, elapsed);
        let (room, unread) = (session.active_room(), session.unread());
        self.page.end_step(room, elapsed);
        // Before that the prompt is the question for another nick.
        if self.ready || session.is_ready() {
            let place = session.prompt_location();
            let mut prompt = self
                .page
                .scrollback
                .renderer()
                .prompt(place.as_deref(), unread);
            prompt.room = session.active_room().map(str::to_owned);
            self.remote.set_prompt(prompt, self.page.has_lines());
        }
        self.page.print();
        if !self.ended {
            let title = self
                .page
                .scrollback
                .title(room, unread, session.highlight_count());
            self.printer.push_control(&self.title.change(title));
        }
        if !self.ready && session.is_ready() {
            self.ready = true;
            self.tell(News::Ready);
        }
    }

    fn next_deadline(&self) -> Option<Duration> {
        let unsent = self.unsent.is_due.then_some(self.unsent.next_at);
        let deadlines = [self.page.scrollback.next_deadline(), unsent];
        deadlines.into_iter().flatten().min()
    }

    fn line_done(&mut self, session: &Session) {
        self.tell(News::TypedDone {
            leaving: session.is_leaving(),
        });
    }

    fn run_local(&mut self, line: &str) {
        if command::parse(line) == Ok(UserCommand::LocalCommand(LocalCommand::Clear)) {
            return self.tell(News::Clear);
        }
        self.page.run_local(line);
    }

    fn ask_nick(&mut self, nick: String, why: String) {
        self.tell(News::AskNick { nick, why });
    }

    fn is_backlogged(&self) -> bool {
        // Above a prompt older lines give way; the server is never made to wait for a terminal.
        false
    }

    fn ended(&mut self, outcome: Outcome) {
        self.ended = true;
        self.printer.push_control(&self.title.change(None));
        // Before the news, behind which the editor may be used for another conversation.
        self.remote.end();
        self.tell(News::Ended(outcome));
    }
}

impl Drop for TerminalFront {
    /// Also when this thread fails, the main thread must not wait for it.
    fn drop(&mut self) {
        if !self.ended {
            self.printer.push_control(&self.title.change(None));
            self.remote.end();
        }
    }
}
