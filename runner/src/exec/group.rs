//! The end of all processes that one run consists of. Nothing of a run lives on: neither what moved to a session of its own nor what is inside a
//! sandbox; and nobody else is hit.

use super::tree::{self, Process};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open, pidfd_send_signal};
use std::time::{Duration, Instant};

/// Longest that [`Group::end`] waits for processes that were killed.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it looks.
const END_POLL: Duration = Duration::from_millis(5);

/// Kills what is left of a process group when the run is over or dropped, and all descendants of a leader that still runs.
pub struct Group {
    leader: Option<u32>,
    running: bool,
}

impl Group {
    /// The group of a process that was just started as its leader.
    pub fn led_by(leader: Option<u32>) -> Group {
        Group { leader, running: true }
    }

    /// The leader ended by itself.
    pub fn over(mut self) {
        self.running = false;
    }

    /// Ends it now, and returns when its processes are dead: until then a file could still change under the eyes of who reads it.
    pub async fn end(self) {
        let leader = self.leader;
        self.kill();
        let began = Instant::now();
        while leader.is_some_and(|leader| tree::below(leader).iter().any(|p| p.is_alive)) && began.elapsed() < END_TIMEOUT {
            tokio::time::sleep(END_POLL).await;
        }
        drop(self);
    }

    fn kill(&self) {
        let Some((leader_id, leader)) = self.leader.and_then(|id| Some((id, pid(id)?))) else { return };
        // A sandbox has a session of its own, so it is not in the group; and while it is only being set up, it does not die with
        // its parent yet. The leader is stopped first, so that it starts nothing more.
        let _ = kill_process(leader, Signal::STOP);
        for descendant in tree::below(leader_id) {
            kill_if_still(&descendant);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.running {
            self.kill();
        }
        if let Some(leader) = self.leader.and_then(pid) {
            // The group may be gone already: that is the usual case.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Kills a process if its number still means the child of the same parent. The look is taken between getting hold of it and killing it, so its
/// number cannot be given to somebody else in between.
fn kill_if_still(process: &Process) {
    let Some(held) = pid(process.id).and_then(|id| pidfd_open(id, PidfdFlags::empty()).ok()) else { return };
    if tree::process(process.id).is_some_and(|now| now.parent == process.parent) {
        let _ = pidfd_send_signal(held, Signal::KILL);
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}
