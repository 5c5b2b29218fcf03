//! `fleetscope tokens`

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use fleetscope_client::Paging;
use fleetscope_client::wire::{NewToken, TokenRole};
use fleetscope_runtime::Parts;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::config;
use crate::cli::{Connection, Settings};
use crate::connection::client;
use crate::exit::Failure;
use crate::output::{more, say, show, table, time};

/// Make, list and revoke API tokens.
#[derive(Debug, Args)]
pub(crate) struct Tokens {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    #[command(flatten)]
    Ask(Request),
    /// Make an admin token in the data folder itself, for when every other is lost; the server
    /// must be stopped. It is printed once
    Recover(Settings),
}

/// What a server is asked to do.
#[derive(Debug, Subcommand)]
enum Request {
    /// Make a token; it is printed once
    Create {
        /// A name for it, unique
        name: String,
        /// What its bearer may do
        #[arg(long, default_value = "viewer")]
        role: Rights,
        /// From when on it is refused: RFC 3339; never where absent
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// List tokens by name, without the tokens
    List {
        /// Where to go on in the list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Revoke a token: it is refused from the next request on
    Revoke {
        /// Its id
        token: Uuid,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rights {
    /// Notifies of alerts, and nothing else
    Notifier,
    /// Reads
    Viewer,
    /// Reads, and starts work
    Operator,
    /// Everything
    Admin,
}

pub(crate) async fn run(args: Tokens) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Ask(request) => ask(&args.connection, request).await,
        Action::Recover(settings) => recover(settings).await,
    }
}

async fn ask(connection: &Connection, request: Request) -> Result<ExitCode, Failure> {
    let client = client(connection)?;
    let output = connection.output;
    match request {
        Request::Create {
            name,
            role,
            expires,
        } => {
            let role = match role {
                Rights::Notifier => TokenRole::Notifier,
                Rights::Viewer => TokenRole::Viewer,
                Rights::Operator => TokenRole::Operator,
                Rights::Admin => TokenRole::Admin,
            };
            let made = client
                .create_token(&NewToken {
                    name,
                    role,
                    expires_at: expires,
                })
                .await?;
            show(output, &made, |made| made.secret.clone())?;
        }
        Request::List { cursor } => {
            let page = client
                .tokens(&Paging {
                    cursor,
                    limit: None,
                })
                .await?;
            show(output, &page, |page| {
                let rows = page.items.iter().map(|token| {
                    [
                        token.name.clone(),
                        format!("{:?}", token.role).to_lowercase(),
                        time(token.created_at),
                        token.expires_at.map_or_else(|| "never".to_owned(), time),
                        token.id.to_string(),
                    ]
                });
                table(["NAME", "ROLE", "CREATED", "EXPIRES", "ID"], rows)
                    + &more(page.next_cursor.as_deref())
            })?;
        }
        Request::Revoke { token } => {
            client.revoke_token(token).await?;
            say(format!("revoked {token}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// No server is asked: whoever may read and write the data folder is its administrator.
async fn recover(settings: Settings) -> Result<ExitCode, Failure> {
    let config = config::load(settings)?;
    let token = fleetscope_runtime::new_admin_token(&config, &Parts::system()).await?;
    say(token.expose_secret())?;
    Ok(ExitCode::SUCCESS)
}
