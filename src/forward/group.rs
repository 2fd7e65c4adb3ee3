//! The saved sets that concern one context, as they are shown and started: whole, or not at all.

use crate::forward::profile::{Profiles, Wanted};
use crate::model::key::Name;

/// A saved set of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in the file.
    pub name: Name,
    /// Whether it is started by itself with this context: only where the file says so and names the context.
    pub autostart: bool,
    /// What it forwards; one sentence where it cannot be used.
    pub wanted: Result<Vec<Wanted>, String>,
}

/// The sets of a context, by name: those that name it, and those that name none. `namespace` is that of targets
/// that name none.
pub fn groups(profiles: &Profiles, context: &str, namespace: &Name) -> Vec<Group> {
    let here = profiles
        .all()
        .filter(|(_, profile)| profile.context.as_deref().is_none_or(|own| own == context));
    here.map(|(name, profile)| Group {
        name: name.into(),
        autostart: profile.autostart && profile.context.is_some(),
        wanted: profile
            .wanted(name, namespace)
            .map_err(|error| error.to_string()),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [profiles.dev]
        context = "dev"
        autostart = true
        forwards = [{ target = "svc/a", ports = ["80"] }]

        [profiles.everywhere]
        autostart = true
        forwards = [{ target = "svc/b", ports = ["80"] }]

        [profiles.shop]
        context = "prod"
        autostart = true
        forwards = [{ target = "svc/c", ports = ["80"] }]

        [profiles.torn]
        context = "prod"
        forwards = [{ target = "svc/d", ports = ["1:2"] }, { target = "svc/e", ports = ["1:3"] }]
    "#;

    #[test]
    fn the_sets_of_a_context_and_those_of_none() {
        let groups = groups(&Profiles::parse(FILE).unwrap(), "prod", &"shop".into());
        let said: Vec<(&str, bool, bool)> = groups
            .iter()
            .map(|group| (&*group.name, group.autostart, group.wanted.is_ok()))
            .collect();
        assert_eq!(
            said,
            [
                ("everywhere", false, true),
                ("shop", true, true),
                ("torn", false, false)
            ],
            "whoever names no context is started nowhere by itself"
        );
        let torn = groups[2].wanted.as_ref().unwrap_err();
        assert!(torn.contains("both want local port 1"), "{torn}");
        let everywhere = groups[0].wanted.as_ref().unwrap();
        assert_eq!(everywhere[0].target.to_string(), "shop/Service/b:80");
    }
}
