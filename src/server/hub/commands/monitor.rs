//! Notification when a nick comes online or goes offline, without a shared room: MONITOR. IRCv3
//! MONITOR.

use std::mem;

use crate::server::hub::{CommandResult, ConnectionId, Hub, Rejection, Reply, Work};
use crate::wire::{FoldedName, Nick};

impl Hub {
    pub(super) fn monitor<'a>(
        &mut self,
        from: ConnectionId,
        change: &str,
        nicks: Option<&'a str>,
    ) -> CommandResult<'a> {
        match (change, nicks) {
            ("+", Some(nicks)) => return self.monitor_nicks(from, nicks),
            ("-", Some(nicks)) => {
                for nick in nicks.split(',') {
                    self.charge(Work::Name, 1);
                    let key = FoldedName::of(nick);
                    if self.people.registered_mut(from)?.monitoring.remove(&key) {
                        self.monitors.remove(&key, from);
                    }
                }
            }
            ("C" | "c", _) => self.unmonitor_all(from),
            ("L" | "l", _) => {
                let monitoring = &self.people.registered(from)?.monitoring;
                let head = (format_args!(":"), ',');
                self.reply_list(from, Reply::MonitorList, head, monitoring.iter());
                self.reply(from, Reply::EndOfMonitorList);
            }
            ("S" | "s", _) => {
                let monitoring = &self.people.registered(from)?.monitoring;
                self.send_monitor_status(from, monitoring.iter().map(FoldedName::as_str));
            }
            _ => return Err(Rejection::NotEnoughParameters("MONITOR")),
        }
        Ok(())
    }

    /// Monitors nicks up to the limit, and sends the status of those added.
    fn monitor_nicks<'a>(&mut self, from: ConnectionId, nicks: &'a str) -> CommandResult<'a> {
        let mut watched = Vec::new();
        let mut left_over = Vec::new();
        let most = self.settings.limits.monitored_nicks;
        // An invalid nick can never come online.
        for nick in nicks.split(',').filter(|nick| Nick::parse(nick).is_ok()) {
            self.charge(Work::Watch, 2);
            let key = FoldedName::of(nick);
            let monitoring = &mut self.people.registered_mut(from)?.monitoring;
            if monitoring.len() >= most as usize && !monitoring.contains(&key) {
                left_over.push(nick);
            } else if monitoring.insert(key.clone()) {
                self.monitors.watchers.entry(key).or_default().insert(from);
                watched.push(nick);
            }
        }
        self.send_monitor_status(from, watched.iter().copied());
        // Eight nicks always fit in a line.
        for nicks in left_over.chunks(8) {
            let about = format_args!("{most} {}", nicks.join(","));
            self.reply_about(from, Reply::MonitorListFull, about);
        }
        Ok(())
    }

    fn send_monitor_status<'n>(
        &self,
        to: ConnectionId,
        nicks: impl Iterator<Item = &'n str> + Clone,
    ) {
        self.charge(Work::Name, 2 * nicks.clone().count());
        let called = nicks.clone().filter_map(|nick| self.people.find(nick).ok());
        let here = called.map(|(_, user)| &user.source);
        self.reply_list(to, Reply::MonitorOnline, (format_args!(":"), ','), here);
        let offline = nicks.filter(|nick| self.people.find(nick).is_err());
        self.reply_list(to, Reply::MonitorOffline, (format_args!(":"), ','), offline);
    }

    /// Clears the `MONITOR` list of a user.
    pub(in crate::server::hub) fn unmonitor_all(&mut self, id: ConnectionId) {
        let user = self.people.registered_mut(id);
        let keys = user.map(|user| mem::take(&mut user.monitoring));
        for key in keys.unwrap_or_default() {
            self.charge(Work::Watch, 1);
            self.monitors.remove(&key, id);
        }
    }

    /// Notifies the watchers of a user that the nick is online.
    pub(super) fn notify_online(&self, id: ConnectionId) {
        if let Ok(user) = self.people.registered(id) {
            for watcher in self.monitors.of(user.nick.as_str()) {
                let rest = format_args!(":{}", user.source);
                self.reply_with(watcher, Reply::MonitorOnline, rest);
            }
        }
    }

    /// Notifies the watchers of a nick that it is offline.
    pub(in crate::server::hub) fn notify_offline(&self, nick: &Nick) {
        for watcher in self.monitors.of(nick.as_str()) {
            self.reply_with(watcher, Reply::MonitorOffline, format_args!(":{nick}"));
        }
    }
}
