//! Whom the user listens to and answers: the last whisper, the mentions since the last input, and
//! the ignore list.

use super::ignore_list::IgnoreList;
use crate::client::session::incoming::ctcp::CtcpAnswers;

/// Whom the user listens to and answers.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Attention {
    pub(in crate::client::session) ignore_list: IgnoreList,
    /// When CTCP requests were answered.
    pub(in crate::client::session) ctcp_answers: CtcpAnswers,
    /// The room of the prompt at which the current line was typed.
    pub(in crate::client::session) typed_in: Option<String>,
    /// The last person who whispered to the user.
    pub(in crate::client::session) last_whisperer: Option<String>,
    /// The last person who whispered, if that person has left.
    pub(in crate::client::session) departed_whisperer: Option<String>,
    /// How many mentions in the active room and whispers there were since the user last typed.
    pub(in crate::client::session) highlight_count: u32,
}

impl Attention {
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
