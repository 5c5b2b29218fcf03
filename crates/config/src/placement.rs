//! Which roles may share a process, and what a process needs to reach the others.

use fleetscope_model::Role;

use crate::error::Problem;
use crate::load::Config;

/// Checks the roles of this process against each other and against what they need.
pub(crate) fn validate(config: &Config, problems: &mut Vec<Problem>) {
    let server = &config.server;
    let doubled = (1..server.roles.len()).find(|n| server.roles[..*n].contains(&server.roles[*n]));
    if let Some(n) = doubled {
        let what = format!("names {} twice: name each role once", server.roles[n]);
        problems.push(Problem::of("server.roles", what));
    }
    let gateway = server.has(Role::Gateway);
    let others: Vec<Role> = others().filter(|role| server.has(*role)).collect();
    if server.roles.is_empty() {
        problems.push(Problem::of(
            "server.roles",
            "is empty: write at least one role",
        ));
    } else if others.is_empty() {
        validate_lone_gateway(config, problems);
    } else if others.len() < Role::ALL.len() - 1 {
        problems.push(missing(gateway, &others));
    } else if !gateway && server.inner_listen.is_none() {
        let what = "is not given, and without the gateway role nothing else is served: write \
                    where the gateway reaches this process, as in 127.0.0.1:8081";
        problems.push(Problem::of("server.inner_listen", what));
    }
    if server.inner_listen.is_some() && !others.is_empty() {
        require_key(config, problems);
    }
}

/// Every role but the gateway.
fn others() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| *role != Role::Gateway)
}

fn validate_lone_gateway(config: &Config, problems: &mut Vec<Problem>) {
    for role in others().filter(|role| config.services.url(*role).is_none()) {
        let what = format!(
            "is not given, and this process has no {role} role: write the inner address of the \
             process that has it, as in http://127.0.0.1:8081"
        );
        problems.push(Problem::of(&format!("services.{role}.url"), what));
    }
    if config.server.inner_listen.is_some() {
        let what = "is given, and a gateway has nothing to serve there: leave it out";
        problems.push(Problem::of("server.inner_listen", what));
    }
    require_key(config, problems);
}

/// SQLite takes one process at a time, so the roles that keep something can't be spread yet.
fn missing(gateway: bool, others: &[Role]) -> Problem {
    let missing: Vec<&str> = Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Gateway && !others.contains(role))
        .map(Role::as_str)
        .collect();
    let whole = if gateway {
        "all five roles"
    } else {
        "all roles but gateway"
    };
    Problem::of(
        "server.roles",
        format!(
            "leaves out {}: registry, collector, intelligence and streaming share one SQLite \
             database, which one process at a time may open; write {whole}, and only the gateway \
             may be a process of its own",
            missing.join(", ")
        ),
    )
}

fn require_key(config: &Config, problems: &mut Vec<Problem>) {
    if config.services.key.is_none() && config.services.key_file.is_none() {
        let what = "is not given, and roles are split over processes: write the same key in each, \
                    as in the output of `openssl rand -base64 32`, or name its file in \
                    services.key_file";
        problems.push(Problem::of("services.key", what));
    }
}
