//! What a program used of the machine: wall time, time on the processor, resident memory.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the door to the clock and to what the system knows of a process"
)]

use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use super::process::{Finished, Program};
use crate::error::Result;

/// What one run of a program used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// From its start to its end.
    pub wall: Duration,
    /// On the processor, user and system, with the children that it waited for; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// The most bytes that were resident at once; `None` where the system does not tell.
    pub peak_bytes: Option<u64>,
}

/// How often the resident memory of a running program is looked at.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(2);

/// Runs a program to its end.
///
/// # Errors
/// Where it cannot be started, or a signal arrives.
#[cfg(unix)]
pub fn run(program: &Program) -> Result<(Finished, Usage)> {
    use super::process::{Ending, Running, ending_of, kill_group};
    use super::signal;
    use crate::error::Error;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use wait4::Wait4;

    signal::check()?;
    let started = Instant::now();
    let mut running = Running::start(program)?;
    let id = running.child.id();
    // Once it is itself, since another thread may make us larger until then.
    let own_peak = peak_bytes("self");
    let mut seen = None;
    let mut stopped = None;
    // One thread waits for the end, so that it is seen when it comes; this one looks after the time and the memory.
    let waited = std::thread::scope(|scope| {
        let (send, ended) = channel();
        let child = &mut running.child;
        scope.spawn(move || {
            let _ = send.send(child.wait4().map(|used| (used, started.elapsed())));
        });
        loop {
            match ended.recv_timeout(LOOK) {
                Ok(waited) => return waited,
                Err(RecvTimeoutError::Disconnected) => return Err(std::io::ErrorKind::BrokenPipe.into()),
                Err(RecvTimeoutError::Timeout) => seen = peak_bytes(&id.to_string()).or(seen),
            }
            if stopped.is_none() {
                if signal::stopped() {
                    stopped = Some(Ending::Stopped);
                } else if program.timeout.is_some_and(|timeout| started.elapsed() > timeout) {
                    stopped = Some(Ending::TimedOut);
                }
                if stopped.is_some() {
                    kill_group(id);
                }
            }
        }
    });
    let (used, wall) = waited.map_err(|why| Error::environment(format!("cannot wait for a program: {why}")))?;
    running.reaped = true;
    let ending = stopped.unwrap_or_else(|| ending_of(used.status));
    let finished = running.finish(ending, program)?;
    signal::check()?;
    // A program is started from a copy of us, and Linux counts our own memory as its own until it is itself. Well above ours
    // the number is its own (Linux adds up what several processors counted, roughly in one place and exactly in another);
    // else the last look at it tells.
    let told = Some(used.rusage.maxrss).filter(|told| own_peak.is_none_or(|own| *told / 5 > own / 4));
    let usage = Usage { wall, cpu: Some(used.rusage.utime + used.rusage.stime), peak_bytes: told.max(seen) };
    Ok((finished, usage))
}

/// The same where the system tells of time only.
#[cfg(not(unix))]
pub fn run(program: &Program) -> Result<(Finished, Usage)> {
    let started = std::time::Instant::now();
    let finished = super::process::run(program)?;
    Ok((finished, Usage { wall: started.elapsed(), cpu: None, peak_bytes: None }))
}

/// The most that a process ever held in memory, as Linux tells it while the process is there.
#[cfg(unix)]
fn peak_bytes(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kibibytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::sys::process::Ending;

    fn shell(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn waiting_takes_wall_time_and_working_takes_processor_time() {
        let (finished, slept) = run(&shell("sleep 0.2")).unwrap();
        assert!(finished.success() && slept.wall >= Duration::from_millis(200));
        assert!(slept.cpu.unwrap() < Duration::from_millis(150));
        let (_, worked) = run(&shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")).unwrap();
        assert!(worked.cpu.unwrap() > Duration::from_millis(5));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_small_program_is_not_charged_with_our_own_memory() {
        let ballast = std::hint::black_box(vec![1_u8; 100 << 20]);
        let (_, used) = run(&shell("sleep 0.1")).unwrap();
        assert!(used.peak_bytes.unwrap() < 50 << 20, "{used:?}");
        assert_eq!(ballast.len(), 100 << 20);
    }

    #[test]
    fn a_program_that_runs_too_long_is_stopped() {
        let mut program = shell("sleep 60 & sleep 60");
        program.timeout = Some(Duration::from_millis(50));
        assert_eq!(run(&program).unwrap().0.ending, Ending::TimedOut);
    }
}
