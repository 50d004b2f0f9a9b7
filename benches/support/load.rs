//! The resources used by a process, as the kernel counts them.

use std::fs;
use std::time::Duration;

/// A running process, measured from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pid: u32,
}

impl Load {
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid }
    }

    /// The CPU time of all its threads so far. 0 when it has ended.
    pub(crate) fn cpu(self) -> Duration {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", self.pid)) else {
            return Duration::ZERO;
        };
        let nanoseconds = |thread: fs::DirEntry| {
            let counts = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            counts.split(' ').next()?.parse::<u64>().ok()
        };
        let threads = threads.flatten().filter_map(nanoseconds);
        Duration::from_nanos(threads.sum())
    }

    /// Resident memory at the moment, in bytes.
    pub(crate) fn resident_bytes(self) -> f64 {
        self.status("VmRSS:")
    }

    /// Peak resident memory, in bytes.
    pub(crate) fn peak_bytes(self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(self, field: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes.map_or(f64::NAN, |count| count.parse::<f64>().unwrap() * 1024.0)
    }
}
