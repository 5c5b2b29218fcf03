//! `shop`: a micro-service shop on four workers.

use super::{CallSpec, ClusterSpec, EntrySpec, NodeSpec, OperationSpec, Role, WorkloadSpec};
use crate::world::load::Shape;

const NAMESPACE: &str = "shop";

pub(crate) fn spec() -> ClusterSpec {
    ClusterSpec {
        name: "shop",
        environment: "production",
        provider: "aws",
        region: "eu-central-1",
        labels: &[("team", "commerce"), ("tier", "1")],
        kubelet_version: "v1.31.4",
        os_image: "Red Hat Enterprise Linux CoreOS 418.94.202501221327-0",
        nodes: ["worker-0", "worker-1", "worker-2", "worker-3"]
            .map(|name| NodeSpec {
                name,
                instance_type: "m6i.xlarge",
                cores: 4,
                memory_gib: 16,
                gpus: 0,
                ptp: None,
            })
            .to_vec(),
        workloads: vec![
            frontend(),
            checkout(),
            cart(),
            catalog(),
            payment(),
            shipping(),
            recommendation(),
            orders_db(),
            cart_cache(),
            WorkloadSpec::job(NAMESPACE, "hourly-rollup", Role::Rollup, 0.8),
            WorkloadSpec::job(NAMESPACE, "database-backup", Role::Backup, 0.25),
        ],
        entries: vec![
            entry("GET /product/{id}", 150.0),
            entry("GET /cart", 55.0),
            entry("POST /checkout", 22.0),
        ],
    }
}

const fn entry(operation: &'static str, peak_rps: f64) -> EntrySpec {
    EntrySpec {
        service: "frontend",
        operation,
        peak_rps,
        shape: Shape::Shoppers,
    }
}

fn frontend() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "frontend", "quay.io/shop/frontend")
        .version(3, 12, 1)
        .replicas(3)
        .scaled_to(5)
        .cpu(0.3, 0.8)
        .serves(
            OperationSpec::new("GET /product/{id}", 9.0, 5.0)
                .fails(0.0006)
                .calls(CallSpec::new("catalog", "GET /products/{id}", 2000.0).retried())
                .calls(CallSpec::new("recommendation", "GET /recommendations", 1000.0).optional()),
        )
        .serves(
            OperationSpec::new("GET /cart", 8.0, 5.0)
                .fails(0.0006)
                .calls(CallSpec::new("cart", "GET /cart/{user}", 1500.0).retried()),
        )
        .serves(
            OperationSpec::new("POST /checkout", 12.0, 8.0)
                .fails(0.0008)
                .calls(CallSpec::new("checkout", "POST /orders", 5000.0)),
        )
}

fn checkout() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "checkout", "quay.io/shop/checkout")
        .version(2, 7, 3)
        .memory(240.0, 512.0)
        .serves(
            OperationSpec::new("POST /orders", 18.0, 12.0)
                .fails(0.0008)
                .calls(CallSpec::new("cart", "GET /cart/{user}", 1500.0).retried())
                .calls(CallSpec::new("payment", "POST /charge", 3000.0))
                .calls(CallSpec::new("shipping", "POST /quote", 2000.0).retried())
                .calls(CallSpec::new("orders-db", "INSERT orders", 1000.0)),
        )
}

fn cart() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "cart", "quay.io/shop/cart")
        .version(1, 9, 4)
        .serves(
            OperationSpec::new("GET /cart/{user}", 5.0, 4.0)
                .fails(0.0003)
                .calls(CallSpec::new("cart-cache", "HGETALL", 500.0)),
        )
}

fn catalog() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "catalog", "quay.io/shop/catalog")
        .version(4, 2, 0)
        .scaled_to(4)
        .cpu(0.3, 0.6)
        .memory(260.0, 640.0)
        .serves(
            OperationSpec::new("GET /products/{id}", 8.0, 5.5)
                .fails(0.0004)
                .calls(CallSpec::new("orders-db", "SELECT products", 1000.0).times(1.2)),
        )
}

fn payment() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "payment", "quay.io/shop/payment")
        .version(5, 0, 2)
        .memory(300.0, 640.0)
        .serves(
            OperationSpec::new("POST /charge", 45.0, 9.0)
                .fails(0.002)
                .calls(CallSpec::new("orders-db", "INSERT charges", 1000.0)),
        )
}

fn shipping() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "shipping", "quay.io/shop/shipping")
        .version(1, 3, 7)
        .serves(OperationSpec::new("POST /quote", 14.0, 9.0).fails(0.0004))
}

fn recommendation() -> WorkloadSpec {
    WorkloadSpec::service(NAMESPACE, "recommendation", "quay.io/shop/recommendation")
        .version(0, 18, 2)
        .memory(320.0, 768.0)
        .serves(
            OperationSpec::new("GET /recommendations", 16.0, 8.0)
                .fails(0.0004)
                .calls(CallSpec::new("orders-db", "SELECT views", 800.0)),
        )
}

fn orders_db() -> WorkloadSpec {
    WorkloadSpec::database(
        NAMESPACE,
        "orders-db",
        "registry.redhat.io/rhel9/postgresql-16",
    )
    .serves(OperationSpec::new("SELECT products", 2.6, 1.8))
    .serves(OperationSpec::new("SELECT views", 3.2, 2.0))
    .serves(OperationSpec::new("INSERT orders", 5.0, 2.4))
    .serves(OperationSpec::new("INSERT charges", 4.2, 2.2))
}

fn cart_cache() -> WorkloadSpec {
    WorkloadSpec::database(NAMESPACE, "cart-cache", "docker.io/valkey/valkey")
        .version(8, 0, 1)
        .cpu(0.1, 1.0)
        .memory(210.0, 512.0)
        .role(Role::Cache)
        .serves(OperationSpec::new("HGETALL", 0.7, 0.2))
}
