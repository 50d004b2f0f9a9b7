//! Announces the texts that an earlier run has left, above the prompt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::editor::EditorHandle;
use crate::client::storage::network_drafts::NetworkDrafts;
use crate::client::storage::saved_draft::DraftStage;
use crate::client::view::Renderer;

/// Announces the texts of earlier runs: before a line is read, and while one is typed when another
/// text is found. Clones share their state.
#[derive(Debug, Clone)]
pub(super) struct OfferAnnouncer {
    drafts: NetworkDrafts,
    editor_handle: EditorHandle,
    renderer: Renderer,
    /// Whether a line is being read; the key that restores a text is no key of a question.
    is_reading: Arc<AtomicBool>,
}

impl OfferAnnouncer {
    pub(super) fn new(
        drafts: NetworkDrafts,
        editor_handle: EditorHandle,
        renderer: Renderer,
    ) -> Self {
        Self {
            drafts,
            editor_handle,
            renderer,
            is_reading: Arc::default(),
        }
    }

    /// A line is about to be read: announces the next text.
    pub(super) fn begin_line(&self) {
        // Before the look at the texts: what another thread adds after it is announced there.
        self.is_reading.store(true, Ordering::SeqCst);
        self.announce();
    }

    /// A line was read. Until the next one nothing is announced.
    pub(super) fn end_line(&self) {
        self.is_reading.store(false, Ordering::SeqCst);
    }

    /// Texts were added: announces the next one, or leaves that to the next line.
    pub(super) fn announce(&self) {
        if !self.is_reading.load(Ordering::SeqCst) {
            return;
        }
        if let Some(offer) = self.drafts.next_offer() {
            let announcement = self.renderer.unsent_offer(
                &offer.draft.text,
                offer.draft.target.as_deref(),
                offer.draft.stage == DraftStage::InTransit,
                [offer.draft.unix_seconds, offer.now],
                offer.more,
            );
            self.editor_handle.print_note(&announcement);
        }
    }
}
