//! Time synchronisation: the metrics of linuxptp-daemon (`pkg/daemon/metrics.go`).

use fleetscope_model::{EntityKind, SignalRole, Subject};

use super::{Draft, about};

pub(super) fn watches() -> Vec<Draft> {
    vec![offset(), unlocked(), class()]
}

fn clock() -> Subject {
    about(EntityKind::PtpClock, None, &["node", "iface"])
}

/// 999999 is no offset but says that the port is FAULTY (`faultyOffset`): the state tells of that.
fn offset() -> Draft {
    let query = "max by (node, iface) (abs(openshift_ptp_offset_ns) < 999999)";
    Draft::new("ptp-offset", "PTP offset", query)
        .unit("nanoseconds")
        .about(clock())
        .role(SignalRole::Clock)
        // `maxOffsetThreshold` of a PtpConfig is 100 ns unless set otherwise.
        .matters_from(100.0)
}

/// 1 is LOCKED; 0 is FREERUN and 2 HOLDOVER. Radio units cut off a cell whose clock is not locked.
fn unlocked() -> Draft {
    let query = "max by (node, iface) (openshift_ptp_clock_state != bool 1)";
    Draft::new("ptp-unlocked", "PTP clock not locked", query)
        .unit("state")
        .about(clock())
        .role(SignalRole::Clock)
        // A state: 0 or 1.
        .matters_from(0.5)
        .symptom()
}

/// The class is reported per node and configuration, so it is told of each of the node's PTP
/// interfaces; the system clock has none.
fn class() -> Draft {
    let query = "max by (node, iface) (0 * openshift_ptp_clock_state{iface!=\"CLOCK_REALTIME\"}) \
                 + on (node) group_left () max by (node) (openshift_ptp_clock_class)";
    Draft::new("ptp-clock-class", "PTP clock class", query)
        .unit("class")
        .about(clock())
        .role(SignalRole::Clock)
        // A code that grows as the clock gets worse (ITU-T G.8275.1, table 3): 6 is locked, 7
        // already holdover.
        .matters_from(0.5)
}
