//! Doing what the screen asks for: the only place that spawns.

use crate::client::{Connection, Environment, Settings};
use crate::forward::target::Target;
use crate::model::key::Name;
use crate::runtime::cluster::{self, Cluster};
use crate::runtime::engine::Published;
use crate::runtime::forwards::{Forwards, Ground, Order};
use crate::runtime::{browser, groups, logs, plan, remembered, rights, yaml};
use crate::source::cluster::Scope;
use crate::tunnel::forward::busy;
use crate::ui::effect::Effect;
use crate::ui::msg::{Busy, Member, Msg, QuestionId, StreamId};
use std::io::Write as _;
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the screen looks at.
pub(super) enum Sight {
    /// A cluster.
    Live(Box<Cluster>),
    /// Files, or the demo.
    Offline(Published),
}

impl Sight {
    /// What its engine publishes.
    pub(super) fn published(&self) -> &Published {
        match self {
            Self::Live(cluster) => &cluster.published,
            Self::Offline(published) => published,
        }
    }
}

/// How contexts are found and connected to.
#[derive(Clone, Debug)]
pub(super) struct Contexts {
    /// What the flags say.
    pub(super) settings: Settings,
    /// What the environment says.
    pub(super) environment: Environment,
    /// What to read where not everything may be read.
    pub(super) scope: Scope,
}

/// Everything that runs for the screen.
pub(super) struct Tasks {
    /// What the screen looks at.
    pub(super) sight: Sight,
    /// Clusters that are only watched because forwards lead to them.
    pub(super) kept: Vec<Cluster>,
    /// How other contexts are reached.
    pub(super) contexts: Option<Contexts>,
    /// The forwards.
    pub(super) forwards: Forwards,
    /// The log that is read.
    pub(super) log: Option<(StreamId, CancellationToken)>,
    /// Where tasks tell the screen.
    pub(super) inbox: mpsc::Sender<Msg>,
    /// Where a connection to another context arrives.
    pub(super) arrivals: mpsc::Sender<Box<Connection>>,
    /// Counts every task.
    pub(super) tracker: TaskTracker,
    /// Ends every task.
    pub(super) cancel: CancellationToken,
}

/// What only the owner of the terminal can do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remains {
    /// Nothing.
    Nothing,
    /// End.
    Quit,
    /// Put this into the clipboard.
    Copy(String),
    /// The forwards are to be shown anew.
    Forwards,
    /// Give the terminal to a credential plugin.
    LogIn,
}

/// Where forwards of the cluster on the screen lead.
fn ground(cluster: &Cluster) -> Ground {
    Ground {
        connection: cluster.connection.clone(),
        worlds: cluster.published.worlds.clone(),
        context: cluster.context.clone(),
    }
}

/// Does what is asked for; what takes time is spawned, and tells the inbox.
pub(super) fn perform(effect: Effect, tasks: &mut Tasks) -> Remains {
    match effect {
        Effect::Quit => return Remains::Quit,
        Effect::Copy(text) => return Remains::Copy(text),
        Effect::StartForward(wanted, then) => {
            if let Sight::Live(cluster) = &tasks.sight {
                let order = Order {
                    wanted: vec![wanted],
                    then: Some(then),
                    member: None,
                };
                tasks.forwards.start(ground(cluster), order);
            }
        }
        Effect::StartGroup(group, wanted) => {
            if let Sight::Live(cluster) = &tasks.sight {
                let member = Some(Member { group, auto: false });
                let order = Order {
                    wanted,
                    then: None,
                    member,
                };
                tasks.forwards.start(ground(cluster), order);
            }
        }
        Effect::ListGroups => tasks.list_groups(),
        Effect::AskRight(question, target) => tasks.ask_right(question, target),
        Effect::CheckPorts(question, places) => tasks.check_ports(question, places),
        Effect::Browse(url) => tasks.browse(url),
        Effect::StopForward(id) => {
            tasks.forwards.stop(id);
            tasks.release();
            return Remains::Forwards;
        }
        Effect::OpenLog {
            stream,
            pod,
            container,
            previous,
        } => tasks.open_log(logs::Request {
            stream,
            pod,
            container,
            previous,
        }),
        Effect::CloseLog(stream) => {
            if let Some((_, cancel)) = tasks.log.take_if(|(open, _)| *open == stream) {
                cancel.cancel();
            }
        }
        Effect::FetchYaml(key) => tasks.fetch_yaml(key),
        Effect::Save { name, text } => tasks.save(name, text),
        Effect::ReadPlan { file, namespace } => tasks.read_plan(file, namespace),
        Effect::ListContexts => tasks.list_contexts(),
        Effect::SwitchContext(name) => tasks.switch(&name),
        Effect::Retry => {
            if let Sight::Live(cluster) = &tasks.sight {
                if cluster::wants_login(cluster) {
                    return Remains::LogIn;
                }
                cluster.handle.retry_now();
            }
        }
    }
    Remains::Nothing
}

impl Tasks {
    /// Starts what the user's profiles say shall start by itself with this context; what is wrong with them, if
    /// anything.
    pub(super) fn autostart(&self) -> Result<(), String> {
        let Sight::Live(cluster) = &self.sight else {
            return Ok(());
        };
        if self.forwards.lead_to(&cluster.context) {
            return Ok(());
        }
        for group in groups::read(cluster)?
            .into_iter()
            .filter(|group| group.autostart)
        {
            let order = Order {
                wanted: group.wanted?,
                then: None,
                member: Some(Member {
                    group: group.name,
                    auto: true,
                }),
            };
            self.forwards.start(ground(cluster), order);
        }
        Ok(())
    }

    /// Lists the saved sets of the context, with what is in the way of each.
    fn list_groups(&self) {
        if let Sight::Live(cluster) = &self.sight {
            let rows = self.forwards.rows();
            self.tell(groups::list(
                ground(cluster),
                groups::namespace(cluster),
                rows,
            ));
        }
    }

    /// The machine has slept: watches and forwards begin anew, of every cluster.
    pub(super) fn woken(&self) {
        let shown = match &self.sight {
            Sight::Live(cluster) => Some(&**cluster),
            Sight::Offline(_) => None,
        };
        for cluster in shown.into_iter().chain(&self.kept) {
            cluster.handle.reconnect();
        }
        self.forwards.woken();
    }

    /// Tells the screen something from a task; where the screen is gone nobody need hear it.
    fn tell(&self, work: impl Future<Output = Msg> + Send + 'static) {
        let inbox = self.inbox.clone();
        let cancel = self.cancel.clone();
        self.tracker.spawn(async move {
            if let Some(msg) = cancel.run_until_cancelled(work).await {
                let _ = inbox.send(msg).await;
            }
        });
    }

    fn ask_right(&self, question: QuestionId, target: Target) {
        let Sight::Live(cluster) = &self.sight else {
            return;
        };
        let connection = cluster.connection.clone();
        let worlds = cluster.published.worlds.clone();
        self.tell(async move {
            let right = rights::to_target(&connection, worlds, &target).await;
            Msg::Right(question, right)
        });
    }

    fn check_ports(&self, question: QuestionId, places: Vec<SocketAddr>) {
        self.tell(async move {
            let busy = busy(&places).await.into_iter();
            let busy = busy.map(|(at, error)| Busy {
                at,
                why: error.to_string(),
                next: error.next(),
            });
            Msg::Ports(question, busy.collect())
        });
    }

    /// Remembers the local port of a target; nobody is told where that fails, since nothing depends on it.
    pub(super) fn remember(&self, context: Name, target: String, local: Option<u16>) {
        self.tracker.spawn_blocking(move || {
            if let Some(place) = remembered::place() {
                let _ = remembered::keep(&place, &context, &target, local);
            }
        });
    }

    /// Shows a URL in the browser.
    pub(super) fn browse(&self, url: String) {
        self.tell(async move { Msg::Done(browser::show(url).await) });
    }

    fn open_log(&mut self, request: logs::Request) {
        if let Some((_, old)) = self.log.take() {
            old.cancel();
        }
        let Sight::Live(cluster) = &self.sight else {
            return;
        };
        let cancel = self.cancel.child_token();
        self.log = Some((request.stream, cancel.clone()));
        let connection = cluster.connection.clone();
        logs::open(
            connection,
            request,
            self.inbox.clone(),
            &self.tracker,
            &cancel,
        );
    }

    fn fetch_yaml(&self, key: crate::model::key::Key) {
        match &self.sight {
            Sight::Live(cluster) => {
                let connection = cluster.connection.clone();
                self.tell(async move {
                    let text = yaml::of_cluster(&connection, &key).await;
                    Msg::Yaml(key, text)
                });
            }
            Sight::Offline(published) => {
                let snapshot = published.snapshots.borrow().clone();
                self.tell(async move {
                    let reading = tokio::task::spawn_blocking(move || {
                        let object = snapshot.world.get(&key);
                        let place = object.and_then(|object| object.place.as_ref());
                        let text = yaml::of_file(place, &key);
                        Msg::Yaml(key, text)
                    });
                    reading
                        .await
                        .unwrap_or_else(|error| Msg::Done(Err(error.to_string())))
                });
            }
        }
    }

    fn save(&self, name: String, text: String) {
        self.tell(async move {
            let writing = tokio::task::spawn_blocking(move || {
                // A file that is there already is somebody's: it is not overwritten.
                let file = std::fs::File::create_new(&name);
                match file.and_then(|mut file| file.write_all(text.as_bytes())) {
                    Ok(()) => Msg::Done(Ok(format!("saved to {name}"))),
                    Err(error) => Msg::Done(Err(format!("{name} cannot be written: {error}"))),
                }
            });
            writing
                .await
                .unwrap_or_else(|error| Msg::Done(Err(error.to_string())))
        });
    }

    fn read_plan(&self, file: String, namespace: Name) {
        self.tell(async move {
            let name = file.clone();
            let reading = tokio::task::spawn_blocking(move || plan::read(&name, &namespace));
            let read = reading.await.unwrap_or_else(|error| Err(error.to_string()));
            Msg::Plan(file, read)
        });
    }

    fn list_contexts(&self) {
        let (Some(contexts), Sight::Live(cluster)) = (self.contexts.clone(), &self.sight) else {
            return;
        };
        let current = cluster.context.clone();
        self.tell(async move {
            let reading = tokio::task::spawn_blocking(move || {
                cluster::contexts(&contexts.settings, &contexts.environment, &current)
            });
            Msg::Contexts(reading.await.unwrap_or_else(|error| Err(error.to_string())))
        });
    }

    /// Logs in while no screen is up; answers with why that failed.
    pub(super) async fn log_in(&self) -> Result<(), String> {
        let (Some(contexts), Sight::Live(cluster)) = (&self.contexts, &self.sight) else {
            return Ok(());
        };
        let settings = Settings {
            context: Some(cluster.context.to_string()),
            ..contexts.settings.clone()
        };
        let fresh = Connection::log_in(settings, contexts.environment.clone()).await;
        let fresh = fresh.map_err(|error| error.to_string())?;
        cluster.connection.adopt(&fresh);
        cluster.handle.retry_now();
        Ok(())
    }

    fn switch(&self, name: &Name) {
        let Some(contexts) = self.contexts.clone() else {
            return;
        };
        let settings = Settings {
            context: Some(name.to_string()),
            namespace: None,
            ..contexts.settings
        };
        let arrivals = self.arrivals.clone();
        let inbox = self.inbox.clone();
        self.tracker.spawn(async move {
            // Whoever would listen is gone where these fail.
            let _ = match Connection::open(settings, contexts.environment).await {
                Ok(connection) => arrivals.send(Box::new(connection)).await.ok(),
                Err(error) => inbox.send(Msg::Done(Err(error.to_string()))).await.ok(),
            };
        });
    }

    /// Looks at another cluster. The old one is watched on while forwards lead to it.
    pub(super) fn look_at(&mut self, connection: Connection) {
        let scope = self.contexts.as_ref().map(|known| known.scope.clone());
        let cluster = cluster::watch(
            connection,
            scope.unwrap_or_default(),
            &self.tracker,
            &self.cancel,
        );
        let old = std::mem::replace(&mut self.sight, Sight::Live(Box::new(cluster)));
        if let Sight::Live(old) = old {
            self.kept.push(*old);
        }
        self.release();
    }

    /// Lets go of clusters that nothing leads to any more.
    fn release(&mut self) {
        let forwards = &self.forwards;
        self.kept.retain(|cluster| {
            let wanted = forwards.lead_to(&cluster.context);
            if !wanted {
                cluster.cancel.cancel();
            }
            wanted
        });
    }
}
