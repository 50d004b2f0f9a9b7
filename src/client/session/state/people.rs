//! Details of users besides their nicks, as long as they are in a room of this user.

use super::member::PersonDetails;
use super::rooms::JoinedRooms;

impl JoinedRooms {
    /// The details of a user.
    pub(in crate::client::session) fn person(&self, nick: &str) -> Option<&PersonDetails> {
        self.people.get(&*self.isupport.lookup_key(nick))
    }

    /// Changes what is known of a user, if the user is in one of the rooms.
    pub(in crate::client::session) fn note_person(
        &mut self,
        nick: &str,
        change: impl FnOnce(&mut PersonDetails),
    ) {
        if self.is_visible(nick) {
            change(self.people.entry(self.isupport.key(nick)).or_default());
        }
    }

    /// Forgets a user who is in none of the rooms any more.
    pub(super) fn forget_person_unless_visible(&mut self, nick: &str) {
        if !self.is_visible(nick) {
            self.people.remove(&self.isupport.key(nick));
        }
    }

    /// Forgets all users who are in none of the rooms any more.
    pub(super) fn forget_invisible_people(&mut self) {
        let rooms = &self.rooms;
        self.people
            .retain(|key, _| rooms.values().any(|room| room.members.contains_key(key)));
    }
}
