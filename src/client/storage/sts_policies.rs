//! The hosts that are reached only with encryption, because they have asked for it (STS), in a file of
//! lines such as `chat.example 6697 1798761600`: the host, the port, and the end of the policy in Unix
//! seconds. <https://ircv3.net/specs/extensions/sts>
//!
//! A line that cannot be read is skipped, so a damaged file never stands in the way of a connection.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::known_certificates::read;
use super::lock::lock;
use super::replace::{Durability, replace_file};

/// The most hosts in the file. The policies that end first make room.
const POLICIES_MAX: usize = 1_000;

/// The policies of all hosts. Clones share the file.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct StsPolicies {
    /// `None` without a folder for it: then no policy is kept.
    file: Option<PathBuf>,
}

/// The policy of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPolicy {
    host: String,
    port: u16,
    /// Unix seconds.
    ends: i64,
}

impl StsPolicies {
    /// The policies in this file, which need not exist.
    pub(in crate::client) fn in_file(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The file.
    pub(in crate::client) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The port for encrypted connections to a host that has a policy. `now` is in Unix seconds.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be read.
    pub(in crate::client) fn port_of(&self, host: &str, now: i64) -> io::Result<Option<u16>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let text = read(file)?;
        let host = folded(host);
        let mut policies = text.lines().filter_map(HostPolicy::decode);
        let of_host = policies.rfind(|policy| policy.host == host && policy.ends > now);
        Ok(of_host.map(|policy| policy.port))
    }

    /// Keeps the policy of a host for so long; 0 seconds remove it. `now` is in Unix seconds.
    ///
    /// # Errors
    ///
    /// The file cannot be written; the old policy stays.
    pub(in crate::client) fn set(
        &self,
        host: &str,
        port: u16,
        duration_seconds: u64,
        now: i64,
    ) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        if duration_seconds == 0 && !file.exists() {
            return Ok(());
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // Another session can change it at the same moment.
        let _lock = lock(file)?;
        let host = folded(host);
        let text = read(file)?;
        let mut policies: Vec<HostPolicy> = text.lines().filter_map(HostPolicy::decode).collect();
        policies.retain(|policy| policy.host != host && policy.ends > now);
        if duration_seconds > 0 {
            let ends = now.saturating_add(i64::try_from(duration_seconds).unwrap_or(i64::MAX));
            policies.push(HostPolicy { host, port, ends });
        }
        if policies.len() > POLICIES_MAX {
            policies.sort_by_key(|policy| policy.ends);
            policies.drain(..policies.len() - POLICIES_MAX);
        }
        let lines = policies.iter().map(HostPolicy::encode);
        replace_file(file, &lines.collect::<String>(), Durability::OnDisk)
    }
}

impl HostPolicy {
    fn encode(&self) -> String {
        format!("{} {} {}\n", self.host, self.port, self.ends)
    }

    /// `None` for a line that is damaged.
    fn decode(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let policy = Self {
            host: words.next().filter(|host| !host.is_empty())?.to_owned(),
            port: words.next()?.parse().ok().filter(|port| *port > 0)?,
            ends: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(policy)
    }
}

/// Host names are the same in any letter case, with and without a dot at the end.
fn folded(host: &str) -> String {
    host.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_policy_holds_until_its_end_or_its_removal() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/sts");
        let policies = StsPolicies::in_file(Some(file.clone()));
        let port = |host, now| policies.port_of(host, now).unwrap();
        policies.set("h", 6697, 0, 1_000).unwrap();
        assert!(!file.exists());
        policies.set("Chat.Example", 6697, 100, 1_000).unwrap();
        policies.set("other", 7000, 50, 1_000).unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(port("chat.example.", 1_099), Some(6697));
        assert_eq!(port("chat.example", 1_100), None);
        assert_eq!(port("h", 1_000), None);
        // Each connection renews it, and can change the port.
        policies.set("chat.example", 6698, 100, 1_090).unwrap();
        assert_eq!(port("chat.example", 1_189), Some(6698));
        // Expired policies are removed from the file.
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "chat.example 6698 1190\n"
        );
        policies.set("chat.example", 6698, 0, 1_100).unwrap();
        assert_eq!(port("chat.example", 1_100), None);
    }

    #[test]
    fn a_damaged_line_costs_no_other_host_its_policy() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sts");
        let damaged =
            b"a 6697 2000\n\xff\0\nb 6697\nc 0 2000\nd 6697 x\n 6697 2000\ne 1 2000 3\nf 66";
        fs::write(&file, damaged).unwrap();
        let policies = StsPolicies::in_file(Some(file));
        let port = |host| policies.port_of(host, 1_000).unwrap();
        for (host, expected) in [
            ("a", Some(6697)),
            ("b", None),
            ("c", None),
            ("e", None),
            ("f", None),
        ] {
            assert_eq!(port(host), expected, "{host}");
        }
        policies.set("f", 6697, 10, 1_000).unwrap();
        assert_eq!((port("a"), port("f")), (Some(6697), Some(6697)));
    }
}
