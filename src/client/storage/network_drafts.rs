//! The drafts of all networks of a run: each has a store of its own, so that a text is offered again
//! where it was typed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::drafts::{DraftOffer, DraftStore};
use super::saved_draft::SavedDraft;
use crate::client::event::{NetworkId, NetworkName, UnsentText};

/// The stores of all networks. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct NetworkDrafts {
    stores: Arc<Mutex<Vec<StoreOfNetwork>>>,
}

#[derive(Debug)]
struct StoreOfNetwork {
    id: NetworkId,
    name: NetworkName,
    store: DraftStore,
}

/// A text of an earlier run, and the network that it was typed on.
#[derive(Debug)]
pub(in crate::client) struct OfferedDraft {
    pub(in crate::client) network: NetworkId,
    /// The name of the network and a slash, where there are several.
    pub(in crate::client) prefix: String,
    pub(in crate::client) draft: SavedDraft,
}

impl NetworkDrafts {
    /// Adds the store of a network.
    pub(in crate::client) fn add(&self, id: NetworkId, name: NetworkName, store: DraftStore) {
        self.lock().push(StoreOfNetwork { id, name, store });
    }

    /// A network has ended. Returns whether texts for it are saved.
    pub(in crate::client) fn remove(&self, id: NetworkId) -> bool {
        let mut stores = self.lock();
        let Some(at) = stores.iter().position(|one| one.id == id) else {
            return false;
        };
        let store = stores.remove(at).store;
        drop(stores);
        let has_unsent = store.has_unsent();
        // The line that is being typed goes to another network.
        store.set("", None);
        store.finish();
        has_unsent
    }

    /// Sets the draft, and the network and the room in which it is typed.
    pub(in crate::client) fn set(
        &self,
        text: &str,
        network: Option<NetworkId>,
        room: Option<&str>,
    ) {
        for (at, one) in self.lock().iter().enumerate() {
            match network.map_or(at == 0, |network| network == one.id) {
                true => one.store.set(text, room),
                false => one.store.set("", None),
            }
        }
    }

    /// Sets the messages for a network that were entered and are not sent yet, or not confirmed.
    pub(in crate::client) fn set_unsent(&self, id: NetworkId, unsent: &[UnsentText]) {
        if let Some(one) = self.lock().iter().find(|one| one.id == id) {
            one.store.set_unsent(unsent);
        }
    }

    /// Whether there are messages that are not sent yet.
    pub(in crate::client) fn has_unsent(&self) -> bool {
        self.lock().iter().any(|one| one.store.has_unsent())
    }

    /// The text to announce now, if the first one of a network was not announced yet. Its target has
    /// the name of the network where there are several.
    pub(in crate::client) fn next_offer(&self) -> Option<DraftOffer> {
        let stores = self.lock();
        let (prefix, mut offer) = stores
            .iter()
            .find_map(|one| Some((prefix_of(one, &stores), one.store.next_offer()?)))?;
        let target = offer.draft.target.take();
        offer.draft.target = target.map(|target| format!("{prefix}{target}"));
        Some(offer)
    }

    /// The text that [`NetworkDrafts::restore`] will restore.
    pub(in crate::client) fn offered(&self) -> Option<OfferedDraft> {
        let stores = self.lock();
        stores.iter().find_map(|one| {
            Some(OfferedDraft {
                network: one.id,
                prefix: prefix_of(one, &stores),
                draft: one.store.offered()?,
            })
        })
    }

    /// Makes the first offered text the current draft, in this room.
    pub(in crate::client) fn restore(&self, room: Option<&str>) -> Option<String> {
        let stores = self.lock();
        stores.iter().find_map(|one| one.store.restore(room))
    }

    /// Writes the files that are out of date now.
    pub(in crate::client) fn write_now(&self) {
        for one in self.lock().iter() {
            one.store.write_now();
        }
    }

    /// Writes the files and unlocks them for the next run.
    pub(in crate::client) fn finish(&self) {
        for one in self.lock().iter() {
            one.store.finish();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<StoreOfNetwork>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn prefix_of(one: &StoreOfNetwork, all: &[StoreOfNetwork]) -> String {
    match all.len() {
        1 => String::new(),
        _ => format!("{}/", one.name),
    }
}
