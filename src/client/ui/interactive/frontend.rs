//! What a session has to show, for a terminal.

use std::sync::mpsc;
use std::time::Duration;

use super::News;
use crate::client::command::{self, LocalCommand, UserCommand};
use crate::client::config::options::Format;
use crate::client::editor::EditorHandle;
use crate::client::event::Event;
use crate::client::event::json::{MessageTags, Record};
use crate::client::net::Front;
use crate::client::session::{Outcome, Session};
use crate::client::storage::drafts::DraftStore;
use crate::client::terminal::printer::Printer;
use crate::client::terminal::title::Title;
use crate::client::view::raw_line;
use crate::client::view::scrollback::ScrollbackWriter;

/// Shows a session in a terminal.
pub(super) struct TerminalFront {
    pub(super) page: ScrollbackWriter,
    /// What standard output gets: what a person reads, unless it goes elsewhere.
    pub(super) format: Format,
    pub(super) stamp: MessageTags,
    pub(super) printer: Printer,
    pub(super) remote: EditorHandle,
    pub(super) title: Title,
    /// Where what cannot be sent yet is kept, and how many lines it was.
    pub(super) drafts: Option<DraftStore>,
    pub(super) unsent_count: usize,
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
    fn set_unsent(&mut self, session: &Session) {
        let count = session.unsent_count();
        if std::mem::replace(&mut self.unsent_count, count) != count
            && let Some(drafts) = &self.drafts
        {
            drafts.set_unsent(session.unsent());
        }
    }
}

impl Front for TerminalFront {
    fn show(&mut self, event: &Event, unix_seconds: i64, session: &Session) {
        if matches!(event, Event::Sent { .. }) {
            self.set_unsent(session);
        }
        match self.format {
            Format::Plain => self.page.show(event, unix_seconds, session.active_room()),
            _ if event.is_as_typed() => {
                self.page.show(event, unix_seconds, session.active_room());
            }
            Format::Json => {
                let record = Record::of(event, unix_seconds, &self.stamp);
                let line = record.map(|record| record.line());
                self.page.add(&line.unwrap_or_default());
            }
            Format::Raw => {}
        }
    }

    fn stamp(&mut self, stamp: MessageTags) {
        self.stamp = stamp;
    }

    fn received(&mut self, line: &[u8]) {
        if self.format == Format::Raw {
            self.page.add(&raw_line(line, false));
        }
    }

    fn changed(&mut self, session: &Session, elapsed: Duration) {
        self.set_unsent(session);
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

    fn held_until(&self) -> Option<Duration> {
        self.page.scrollback.next_deadline()
    }

    fn typed_done(&mut self, session: &Session) {
        self.tell(News::TypedDone {
            leaving: session.is_leaving(),
        });
    }

    fn local(&mut self, line: &str) {
        if command::parse(line) == Ok(UserCommand::LocalCommand(LocalCommand::Clear)) {
            return self.tell(News::Clear);
        }
        self.page.run_local(line);
    }

    fn ask_nick(&mut self, nick: String, why: String) {
        self.tell(News::AskNick { nick, why });
    }

    fn is_full(&self) -> bool {
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
