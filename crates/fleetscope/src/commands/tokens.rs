//! `fleetscope tokens`

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use fleetscope_client::Paging;
use fleetscope_client::wire::{NewToken, TokenRole};
use jiff::Timestamp;
use uuid::Uuid;

use crate::cli::Connection;
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
    /// Reads
    Viewer,
    /// Reads, and starts work
    Operator,
    /// Everything
    Admin,
}

pub(crate) async fn run(args: Tokens) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Create {
            name,
            role,
            expires,
        } => {
            let role = match role {
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
        Action::List { cursor } => {
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
        Action::Revoke { token } => {
            client.revoke_token(token).await?;
            say(format!("revoked {token}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
