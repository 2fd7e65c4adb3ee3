//! Asks whether this user may forward ports, before that is offered or started.

use crate::client::Connection;
use crate::client::access::{Access, Act, review};
use crate::client::fault::Fault;
use crate::forward::right::{self, ASKED, Answer, Right, Rights, minor_of};
use crate::forward::target::Target;
use crate::model::key::Name;
use crate::model::world::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the answer may take: a forward is not to wait for it longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether ports of a namespace's pods may be forwarded; `pods` are all that are meant, by name, where they are
/// known. A role may allow these alone, so they are asked for where the namespace as a whole is refused.
pub async fn port_forward(connection: &Connection, namespace: &str, pods: &[Name]) -> Right {
    match timeout(PATIENCE, find_out(connection, namespace, pods)).await {
        Ok(right) => right,
        Err(_) => Right::NotKnown(format!(
            "whether RBAC allows port-forwards in namespace {namespace} is not known: no answer within {} s",
            PATIENCE.as_secs()
        )),
    }
}

/// The same for what a target leads to: for the namespace as a whole, and where that is refused for its pods.
pub async fn to_target(
    connection: &Connection,
    worlds: watch::Receiver<Arc<World>>,
    target: &Target,
) -> Right {
    let place = target.object.namespace_str();
    let whole = port_forward(connection, place, &[]).await;
    if matches!(whole, Right::Given | Right::NotKnown(_)) {
        return whole;
    }
    let pods = pods(worlds, target).await;
    port_forward(connection, place, &pods).await
}

/// The pods that a target leads to, once the world can tell, or has had time to.
pub(super) async fn pods(mut worlds: watch::Receiver<Arc<World>>, target: &Target) -> Vec<Name> {
    let told = worlds.wait_for(|world| !right::is_syncing(world, target));
    let told = matches!(timeout(PATIENCE, told).await, Ok(Ok(_)));
    let world = Arc::clone(&worlds.borrow());
    if told {
        right::pods(&world, target)
    } else {
        Vec::new()
    }
}

async fn find_out(connection: &Connection, namespace: &str, pods: &[Name]) -> Right {
    let (version, whole) = tokio::join!(connection.hello(), ask(connection, namespace, None));
    let minor = version.ok().and_then(|known| minor_of(&known.git_version));
    let judge = |(get, create)| Rights { get, create, minor }.verdict(namespace);
    let whole = judge(whole);
    if matches!(whole, Right::Given | Right::NotKnown(_)) {
        return whole;
    }
    for pod in pods.iter().take(ASKED) {
        let one = judge(ask(connection, namespace, Some(pod)).await);
        if matches!(one, Right::Given | Right::NotKnown(_)) {
            return one;
        }
    }
    if pods.is_empty() || pods.len() > ASKED {
        whole.unless_named()
    } else {
        whole
    }
}

async fn ask(connection: &Connection, namespace: &str, pod: Option<&Name>) -> (Answer, Answer) {
    let act = |verb| {
        let act = Act::port_forward(verb, namespace);
        pod.map_or(act.clone(), |pod| act.on(pod))
    };
    let (get, create) = (act("get"), act("create"));
    let (get, create) = tokio::join!(review(connection, &get), review(connection, &create));
    let answer = |answered: Result<Access, Fault>| match answered {
        Ok(Access::Allowed) => Answer::Yes,
        Ok(Access::Denied(why)) => Answer::No(why),
        Err(fault) => Answer::NotKnown(fault.to_string()),
    };
    (answer(get), answer(create))
}
