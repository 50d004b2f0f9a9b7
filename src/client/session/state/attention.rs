//! The attention of the user: the last whisper, the mentions since the last input, and the ignore
//! list.

use std::collections::VecDeque;
use std::time::Duration;

use super::ctcp_answers::CtcpAnswers;
use super::ignore_list::IgnoreList;

/// The attention of the user: whispers, mentions, speakers and ignored people.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Attention {
    pub(in crate::client::session) ignore_list: IgnoreList,
    /// When CTCP requests were answered.
    pub(in crate::client::session) ctcp_answers: CtcpAnswers,
    /// The room of the prompt at which the current line was typed.
    pub(in crate::client::session) typed_in: Option<String>,
    /// The last person who whispered to the user.
    pub(in crate::client::session) last_whisperer: Option<String>,
    /// The session time of that whisper, also when that person has left.
    pub(in crate::client::session) whispered_at: Option<Duration>,
    /// The last person who whispered, if that person has left.
    pub(in crate::client::session) departed_whisperer: Option<String>,
    /// How many mentions in the active room and whispers there were since the user last typed.
    pub(in crate::client::session) highlight_count: u32,
    /// The last people who spoke, in a room or in a whisper, wherever they are now.
    speakers: VecDeque<String>,
}

/// How many people who spoke are remembered.
const SPEAKERS_MAX: usize = 200;

impl Attention {
    /// Remembers who spoke.
    pub(in crate::client::session) fn note_speaker(&mut self, nick: &str) {
        if self.speakers.back().is_some_and(|last| last == nick) {
            return;
        }
        let known = self.speakers.iter().position(|speaker| speaker == nick);
        match known.and_then(|at| self.speakers.remove(at)) {
            Some(speaker) => self.speakers.push_back(speaker),
            None => self.speakers.push_back(nick.to_owned()),
        }
        if self.speakers.len() > SPEAKERS_MAX {
            self.speakers.pop_front();
        }
    }

    /// The last people who spoke.
    pub(in crate::client::session) fn speakers(&self) -> impl Iterator<Item = &str> {
        self.speakers.iter().map(String::as_str)
    }

    /// The state at the start, with the masks of the configuration ignored.
    pub(in crate::client::session) fn new(ignored: &[String]) -> Self {
        let mut ignore_list = IgnoreList::default();
        for mask in ignored {
            ignore_list.add(mask);
        }
        Self {
            ignore_list,
            ..Self::default()
        }
    }
}
