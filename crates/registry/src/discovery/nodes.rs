//! Nodes: what they are for, and what they have together.

use std::collections::BTreeMap;

use fleetscope_kubernetes::Machine;

use super::conclude::{Conclusion, node};
use super::look::Sight;

const HUGEPAGES: &str = "hugepages-";

pub(super) fn nodes(sight: &Sight) -> Conclusion {
    let machines = sight.machines.items();
    let mut roles: BTreeMap<&str, usize> = BTreeMap::new();
    for machine in machines {
        for role in machine.roles() {
            *roles.entry(role).or_default() += 1;
        }
    }
    let roles: Vec<String> = roles
        .iter()
        .map(|(role, n)| format!("{role}={n}"))
        .collect();
    let sum = |resource: &str, read: fn(&str) -> Option<f64>| -> f64 {
        let quantities = machines.iter().filter_map(|m| m.capacity.get(resource));
        quantities.filter_map(|quantity| read(quantity)).sum()
    };
    let (cores, memory) = (sum("cpu", cores), sum("memory", bytes));
    let gib = memory / f64::from(1 << 30);
    let os = machines.first().map(|machine| machine.os.clone());
    Conclusion::default()
        .seeing(&sight.machines, |machine| Some(node(machine, "")))
        .fact("nodes", &machines.len())
        .fact("roles", &roles.join(","))
        .fact("cpu_cores", &cores.round())
        .fact("memory_gib", &gib.round())
        .fact("os", &os.unwrap_or_default())
        .saying(format!(
            "{} nodes, {cores:.0} cores, {gib:.0} GiB; {}",
            machines.len(),
            roles.join(", ")
        ))
}

pub(super) fn hugepages(sight: &Sight) -> Conclusion {
    let shown = |machine: &Machine| {
        let pages = machine.capacity.iter().find(|(name, quantity)| {
            name.starts_with(HUGEPAGES) && bytes(quantity).is_some_and(|bytes| bytes > 0.0)
        });
        pages.map(|(name, quantity)| node(machine, format!("capacity {name}={quantity}")))
    };
    let concluded = Conclusion::default().seeing(&sight.machines, shown);
    let nodes = concluded.count();
    concluded
        .fact("nodes", &nodes)
        .saying(format!("on {nodes} nodes"))
}

/// Cores of a quantity.
fn cores(quantity: &str) -> Option<f64> {
    match quantity.strip_suffix('m') {
        Some(milli) => Some(milli.parse::<f64>().ok()? / 1000.0),
        None => quantity.parse().ok(),
    }
}

/// Bytes of a quantity.
fn bytes(quantity: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 10] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("m", 1e-3),
        ("", 1.0),
    ];
    UNITS.iter().find_map(|(unit, factor)| {
        let number = quantity.strip_suffix(unit)?.parse::<f64>().ok()?;
        Some(number * factor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_in_all_their_units() {
        assert_eq!(cores("7910m"), Some(7.91));
        assert_eq!(cores("64"), Some(64.0));
        assert_eq!(bytes("16Gi"), Some(17_179_869_184.0));
        assert_eq!(bytes("1024"), Some(1024.0));
        assert_eq!(bytes("2M"), Some(2_000_000.0));
        assert_eq!(bytes("0"), Some(0.0));
        assert_eq!(bytes("many"), None);
    }
}
