//! What a session is to do, decided before it begins.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::command::JoinTarget;
use crate::client::event::matcher::EventMatcher;

/// What a session is to do, decided before it begins.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// The nick to ask for.
    pub nick: String,
    /// Other nicks, to be tried in turn when that one cannot be had.
    pub alternatives: Vec<String>,
    /// The user name to tell the server; the nick when there is none.
    pub user: Option<String>,
    /// The real name to tell the server; the nick when there is none.
    pub real_name: Option<String>,
    /// What `PASS` says, where the server wants a password.
    pub password: Option<String>,
    /// Lines that are done as if typed on each connection, before rooms are entered.
    pub on_connect: Vec<String>,
    /// The rooms to join, besides those that the server joins everyone to.
    pub rooms: Vec<JoinTarget>,
    /// Whether lines come from a script: then nothing is asked, each line is fenced, and a lost
    /// server is the end.
    pub script: bool,
    /// Whether a script ends at the first line that is refused.
    pub strict: bool,
    /// What a script waits for before it ends.
    pub wait: Option<EventMatcher>,
    /// When to give up, counted from the beginning.
    pub time_limit: Option<Duration>,
    /// Nicks and masks of those whose words are not shown.
    pub ignore: Vec<String>,
    /// Words that call this person as their nick does.
    pub highlight: Vec<String>,
    /// Whether a log is kept, which also has what a script says.
    pub log: bool,
    /// Short names for longer beginnings of a line, without their slash.
    pub aliases: BTreeMap<String, String>,
}
