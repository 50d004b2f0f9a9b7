//! The number of a connection, by which the event loop, the threads and the hub name it.

/// Identifies a connection among all the connections of the server's lifetime.
///
/// The index is the slot, which later connections use again. The generation is never used again, so
/// an event that arrives late for one connection does not affect its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    index: u32,
    generation: u32,
}

impl ConnectionId {
    /// The connection in slot `index`, the `generation`th there.
    pub fn new(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// Its slot.
    pub fn index(self) -> usize {
        self.index as usize
    }
}
