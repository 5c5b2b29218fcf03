//! Which role a caller has.

use std::collections::HashMap;

use fleetscope_model::{AccessRole, Authority, Caller};

use super::ask::HubReviews;
use super::question;
use super::rights_unknown;
use crate::{Error, Known, Result};

/// Every role, highest first.
const HIGHEST_FIRST: [AccessRole; 3] =
    [AccessRole::Admin, AccessRole::Operator, AccessRole::Viewer];

/// Users and groups who have a role.
#[derive(Debug, Clone, Default)]
pub struct RoleBindings {
    users: HashMap<String, AccessRole>,
    groups: HashMap<String, AccessRole>,
}

impl RoleBindings {
    /// The same bindings, and a role for these users and the members of these groups. Whoever has
    /// several roles has the highest.
    #[must_use]
    pub fn bind(mut self, role: AccessRole, users: &[String], groups: &[String]) -> Self {
        for (names, bound) in [(users, &mut self.users), (groups, &mut self.groups)] {
            for name in names {
                let known = bound.entry(name.clone()).or_insert(role);
                *known = role.max(*known);
            }
        }
        self
    }

    /// The role of a caller; none where it is bound to none.
    fn of(&self, caller: &Caller) -> Option<AccessRole> {
        let by_name = Some(&caller.name).filter(|name| !question::is_reserved(caller, name));
        let by_name = by_name.and_then(|name| self.users.get(name));
        let groups = caller.groups.iter();
        let by_group = groups
            .filter(|group| !question::is_reserved(caller, group))
            .filter_map(|group| self.groups.get(group));
        by_group.chain(by_name).max().copied()
    }
}

/// Gives callers their roles. Cheap enough to ask for every request.
#[derive(Clone, Default)]
pub struct Roles {
    bindings: RoleBindings,
    hub: Option<HubReviews>,
}

impl Roles {
    /// Roles by bindings; and, where a hub is given, also those that it lets a caller use.
    pub const fn new(bindings: RoleBindings, hub: Option<HubReviews>) -> Self {
        Self { bindings, hub }
    }

    /// The caller with its role. A token of this installation carries its own.
    ///
    /// # Errors
    /// `no_role` where the caller has none; `rights_unknown` where the hub can't be asked.
    pub async fn assign(&self, mut known: Known) -> Result<Known> {
        let caller = &known.caller;
        if matches!(caller.authority, Authority::System | Authority::Local) {
            return Ok(known);
        }
        let bound = self.bindings.of(caller);
        let Some(role) = self.by_hub(caller, bound).await? else {
            return Err(Error::NoRole(caller.name.clone()));
        };
        known.caller.role = role;
        Ok(known)
    }

    /// The highest role, of which the hub is only asked about those above the bound one.
    async fn by_hub(
        &self,
        caller: &Caller,
        bound: Option<AccessRole>,
    ) -> Result<Option<AccessRole>> {
        let Some(hub) = &self.hub else {
            return Ok(bound);
        };
        for role in HIGHEST_FIRST {
            if bound.is_some_and(|bound| bound >= role) {
                break;
            }
            let answer = hub.allow(caller, question::use_role(role.as_str())).await;
            if answer.map_err(rights_unknown)? {
                return Ok(Some(role));
            }
        }
        Ok(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn caller(authority: Authority, name: &str, groups: &[&str]) -> Known {
        Known::from(Caller {
            authority,
            groups: names(groups),
            ..Caller::local(name, AccessRole::Viewer)
        })
    }

    fn roles() -> Roles {
        let bindings = RoleBindings::default()
            .bind(AccessRole::Admin, &names(&["root"]), &names(&["owners"]))
            .bind(AccessRole::Operator, &[], &names(&["sre", "system:nodes"]))
            .bind(
                AccessRole::Viewer,
                &names(&["root"]),
                &names(&["system:authenticated"]),
            );
        Roles::new(bindings, None)
    }

    async fn role(known: Known) -> Result<AccessRole> {
        roles().assign(known).await.map(|known| known.caller.role)
    }

    #[tokio::test]
    async fn a_caller_has_the_highest_role_of_its_name_and_groups() {
        let one = |name, groups: &[&str]| role(caller(Authority::Kubernetes, name, groups));
        assert_eq!(one("root", &[]).await.unwrap(), AccessRole::Admin);
        let everybody = "system:authenticated";
        assert_eq!(one("a", &[everybody]).await.unwrap(), AccessRole::Viewer);
        assert_eq!(
            one("a", &[everybody, "sre"]).await.unwrap(),
            AccessRole::Operator
        );
        assert!(matches!(one("a", &["Owners"]).await, Err(Error::NoRole(name)) if name == "a"));
    }

    #[tokio::test]
    async fn an_issuer_gives_nobody_a_group_of_the_api_server() {
        let one = |groups: &[&str]| role(caller(Authority::Oidc, "a", groups));
        assert_eq!(one(&["sre"]).await.unwrap(), AccessRole::Operator);
        for group in ["system:authenticated", "system:nodes"] {
            assert!(
                matches!(one(&[group]).await, Err(Error::NoRole(_))),
                "{group}"
            );
        }
    }

    #[tokio::test]
    async fn a_local_token_keeps_its_own_role() {
        let known = caller(Authority::Local, "root", &[]);
        assert_eq!(role(known).await.unwrap(), AccessRole::Viewer);
    }
}
