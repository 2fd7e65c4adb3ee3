//! The saved sets of the context on the screen: read from the file, and looked at for what is in their way.

use crate::forward::group::{Group, groups};
use crate::forward::plan::plan;
use crate::forward::profile::Wanted;
use crate::model::key::Name;
use crate::model::world::World;
use crate::runtime::cluster::Cluster;
use crate::runtime::forwards::Ground;
use crate::runtime::profiles;
use crate::tunnel::forward::busy;
use crate::ui::msg::{ForwardRow, GroupRow, Msg};
use std::net::SocketAddr;
use std::sync::Arc;

/// The namespace of targets that name none.
pub(super) fn namespace(cluster: &Cluster) -> Name {
    Name::from(cluster.connection.namespace().unwrap_or("default"))
}

/// The sets of a cluster's context.
pub(super) fn read(cluster: &Cluster) -> Result<Vec<Group>, String> {
    let profiles = profiles::read()?;
    Ok(groups(&profiles, &cluster.context, &namespace(cluster)))
}

/// The sets of a context for the screen. `rows` are the forwards that run.
pub(super) async fn list(ground: Ground, namespace: Name, rows: Vec<ForwardRow>) -> Msg {
    let reading = tokio::task::spawn_blocking(profiles::read).await;
    let read = reading.unwrap_or_else(|error| Err(error.to_string()));
    let profiles = match read {
        Ok(profiles) => profiles,
        Err(why) => return Msg::Groups(Err(why)),
    };
    let world = Arc::clone(&ground.worlds.borrow());
    let mut found = Vec::new();
    for group in groups(&profiles, &ground.context, &namespace) {
        let (wanted, defect) = match group.wanted {
            Ok(wanted) => {
                let places = places(&world, &group.name, &wanted, &rows);
                let first = busy(&places).await.into_iter().next();
                (wanted, first.map(|(_, error)| error.to_string()))
            }
            Err(why) => (Vec::new(), Some(why)),
        };
        found.push(GroupRow {
            name: group.name,
            autostart: group.autostart,
            wanted,
            defect,
        });
    }
    Msg::Groups(Ok(found))
}

/// Where the forwards of a set that do not run yet would listen, as far as that is known.
fn places(world: &World, group: &Name, wanted: &[Wanted], rows: &[ForwardRow]) -> Vec<SocketAddr> {
    let runs = |one: &Wanted| {
        let mut own = rows.iter().filter(|row| row.is_of(group));
        own.any(|row| row.target == one.target)
    };
    let idle = wanted.iter().filter(|one| !runs(one));
    let places = idle.filter_map(|one| {
        let local = plan(world, &one.target).ok()?.local;
        Some(SocketAddr::new(one.address, local)).filter(|_| local != 0)
    });
    places.collect()
}
