//! One connection: its socket, the unfinished line that was received, and the unsent bytes.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::Shutdown;
use std::time::Duration;

use mio::net::TcpStream;

use super::layers::{LayerError, Layers};
use super::listener::ListenerKind;
use super::proxy_header::ForwardedUser;
use crate::server::hub::{ConnectionId, LineSpan, Outbox};
use crate::wire::Lines;
use crate::wire::message::{BODY_BYTES_MAX, CLIENT_TAGS_BYTES_MAX};

/// The longest line of a client, in bytes, with its tags and without its ending.
const LINE_BYTES_MAX: usize = CLIENT_TAGS_BYTES_MAX + BODY_BYTES_MAX - "\r\n".len();

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Lines are received and sent.
    Open,
    /// Nothing is read until a timer or an answer ends the pause: data waits in the kernel, and
    /// then at the sender.
    Paused,
    /// The hub has removed it, and lines for it wait for the store. Nothing is read.
    Draining,
    /// The hub has removed it. Unsent bytes are still sent, and received bytes are discarded:
    /// unread data would make the kernel send a reset, which can destroy the last lines.
    Closing,
    /// The socket is no longer used. The slot is freed at the end of the iteration.
    Closed,
}

/// Whether more lines can be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendQueue {
    Open,
    /// Too much is queued: no more lines are accepted.
    Overfull,
    /// Only the closing reason is still accepted.
    FinalMessage,
}

/// One connection.
///
/// A line for many touches the connections of all of them, so the fields for queueing and writing
/// are together at the start.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    /// The unsent bytes, if they cannot stay in the outbox.
    buffer: Vec<u8>,
    /// Unsent lines of this iteration that are contiguous in the outbox. Empty if `buffer` is not.
    outbox_span: LineSpan,
    /// Encryption and WebSocket messages, on a listener with them.
    layers: Option<Box<Layers>>,
    /// How many bytes at the start of `buffer` are sent already; the limit on a queue is 1 GiB.
    sent_bytes: u32,
    stream: TcpStream,
    pub(super) state: ConnectionState,
    pub(super) queue: SendQueue,
    /// Whether it is in the reactor's list of connections to write.
    pub(super) write_scheduled: bool,
    /// Whether it is in the reactor's list of connections to write when there is time.
    pub(super) write_deferred: bool,
    pub(super) writable: bool,
    /// Whether it has to read its responses before more of its lines are handled.
    pub(super) must_drain: bool,
    /// Whether it is in the reactor's list of connections to read.
    pub(super) is_ready: bool,
    pub(super) readable: bool,
    pub(super) lines: Lines,
    /// Its address, as a number of the [`ReadyQueue`](super::ready::ReadyQueue).
    address: u32,
    /// When it was read last, in whole seconds, rounded down.
    pub(super) read_at: u32,
    /// How long its backlog lasts at the rate of a slow reader.
    pub(super) busy_until: Duration,
    /// When its timer fires, which ends a pause or the closing.
    pub(super) wake_at: Option<Duration>,
    /// How many tasks of the hub it waits for; it is paused until all are answered.
    pub(super) unanswered: u16,
    /// Whether it waits until fewer lines wait for the store; it is paused until then.
    pub(super) awaits_store: bool,
    /// Whether nothing was received from it yet.
    pub(super) awaits_first_read: bool,
    /// Whether the end of the stream was read.
    pub(super) at_eof: bool,
    /// Whether the system reported the end of the stream. No further event comes for it, so reading
    /// goes on until the end is read.
    pub(super) read_closed: bool,
    /// Whether the client has reset it.
    pub(super) is_reset: bool,
}

#[cfg(not(debug_assertions))] // With them the library notes more about a socket.
const _: () = assert!(mem::offset_of!(Connection, lines) <= 64 && size_of::<Connection>() <= 152);

/// The result of a read.
#[derive(Debug)]
pub(super) enum SocketRead {
    /// The number of bytes that are in the buffer.
    Bytes(usize),
    /// The bytes of lines, if there are any, are in the buffer for those that come out of layers.
    /// `is_secured` says that the handshake of TLS has just been completed, and `forwarded` that the
    /// header of a proxy has been.
    Unwrapped {
        is_secured: bool,
        forwarded: Option<ForwardedUser>,
    },
    /// The client has broken the rules of a layer. The answer to that waits to be sent.
    LayerFailed(Box<LayerError>),
    WouldBlock,
    Eof,
}

impl Connection {
    pub(super) fn new(
        id: ConnectionId,
        stream: TcpStream,
        layers: Option<Box<Layers>>,
        address: usize,
    ) -> Self {
        Self {
            id,
            // There are no more addresses than connections, whose number fits.
            address: u32::try_from(address).unwrap_or(u32::MAX),
            state: ConnectionState::Open,
            queue: SendQueue::Open,
            lines: Lines::new(LINE_BYTES_MAX),
            must_drain: false,
            busy_until: Duration::ZERO,
            wake_at: None,
            read_at: 0,
            unanswered: 0,
            awaits_store: false,
            is_ready: false,
            write_scheduled: false,
            write_deferred: false,
            awaits_first_read: layers.is_none(),
            at_eof: false,
            readable: false,
            read_closed: false,
            is_reset: false,
            writable: true,
            stream,
            layers,
            buffer: Vec::new(),
            sent_bytes: 0,
            outbox_span: LineSpan::EMPTY,
        }
    }

    /// Its address, as a number of the [`ReadyQueue`](super::ready::ReadyQueue).
    pub(super) fn address(&self) -> usize {
        self.address as usize
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == ConnectionState::Open
    }

    /// Whether lines can still be queued for it.
    pub(super) fn is_known(&self) -> bool {
        use ConnectionState::{Draining, Open, Paused};
        matches!(self.state, Open | Paused | Draining)
    }

    /// Whether it is paused until an answer or the store ends the pause.
    pub(super) fn is_held(&self) -> bool {
        self.unanswered > 0 || self.awaits_store
    }

    /// Puts it into the list of connections to write, unless it is there.
    pub(super) fn schedule_write(&mut self, unsent: &mut Vec<usize>) {
        if !mem::replace(&mut self.write_scheduled, true) {
            unsent.push(self.id.index());
        }
    }

    /// The same for the list of connections to write when there is time.
    pub(super) fn defer_write(&mut self, unsent_later: &mut VecDeque<usize>) {
        if !self.write_scheduled && !mem::replace(&mut self.write_deferred, true) {
            unsent_later.push_back(self.id.index());
        }
    }

    /// Reads once. A read that does not fill the buffer is the last one until the next event.
    /// Bytes decoded by layers are in `plain`.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        plain: &mut Vec<u8>,
        queues: &mut SendQueues,
    ) -> io::Result<SocketRead> {
        match self.read_socket(buffer)? {
            SocketRead::Bytes(count) if self.layers.is_some() => {
                let before = self.unsent_bytes();
                let received = buffer.get_mut(..count).unwrap_or_default();
                let read = self.unwrap(received, plain, &mut queues.sealed);
                queues.replace(before, self.unsent_bytes());
                read
            }
            read => Ok(read),
        }
    }

    fn unwrap(
        &mut self,
        received: &mut [u8],
        plain: &mut Vec<u8>,
        sealed: &mut Vec<u8>,
    ) -> io::Result<SocketRead> {
        plain.clear();
        let Some(layers) = &mut self.layers else {
            return Ok(SocketRead::WouldBlock);
        };
        let was_secure = layers.is_secure();
        let result = layers.receive(received, plain);
        self.writable &= layers.flush(&mut self.stream, sealed)?;
        if let Err(error) = result {
            return Ok(SocketRead::LayerFailed(Box::new(error)));
        }
        // The next read reports the end.
        self.readable |= layers.is_peer_closed();
        let read = SocketRead::Unwrapped {
            is_secured: !was_secure && layers.is_secure(),
            forwarded: layers.take_forwarded(),
        };
        if layers.are_done() {
            self.layers = None;
            self.awaits_first_read = true;
        }
        Ok(read)
    }

    /// The SHA-256 of the certificate of its client, if that has sent one.
    pub(super) fn client_fingerprint(&self) -> Option<[u8; 32]> {
        self.layers.as_ref()?.client_fingerprint()
    }

    /// The layers between its lines and its socket.
    pub(super) fn kind(&self) -> ListenerKind {
        let layers = self.layers.as_ref();
        layers.map_or(ListenerKind::default(), |layers| layers.kind())
    }

    /// Whether a proxy is still to send its header.
    pub(super) fn awaits_proxy_header(&self) -> bool {
        let layers = self.layers.as_ref();
        layers.is_some_and(|layers| layers.awaits_proxy_header())
    }

    /// Ends the layers of a connection whose first bytes are wrong: the reason is sent in clear, as the
    /// header of a proxy is.
    pub(super) fn drop_layers(&mut self, queues: &mut SendQueues) {
        let before = self.unsent_bytes();
        self.layers = None;
        queues.replace(before, self.unsent_bytes());
    }

    /// Moves it to another address, as a number of the [`ReadyQueue`](super::ready::ReadyQueue).
    pub(super) fn set_address(&mut self, address: usize) {
        self.address = u32::try_from(address).unwrap_or(u32::MAX);
    }

    /// Whether a handshake is still to be completed.
    pub(super) fn is_in_handshake(&self) -> bool {
        let layers = self.layers.as_ref();
        layers.is_some_and(|layers| layers.is_in_handshake())
    }

    fn read_socket(&mut self, buffer: &mut [u8]) -> io::Result<SocketRead> {
        if !self.readable {
            return Ok(SocketRead::WouldBlock);
        }
        if self
            .layers
            .as_ref()
            .is_some_and(|layers| layers.is_peer_closed())
        {
            self.readable = false;
            self.at_eof = true;
            return Ok(SocketRead::Eof);
        }
        match self.stream.read(buffer) {
            Ok(0) => {
                self.readable = false;
                self.at_eof = true;
                Ok(SocketRead::Eof)
            }
            Ok(count) => {
                self.readable = count == buffer.len() || self.read_closed;
                Ok(SocketRead::Bytes(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(SocketRead::WouldBlock)
            }
            // It is still readable, so the next iteration tries again.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(SocketRead::WouldBlock),
            Err(error) => Err(error),
        }
    }

    /// Queues a line of this iteration where that takes no copy and no limit is near: in a busy room
    /// all members get the same lines, which are contiguous in the outbox and stay there. Returns
    /// whether it did.
    #[inline]
    pub(super) fn extend_span(
        &mut self,
        line: LineSpan,
        unsent_max: usize,
        queues: &mut SendQueues,
    ) -> bool {
        let is_simple =
            self.queue == SendQueue::Open && self.buffer.is_empty() && self.layers.is_none();
        match self.outbox_span.join(line) {
            Some(longer) if is_simple && longer.len() <= unsent_max => {
                self.outbox_span = longer;
                queues.queued_bytes += line.len();
                true
            }
            _ => false,
        }
    }

    /// Queues a line of this iteration. Text that cannot stay in the outbox is copied.
    pub(super) fn push(&mut self, line: LineSpan, outbox: &Outbox, queues: &mut SendQueues) {
        queues.queued_bytes += line.len();
        if self.buffer.is_empty() {
            if let Some(longer) = self.outbox_span.join(line) {
                self.outbox_span = longer;
                return;
            }
            self.copy_from_outbox(outbox, queues);
        }
        self.buffer.extend_from_slice(outbox.bytes(line));
    }

    #[inline]
    pub(super) fn unsent_bytes(&self) -> usize {
        let wrapped = self
            .layers
            .as_ref()
            .map_or(0, |layers| layers.unsent_bytes());
        self.plain_bytes() + wrapped
    }

    /// The unsent bytes that are not in a layer yet.
    fn plain_bytes(&self) -> usize {
        self.buffer.len() - self.sent_bytes as usize + self.outbox_span.len()
    }

    /// Copies its lines from the outbox into its own buffer.
    pub(super) fn copy_from_outbox(&mut self, outbox: &Outbox, queues: &mut SendQueues) {
        let fresh = mem::replace(&mut self.outbox_span, LineSpan::EMPTY);
        if fresh.len() > 0 {
            self.buffer = queues.take();
            self.buffer.extend_from_slice(outbox.bytes(fresh));
        }
    }

    /// Sends the unsent bytes, as far as the socket accepts them. The rest is copied from the
    /// outbox.
    pub(super) fn write(&mut self, outbox: &Outbox, queues: &mut SendQueues) -> io::Result<()> {
        let before = self.unsent_bytes();
        let written = match self.layers.is_some() {
            true => self.write_wrapped(outbox, queues),
            false => self.write_out(outbox),
        };
        queues.replace(before, self.unsent_bytes());
        if self.outbox_span.len() > 0 {
            self.copy_from_outbox(outbox, queues);
        } else if self.sent_bytes as usize == self.buffer.len() {
            queues.give_back(mem::take(&mut self.buffer));
            self.sent_bytes = 0;
        } else if self.sent_bytes as usize > self.buffer.len() / 2 {
            // More is sent since the last move than is moved now, so the cost stays proportional.
            self.buffer.drain(..self.sent_bytes as usize);
            self.sent_bytes = 0;
        }
        written
    }

    /// Writes until the socket is full; a socket that is known to be full is not tried.
    fn write_out(&mut self, outbox: &Outbox) -> io::Result<()> {
        while self.writable && self.plain_bytes() > 0 {
            let unsent = next_plain(&self.buffer, self.sent_bytes, outbox, self.outbox_span);
            match self.stream.write(unsent) {
                Ok(count) => {
                    self.writable = count == unsent.len();
                    self.skip_plain(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The same for a connection with layers, once their handshakes are complete.
    fn write_wrapped(&mut self, outbox: &Outbox, queues: &mut SendQueues) -> io::Result<()> {
        let Some(mut layers) = self.layers.take() else {
            return Ok(());
        };
        let written = self.write_through(&mut layers, outbox, &mut queues.sealed);
        self.layers = Some(layers);
        written
    }

    fn write_through(
        &mut self,
        layers: &mut Layers,
        outbox: &Outbox,
        sealed: &mut Vec<u8>,
    ) -> io::Result<()> {
        while self.writable {
            self.writable = layers.flush(&mut self.stream, sealed)?;
            if !self.writable || self.plain_bytes() == 0 || !layers.can_send() {
                break;
            }
            let unsent = next_plain(&self.buffer, self.sent_bytes, outbox, self.outbox_span);
            let (taken, writable) = layers.send(unsent, &mut self.stream, sealed)?;
            self.writable = writable;
            self.skip_plain(taken);
        }
        Ok(())
    }

    /// Skips the first `count` bytes of [`next_plain`], which are sent or in a layer.
    fn skip_plain(&mut self, count: usize) {
        match self.buffer.is_empty() {
            true => self.outbox_span = self.outbox_span.skip(count),
            false => self.sent_bytes += u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    /// Drops the unsent bytes after the first line, which may be sent in part. Only the reason for
    /// the end can follow it.
    pub(super) fn drop_unsent(&mut self, queues: &mut SendQueues) {
        let unsent = self.buffer.get(self.sent_bytes as usize..);
        let unsent = unsent.unwrap_or_default();
        let first_line = unsent.split_inclusive(|byte| *byte == b'\n').next();
        let kept = first_line.unwrap_or_default().to_vec();
        queues.queued_bytes -= unsent.len() - kept.len();
        self.buffer = kept;
        self.sent_bytes = 0;
    }

    /// Closes the sending direction.
    pub(super) fn shutdown_write(&mut self, queues: &mut SendQueues) {
        let before = self.unsent_bytes();
        if let Some(layers) = &mut self.layers {
            layers.close(&mut self.stream);
        }
        queues.replace(before, self.unsent_bytes());
        // If that fails the connection is lost already, and a read reports it.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

/// The unsent bytes to send next: those of the buffer, else those in the outbox.
fn next_plain<'b>(
    buffer: &'b [u8],
    sent_bytes: u32,
    outbox: &'b Outbox,
    outbox_span: LineSpan,
) -> &'b [u8] {
    match buffer.is_empty() {
        true => outbox.bytes(outbox_span),
        false => buffer.get(sent_bytes as usize..).unwrap_or_default(),
    }
}

/// The totals of all send queues, and empty buffers for reuse.
#[derive(Debug, Default)]
pub(super) struct SendQueues {
    queued_bytes: usize,
    /// A buffer for encrypted bytes, for one write at a time.
    sealed: Vec<u8>,
    spare: Vec<Vec<u8>>,
    spare_bytes: usize,
}

/// The most memory that is kept in empty buffers, in bytes.
const SPARE_BYTES_MAX: usize = 4 * 1024 * 1024;

impl SendQueues {
    /// The unsent bytes of all connections together.
    pub(super) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Replaces the count of a connection: `before` unsent bytes by `after`.
    fn replace(&mut self, before: usize, after: usize) {
        self.queued_bytes = self.queued_bytes + after - before;
    }

    /// Subtracts the unsent bytes of a connection that is removed.
    pub(super) fn remove(&mut self, connection: &Connection) {
        self.queued_bytes -= connection.unsent_bytes();
    }

    fn take(&mut self) -> Vec<u8> {
        let buffer = self.spare.pop().unwrap_or_default();
        self.spare_bytes -= buffer.capacity();
        buffer
    }

    fn give_back(&mut self, mut buffer: Vec<u8>) {
        if buffer.capacity() > 0 && self.spare_bytes + buffer.capacity() <= SPARE_BYTES_MAX {
            buffer.clear();
            self.spare_bytes += buffer.capacity();
            self.spare.push(buffer);
        }
    }

    /// Releases the memory of the empty buffers.
    pub(super) fn release_spare(&mut self) {
        self.spare = Vec::new();
        self.spare_bytes = 0;
        self.sealed = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_buffers_are_used_again_and_kept_only_up_to_their_bound() {
        let mut queues = SendQueues::default();
        let buffer = vec![1; SPARE_BYTES_MAX];
        queues.give_back(buffer);
        queues.give_back(vec![1; 1]);
        assert_eq!(queues.spare.len(), 1, "one byte more is not kept");
        let buffer = queues.take();
        assert_eq!((buffer.len(), buffer.capacity()), (0, SPARE_BYTES_MAX));
        assert_eq!(queues.take().capacity(), 0);
        assert_eq!(queues.spare_bytes, 0);
    }
}
