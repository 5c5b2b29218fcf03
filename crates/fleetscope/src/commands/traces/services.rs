//! `fleetscope traces services`

use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;
use fleetscope_client::wire::TracedServices;

use super::Scope;
use crate::cli::Output;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{gaps, plain, show, table};

#[derive(Debug, Args)]
pub(super) struct Services {
    #[command(flatten)]
    scope: Scope,
    /// Only this service, with its operations
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

impl Services {
    pub(super) async fn run(self, client: &Client, output: Output) -> Result<ExitCode, Failure> {
        let scope = self.scope.read(client).await?;
        let found = client
            .traced_services(self.service.as_deref(), &scope)
            .await?;
        let with_operations = self.service.is_some();
        show(output, &found, |found| text(found, with_operations))?;
        Ok(whole(&found.gaps))
    }
}

fn text(found: &TracedServices, with_operations: bool) -> String {
    let sampled = |yes: bool| {
        if yes {
            "a sample of traces"
        } else {
            "all traces"
        }
    };
    let list = if found.services.is_empty() {
        "No services.".to_owned()
    } else if with_operations {
        let rows = found.services.iter().flat_map(|one| {
            let operation = |name: &String| {
                [
                    one.cluster.clone(),
                    plain(&one.service),
                    plain(name),
                    sampled(one.sampled).to_owned(),
                ]
            };
            one.operations.iter().map(operation)
        });
        table(["CLUSTER", "SERVICE", "OPERATION", "SEEN IN"], rows)
    } else {
        let rows = found.services.iter();
        let rows = rows.map(|one| {
            [
                one.cluster.clone(),
                plain(&one.service),
                sampled(one.sampled).to_owned(),
            ]
        });
        table(["CLUSTER", "SERVICE", "SEEN IN"], rows)
    };
    list + &gaps(&found.gaps)
}
