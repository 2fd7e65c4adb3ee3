//! `forward`: port-forwards without the screen.

use crate::cli::args::{Forward, TextFormat};
use crate::cli::failure::Failure;
use crate::cli::invocation::Invocation;
use crate::cli::live;
use crate::cli::world;
use crate::client::{Connection, Environment};
use crate::forward::import::{Import, from_annotations, from_kftray};
use crate::forward::pick::Among;
use crate::forward::profile::{Profile, Wanted};
use crate::forward::target::Target;
use crate::model::delta::Delta;
use crate::model::key::Name;
use crate::model::world::{Origin, World};
use crate::runtime::descriptors;
use crate::runtime::forward::{self, Order, Streams, Style};
use crate::runtime::profiles;
use crate::runtime::slumber::until_slept;
use crate::source::cluster::{self, Handle, Launch, Scope, Secrets, Timing};
use crate::tunnel::forward::{Alarm, Habitat};
use jiff::Timestamp;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Deltas that may wait to be applied, and how many are applied before the world is published again.
const PENDING: usize = 4096;

/// How often the world is told the time.
const CLOCK: Duration = Duration::from_secs(5);

/// Forwards until a signal comes.
pub fn run(invocation: &Invocation, args: &Forward) -> Result<u8, Failure> {
    if args.import_annotations {
        return import_annotations(invocation);
    }
    if invocation.global.demo || !invocation.global.from.is_empty() {
        return Err(Failure::new(
            "a forward needs a live cluster: leave out --from and --demo",
        ));
    }
    if let Some(file) = &args.import {
        return import(file);
    }
    live::forwards_allowed(invocation).map_err(Failure::new)?;
    let mut invocation = invocation.clone();
    let profile = args.profile.as_deref().map(profile_of).transpose()?;
    if let Some(profile) = &profile
        && invocation.global.context.is_none()
    {
        invocation.global.context.clone_from(&profile.context);
    }
    let invocation = &invocation;
    let runtime = live::runtime()?;
    let code = runtime.block_on(forward_until_stopped(invocation, args, profile.as_ref()));
    runtime.shutdown_background();
    code
}

/// The saved set of a name.
fn profile_of(name: &str) -> Result<Profile, Failure> {
    let profiles = profiles::read().map_err(Failure::new)?;
    match profiles.get(name) {
        Ok(profile) => Ok(profile.clone()),
        Err(error) => {
            let place = profiles::place().unwrap_or_default();
            let place = place.display();
            Err(Failure::new(format!("{error} ({place})")))
        }
    }
}

/// Prints what a kftray export amounts to.
fn import(file: &Path) -> Result<u8, Failure> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).map_err(|error| Failure::new(format!("{shown}: {error}")))?;
    let import = from_kftray(&text)
        .map_err(|error| Failure::new(format!("{shown}: no kftray export: {error}")))?;
    print(&import)?;
    Ok(forward::STOPPED)
}

/// Prints what the annotations in a world amount to.
fn import_annotations(invocation: &Invocation) -> Result<u8, Failure> {
    let seen = world::open(invocation)?;
    let world = seen.engine.world();
    let context = match world.origin() {
        Origin::Live { context } => context.as_str(),
        Origin::Demo | Origin::Files => "",
    };
    let import = from_annotations(world, invocation.reported_namespace().as_ref(), context);
    print(&import)?;
    if import.text.is_empty() {
        writeln!(
            io::stderr(),
            "portolan: no pod and no Service that could be read has an annotation of k9s or kftray that names a port to forward"
        )?;
    }
    Ok(seen.exit_code(invocation))
}

/// What could be taken over goes to standard output, what could not to standard error.
fn print(import: &Import) -> Result<(), Failure> {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    out.write_all(import.text.as_bytes())?;
    for why in &import.left_out {
        writeln!(err, "portolan: left out: {why}")?;
    }
    Ok(())
}

/// What is asked for, by the profile or by the arguments.
fn wanted(
    args: &Forward,
    profile: Option<&Profile>,
    namespace: &Name,
) -> Result<Vec<Wanted>, Failure> {
    if let Some(profile) = profile {
        let name = args.profile.as_deref().unwrap_or_default();
        return profile.wanted(name, namespace).map_err(Failure::new);
    }
    let object = args.target.as_deref().unwrap_or_default();
    let targets = Target::parse(object, namespace, &args.ports).map_err(Failure::new)?;
    let wanted = targets.into_iter().map(|target| Wanted {
        target,
        address: args.address,
        among: if args.spread {
            Among::Spread
        } else {
            Among::Sticky
        },
    });
    Ok(wanted.collect())
}

async fn forward_until_stopped(
    invocation: &Invocation,
    args: &Forward,
    profile: Option<&Profile>,
) -> Result<u8, Failure> {
    let patience = invocation.global.timeout;
    let stop = async {
        // Where signals cannot be heard, the process ends by them all the same.
        if forward::signalled().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(stop);
    let connecting = timeout(patience, connect(invocation));
    let connection = tokio::select! {
        connected = connecting => connected.map_err(|_| live::late(patience))??,
        () = &mut stop => return Ok(forward::STOPPED),
    };
    let namespace = Name::from(connection.namespace().unwrap_or("default"));
    let wanted = wanted(args, profile, &namespace)?;
    let mut places: Vec<Name> = wanted
        .iter()
        .filter_map(|wanted| wanted.target.object.namespace.clone())
        .collect();
    places.sort_unstable();
    places.dedup();
    let connection = Arc::new(connection);
    let cancel = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (deltas, arriving) = mpsc::channel(PENDING);
    let source = cluster::start(Launch {
        connection: Arc::clone(&connection),
        scope: Scope {
            namespaces: places,
            default: None,
            // No forward looks at a certificate.
            secrets: Secrets::Never,
        },
        timing: Timing::default(),
        deltas,
        tasks: tasks.clone(),
        cancel: cancel.clone(),
    });
    let origin = Origin::Live {
        context: Name::from(connection.context()),
    };
    let world = World::new(origin, Timestamp::now());
    let (publish, worlds) = watch::channel(Arc::new(world.clone()));
    let order = Order {
        wanted,
        ready_fd: args.ready_fd,
        style: match args.output {
            TextFormat::Text => Style::Text(invocation.charset()),
            TextFormat::Json => Style::Json,
        },
        patience,
    };
    descriptors::allow_many();
    let habitat = Habitat::new(tasks, cancel.clone());
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let streams = Streams {
        out: &mut out,
        err: &mut err,
    };
    let forwarding = forward::run(connection, worlds, &order, &habitat, stop, streams);
    let code = tokio::select! {
        code = forwarding => code,
        () = keep(world, arriving, publish) => Ok(forward::STOPPED),
        () = mind_sleep(&source, &habitat.alarm) => Ok(forward::STOPPED),
    };
    source.stop();
    cancel.cancel();
    Ok(code?)
}

/// After sleep, watches and forwards begin anew.
async fn mind_sleep(source: &Handle, alarm: &Alarm) {
    loop {
        until_slept().await;
        source.reconnect();
        alarm.ring();
    }
}

async fn connect(invocation: &Invocation) -> Result<Connection, Failure> {
    let opening = Connection::open(live::settings(invocation), Environment::read());
    let connection = opening.await.map_err(Failure::new)?;
    connection.hello().await.map_err(Failure::new)?;
    Ok(connection)
}

/// Keeps the world up to date and publishes it whenever something has changed.
async fn keep(
    mut world: World,
    mut arriving: mpsc::Receiver<Delta>,
    publish: watch::Sender<Arc<World>>,
) {
    let mut clock = tokio::time::interval(CLOCK);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            came = arriving.recv_many(&mut batch, PENDING) => if came == 0 {
                return;
            },
            _ = clock.tick() => batch.push(Delta::Clock(Timestamp::now())),
        }
        for delta in batch.drain(..) {
            world.apply(delta);
        }
        publish.send_replace(Arc::new(world.clone()));
    }
}
