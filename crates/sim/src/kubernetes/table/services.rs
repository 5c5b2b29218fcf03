//! Services.

use serde_json::Value;

use super::{
    Column, NONE, Printer, age_of, each, joined, labels, name_of, number, text, text_or_none,
};

pub(super) const PRINTER: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Type", "How it is reached."),
        Column::text("Cluster-IP", "Address inside the cluster."),
        Column::text("External-IP", "Addresses outside the cluster."),
        Column::text("Port(s)", "Its ports."),
        Column::age(),
        Column::wide("Selector", "Labels of its pods."),
    ],
    cells: |service, now| {
        let spec = &service["spec"];
        let kind = match text(&spec["type"]) {
            "" => "ClusterIP",
            kind => kind,
        };
        vec![
            name_of(service),
            kind.into(),
            text_or_none(&spec["clusterIP"]).into(),
            external(service, kind).into(),
            ports(spec).into(),
            age_of(service, now),
            labels(&spec["selector"]).into(),
        ]
    },
};

fn external(service: &Value, kind: &str) -> String {
    let spec = &service["spec"];
    let own = || joined(each(&spec["externalIPs"]).map(text));
    match kind {
        "ExternalName" => text(&spec["externalName"]).to_owned(),
        "LoadBalancer" => {
            let ingress = each(&service["status"]["loadBalancer"]["ingress"]);
            let given = ingress.map(|ingress| match text(&ingress["ip"]) {
                "" => text(&ingress["hostname"]),
                address => address,
            });
            match joined(given) {
                none if none == NONE => "<pending>".to_owned(),
                addresses => addresses,
            }
        }
        _ => own(),
    }
}

fn ports(spec: &Value) -> String {
    let ports: Vec<String> = each(&spec["ports"])
        .map(|port| {
            let number_of = number(&port["port"]);
            let protocol = match text(&port["protocol"]) {
                "" => "TCP",
                protocol => protocol,
            };
            match number(&port["nodePort"]) {
                0 => format!("{number_of}/{protocol}"),
                node => format!("{number_of}:{node}/{protocol}"),
            }
        })
        .collect();
    joined(ports.iter().map(String::as_str))
}
