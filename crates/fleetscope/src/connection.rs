//! From the command line to a client.

use std::collections::BTreeMap;
use std::fs;

use fleetscope_client::{Client, Paging};
use uuid::Uuid;

use crate::cli::Connection;
use crate::exit::Failure;

/// The client that the flags describe.
pub(crate) fn client(connection: &Connection) -> Result<Client, Failure> {
    let token = match &connection.token_file {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(Failure::io("reading the token file"))?;
            Some(text.trim().to_owned())
        }
        None => connection.token.clone(),
    };
    let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
        Failure::Usage(
            "no token: set FLEETSCOPE_TOKEN, or give --token-file FILE (the first start of \
             `fleetscope serve` shows an admin token)"
                .to_owned(),
        )
    })?;
    Ok(Client::new(&connection.server, Some(token))?)
}

/// The id of the cluster that a person named, by id or by name.
pub(crate) async fn cluster_id(client: &Client, named: &str) -> Result<Uuid, Failure> {
    if let Ok(id) = Uuid::try_parse(named) {
        return Ok(id);
    }
    let mut paging = Paging {
        cursor: None,
        limit: Some(500),
    };
    loop {
        let page = client.clusters(&paging).await?;
        if let Some(cluster) = page.items.iter().find(|cluster| cluster.name == named) {
            return Ok(cluster.id);
        }
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            return Err(Failure::Usage(format!(
                "there is no cluster named '{named}': `fleetscope clusters list` shows what there is"
            )));
        }
    }
}

/// The ids of the clusters that a person named; none for all.
pub(crate) async fn cluster_ids(client: &Client, named: &[String]) -> Result<Vec<Uuid>, Failure> {
    let mut ids = Vec::with_capacity(named.len());
    for name in named {
        ids.push(cluster_id(client, name).await?);
    }
    Ok(ids)
}

/// The name of every cluster that may be seen, by its id.
pub(crate) async fn cluster_names(client: &Client) -> Result<BTreeMap<Uuid, String>, Failure> {
    Ok(every_cluster(client).await?.into_iter().collect())
}

/// Id and name of every cluster that may be seen, by name.
pub(crate) async fn every_cluster(client: &Client) -> Result<Vec<(Uuid, String)>, Failure> {
    let mut paging = Paging {
        cursor: None,
        limit: Some(500),
    };
    let mut found = Vec::new();
    loop {
        let page = client.clusters(&paging).await?;
        found.extend(page.items.into_iter().map(|one| (one.id, one.name)));
        paging.cursor = page.next_cursor;
        if paging.cursor.is_none() {
            return Ok(found);
        }
    }
}
