//! `fleetscope credentials`

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use fleetscope_client::wire::{
    Credential, CredentialField, CredentialKind, CredentialList, NewCredential, NewCredentialKind,
    SecretText,
};

use crate::cli::Connection;
use crate::connection::{client, cluster_id};
use crate::exit::Failure;
use crate::output::{say, show, table, time};

/// Write, list and remove the credentials of clusters. They can't be read back.
#[derive(Debug, Args)]
pub(crate) struct Credentials {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Give a cluster a credential, the first or another one; it is read from a file, or from the
    /// standard input where the file is -
    #[command(after_help = "\
Examples:
  kubectl create token fleetscope -n fleetscope | fleetscope credentials set shop --bearer-file -
  fleetscope credentials set shop --for prometheus --user ada --password-file ./password
  fleetscope credentials set shop --for kubernetes --kubeconfig ~/.kube/config --context shop")]
    Set(Box<Set>),
    /// List a cluster's credentials, without their values
    List {
        /// Its name or id
        cluster: String,
    },
    /// Remove a credential
    Remove {
        /// The cluster's name or id
        cluster: String,
        /// Where it belongs
        #[arg(long = "for", default_value = "shared")]
        field: Field,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
struct Set {
    /// The cluster's name or id
    cluster: String,
    /// Where it belongs: to all endpoints that have none of their own, or to one
    #[arg(long = "for", default_value = "shared")]
    field: Field,
    /// A file with a bearer token (--token-file is what this command itself shows to the server)
    #[arg(long, value_name = "FILE", group = "what")]
    bearer_file: Option<PathBuf>,
    /// A user name
    #[arg(long, value_name = "NAME", requires = "password_file")]
    user: Option<String>,
    /// A file with the user's password
    #[arg(long, value_name = "FILE", group = "what", requires = "user")]
    password_file: Option<PathBuf>,
    /// A file with a client certificate and its chain, in PEM
    #[arg(long, value_name = "FILE", group = "what", requires = "key_file")]
    certificate_file: Option<PathBuf>,
    /// A file with its unencrypted key, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate_file")]
    key_file: Option<PathBuf>,
    /// A kubeconfig, of which the user of one context is taken
    #[arg(long, value_name = "FILE", group = "what")]
    kubeconfig: Option<PathBuf>,
    /// Which context; the current one if none is given
    #[arg(long, requires = "kubeconfig")]
    context: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Field {
    /// All endpoints without one of their own
    Shared,
    /// The Kubernetes API
    Kubernetes,
    /// Prometheus
    Prometheus,
    /// Loki
    Loki,
    /// Tempo
    Tempo,
    /// Alertmanager
    Alertmanager,
}

impl Field {
    const fn wire(self) -> CredentialField {
        match self {
            Self::Shared => CredentialField::Shared,
            Self::Kubernetes => CredentialField::Kubernetes,
            Self::Prometheus => CredentialField::Prometheus,
            Self::Loki => CredentialField::Loki,
            Self::Tempo => CredentialField::Tempo,
            Self::Alertmanager => CredentialField::Alertmanager,
        }
    }
}

impl Set {
    fn read(&self) -> Result<NewCredential, Failure> {
        let read = |path: &Option<PathBuf>| path.as_deref().map(secret).transpose();
        let kind = if self.bearer_file.is_some() {
            NewCredentialKind::Token
        } else if self.password_file.is_some() {
            NewCredentialKind::Basic
        } else if self.certificate_file.is_some() {
            NewCredentialKind::ClientCertificate
        } else {
            NewCredentialKind::Kubeconfig
        };
        Ok(NewCredential {
            kind,
            token: read(&self.bearer_file)?,
            username: self.user.clone().map(SecretText::new),
            password: read(&self.password_file)?,
            certificate: read(&self.certificate_file)?,
            key: read(&self.key_file)?,
            kubeconfig: read(&self.kubeconfig)?,
            context: self.context.clone(),
        })
    }
}

/// The text of a file, or of the standard input, without the end of its last line.
pub(crate) fn secret(path: &Path) -> Result<SecretText, Failure> {
    let mut text = String::new();
    if path == Path::new("-") {
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(Failure::io("reading the standard input"))?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| {
            let shown = path.display();
            Failure::Usage(format!("{shown} can't be read ({error}): check the path"))
        })?;
    }
    while text.ends_with(['\n', '\r']) {
        text.pop();
    }
    Ok(SecretText::new(text))
}

pub(crate) async fn run(args: Credentials) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Set(set) => {
            let new = set.read()?;
            let id = cluster_id(&client, &set.cluster).await?;
            let kept = client.put_credential(id, set.field.wire(), &new).await?;
            show(output, &kept, |kept| rows(std::slice::from_ref(kept)))?;
        }
        Action::List { cluster } => {
            let id = cluster_id(&client, &cluster).await?;
            let found: CredentialList = client.credentials(id).await?;
            show(output, &found, |found| rows(&found.items))?;
        }
        Action::Remove { cluster, field } => {
            let id = cluster_id(&client, &cluster).await?;
            client.delete_credential(id, field.wire()).await?;
            say(format!(
                "removed the {} credential of {cluster}",
                field.wire().as_str()
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(credentials: &[Credential]) -> String {
    if credentials.is_empty() {
        return "No credentials: write one with `fleetscope credentials set`.".to_owned();
    }
    let rows = credentials.iter().map(|one| {
        let kind = match one.kind {
            CredentialKind::Token => "token",
            CredentialKind::Basic => "basic",
            CredentialKind::ClientCertificate => "client certificate",
        };
        let used = match (one.last_used_at, &one.last_used_by) {
            (Some(at), Some(by)) => format!("{} by {by}", time(at)),
            _ => "never".to_owned(),
        };
        [
            one.field.clone(),
            kind.to_owned(),
            time(one.rotated_at),
            used,
            one.key_id.clone(),
            one.given_for.join(", "),
        ]
    });
    table(
        ["FOR", "KIND", "WRITTEN", "LAST USED", "KEY", "SHOWN TO"],
        rows,
    )
}
