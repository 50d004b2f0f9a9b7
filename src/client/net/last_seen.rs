//! Keeps the time of the last line seen of a network, for the next run.

use std::time::Duration;

use super::{Driver, Frontend};
use crate::client::session::SessionTime;
use crate::client::storage::last_seen;

/// How often it is written at most.
const SAVE_PAUSE: Duration = Duration::from_secs(2);

impl<F: Frontend> Driver<F> {
    /// Writes when the last line of this network was seen, if that has changed since a while, or if its
    /// session ends.
    pub(super) fn save_last_seen(&mut self, at: usize, is_end: bool, now: SessionTime) {
        let Some(link) = self.links.get_mut(at) else {
            return;
        };
        let network = self.networks.get(link.id);
        let seen = network.and_then(|network| network.session.last_seen());
        let is_due = is_end || now.elapsed >= link.seen_saved_at + SAVE_PAUSE;
        if let (Some(file), Some(milliseconds), true) = (&link.files.seen, seen, is_due)
            && seen != link.seen_saved
        {
            link.seen_saved = seen;
            link.seen_saved_at = now.elapsed;
            // Without it, the bouncer only shows again what the user has seen.
            let _ = last_seen::write(file, milliseconds);
        }
    }
}
