//! Network cards: sriov-network-metrics-exporter. Its `ServiceMonitor` sets the label `node`.

use fleetscope_model::{EntityKind, SignalRole};

use super::{Draft, about};

pub(super) fn watches() -> Vec<Draft> {
    vec![dropped()]
}

fn dropped() -> Draft {
    let query = "sum by (node, pf) (rate(sriov_vf_rx_dropped[5m])) \
                 + sum by (node, pf) (rate(sriov_vf_tx_dropped[5m]))";
    Draft::new("vf-drops", "packets dropped by virtual functions", query)
        .unit("1/s")
        .about(about(EntityKind::Interface, None, &["node", "pf"]))
        .role(SignalRole::Nic)
        // Fronthaul loses a slot for each lost packet; ten a second is one slot in two hundred of
        // a cell of 30 kHz spacing (2,000 slots a second).
        .matters_from(10.0)
}
