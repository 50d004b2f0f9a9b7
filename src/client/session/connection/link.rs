//! The connection to the server as the session knows it: how far it is, when it was last heard
//! from, and why it ends.

use std::time::Duration;

use super::deferred_user::DeferredUser;
use super::login_state::Login;
use super::pending_pings::PendingPings;
use super::server_capabilities::ServerCapabilities;
use super::server_clock::ServerClock;
use super::wake_watch::WakeWatch;
use crate::client::session::incoming::replay::Replay;
use crate::client::session::{CloseReason, SessionTime};

/// The state of binding the connection to one network of a bouncer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::client::session) enum Binding {
    /// It has not begun.
    #[default]
    NotBegun,
    /// `BOUNCER BIND` is sent. Only a failure is answered.
    Sent,
    /// The bouncer has refused it.
    Failed,
}

/// The state of the connection, and of the ones before it.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Link {
    /// The name of the server.
    pub(in crate::client::session) server: Option<String>,
    pub(in crate::client::session) capabilities: ServerCapabilities,
    /// The login to the account of the user.
    pub(in crate::client::session) login: Login,
    /// Whether the connection is bound to a network of a bouncer.
    pub(in crate::client::session) binding: Binding,
    /// Only `CAP LS` is sent; the rest follows its answer, at this time at the latest.
    pub(in crate::client::session) introduction_at: Option<Duration>,
    /// `USER` is not sent yet.
    pub(in crate::client::session) deferred_user: Option<DeferredUser>,
    /// The timeout of the message of the day.
    pub(in crate::client::session) motd_deadline: Option<Duration>,
    /// Rooms to join after the login to a service.
    pub(in crate::client::session) rooms_after_login: Vec<String>,
    /// Whether a registration has succeeded, on this connection or one before.
    pub(in crate::client::session) was_registered: bool,
    /// Whether the server has welcomed the user before: a connection can be lost before the welcome is
    /// complete.
    pub(in crate::client::session) was_welcomed: bool,
    /// Whether the user was greeted, which happens once.
    pub(in crate::client::session) was_greeted: bool,
    /// The attempts to connect since the last good connection.
    pub(in crate::client::session) reconnect_attempts: u32,
    /// When the server was last heard from.
    pub(in crate::client::session) last_received: Duration,
    /// Which lines of the server are replayed history.
    pub(in crate::client::session) replay: Replay,
    /// The clock of the server.
    pub(in crate::client::session) server_clock: ServerClock,
    /// When the connection of a script was lost, until there is another one.
    pub(in crate::client::session) lost_since: Option<Duration>,
    /// The pings of the client that are not answered.
    pub(in crate::client::session) pings: PendingPings,
    /// When to tell the user that the server has not sent its welcome since the connection.
    pub(in crate::client::session) greeting_late_at: Option<Duration>,
    /// Whether the machine has slept, and the server is alive after that.
    pub(in crate::client::session) wake: WakeWatch,
    /// Whether a `PING` waits for its answer.
    pub(in crate::client::session) ping_sent: bool,
    /// Why the connection is about to close.
    pub(in crate::client::session) close_reason: Option<CloseReason>,
    /// The user knows that leaving closes the hosted room for others.
    pub(in crate::client::session) warned_of_others: bool,
    /// The hosted server is to be stopped.
    pub(in crate::client::session) closes_room: bool,
    /// The server has refused the registration: no attempt follows by itself.
    pub(in crate::client::session) refusal: Option<CloseReason>,
    /// The session time of the next attempt to connect.
    pub(in crate::client::session) retry_at: Option<Duration>,
}

impl Link {
    /// A new connection begins.
    pub(in crate::client::session) fn reset(&mut self, now: SessionTime) {
        self.on_received(now.elapsed);
        self.replay = Replay::new(now);
        self.server_clock = ServerClock::default();
        self.close_reason = None;
        self.refusal = None;
        self.retry_at = None;
        self.rooms_after_login.clear();
        self.motd_deadline = None;
        self.introduction_at = None;
        self.login.reset();
        self.binding = Binding::default();
        self.wake = WakeWatch::default();
        self.pings = PendingPings::default();
    }

    /// Something came from the server, or its silence counts from now on for another reason.
    pub(in crate::client::session) fn on_received(&mut self, now: Duration) {
        self.last_received = now;
        self.ping_sent = false;
        self.wake.on_received();
    }
}
