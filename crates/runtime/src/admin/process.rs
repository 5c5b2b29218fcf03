//! What the kernel says of this process, read from `/proc`. Elsewhere than on Linux there is
//! nothing to read and the metrics are absent.

use std::fs;

/// Ticks of `/proc` a second: `USER_HZ`, part of the kernel's interface to programs and 100 on
/// every architecture that Rust's standard library is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// One reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Process {
    /// Memory that is in RAM now.
    pub(super) resident_bytes: u64,
    /// Processor time used so far, in user and kernel mode.
    pub(super) cpu_seconds: f64,
    /// Open file descriptors.
    pub(super) open_fds: u64,
    /// When it started, in seconds since the epoch.
    pub(super) start_seconds: f64,
}

impl Process {
    /// Reads it now; none where the kernel does not tell.
    pub(super) fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let machine = fs::read_to_string("/proc/stat").ok()?;
        // The listing holds one descriptor itself.
        let fds = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
        parse(&stat, &status, &machine, fds.saturating_sub(1))
    }
}

/// See proc(5): fields of `stat` are counted behind the command, which may hold spaces.
fn parse(stat: &str, status: &str, machine: &str, open_fds: u64) -> Option<Process> {
    let (_, behind_command) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = behind_command.split_ascii_whitespace().collect();
    // The first field behind the command is the third of the page.
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let seconds = |ticks: u64| ticks as f64 / TICKS_PER_SECOND;
    let boot: f64 = value(machine, "btime")?.parse().ok()?;
    let resident_kib: u64 = value(status, "VmRSS:")?.parse().ok()?;
    Some(Process {
        resident_bytes: resident_kib * 1024,
        cpu_seconds: seconds(ticks(14)? + ticks(15)?),
        open_fds,
        start_seconds: boot + seconds(ticks(22)?),
    })
}

/// The first word behind the key at the start of a line.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(key))?
        .split_ascii_whitespace()
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4242 (fleet) scope) S 1 4242 4242 0 -1 4194560 9 0 0 0 \
                        150 50 0 0 20 0 5 0 12345 300000000 2500 18446744073709551615";
    const STATUS: &str = "Name:\tfleetscope\nVmPeak:\t  293000 kB\nVmRSS:\t   40000 kB\n";
    const MACHINE: &str = "cpu  1 2 3 4\nbtime 1700000000\nprocesses 99\n";

    #[test]
    fn the_kernels_text_is_read_behind_the_last_parenthesis() {
        let process = parse(STAT, STATUS, MACHINE, 17).unwrap();
        assert_eq!(
            process,
            Process {
                resident_bytes: 40_960_000,
                cpu_seconds: 2.0,
                open_fds: 17,
                start_seconds: 1_700_000_123.45,
            }
        );
    }

    #[test]
    fn another_text_gives_nothing() {
        assert_eq!(parse("", STATUS, MACHINE, 0), None);
        assert_eq!(parse(STAT, "", MACHINE, 0), None);
        assert_eq!(parse(STAT, STATUS, "", 0), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_can_be_read() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 1024 * 1024);
        assert!(process.open_fds >= 3);
    }
}
