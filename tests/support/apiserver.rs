//! A small API server for tests: it keeps objects, pages, compresses, watches with bookmarks, forgets its past on
//! demand, and misbehaves as it is told. It listens on loopback only.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use bytes::Bytes;
use futures::StreamExt as _;
use futures::channel::mpsc;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

type Body = BoxBody<Bytes, std::io::Error>;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    List,
    Watch,
    /// Anything else: discovery, versions, reviews, single objects.
    Other,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) verb: Verb,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) at: Instant,
}

/// How the server misbehaves.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with this status, these headers and this body.
    Answer(u16, Vec<(String, String)>, String),
    /// Never answers.
    Hang,
    /// Answers, then breaks the connection off inside the body.
    Truncate,
    /// Answers the head and part of the body, then falls silent.
    Stall,
    /// Waits for a permit before it answers.
    Gate(Arc<Semaphore>),
}

impl Act {
    /// A refusal as the API server words it.
    pub(crate) fn refuse(code: u16, reason: &str, message: &str) -> Self {
        let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "reason": reason, "message": message, "code": code});
        Self::Answer(code, Vec::new(), body.to_string())
    }

    /// What RBAC says to user ada.
    pub(crate) fn forbid(verb: &str, resource: &str) -> Self {
        let message = format!(
            "{resource} is forbidden: User \"ada\" cannot {verb} resource \"{resource}\" in API group \"\" at the cluster scope"
        );
        Self::refuse(403, "Forbidden", &message)
    }
}

struct Rule {
    verb: Verb,
    /// The end of the path: `/pods`, `/namespaces/shop/pods`.
    path: String,
    act: Act,
    /// How many requests it still holds for.
    left: usize,
}

#[derive(Clone)]
struct Event {
    version: u64,
    kind: &'static str,
    path: String,
    object: Value,
}

struct Watcher {
    path: String,
    namespace: Option<String>,
    lines: mpsc::UnboundedSender<Result<Frame<Bytes>, std::io::Error>>,
}

#[derive(Default)]
struct Inner {
    version: u64,
    /// By collection path (`/api/v1/pods`), then namespace and name.
    objects: BTreeMap<String, BTreeMap<(String, String), Value>>,
    past: Vec<Event>,
    /// Watches from before this version are too old.
    oldest: u64,
    watchers: Vec<Watcher>,
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    /// Extra groups of discovery: group, version, resource.
    extra: Vec<(String, String, String)>,
    /// Built-in resources that are served in another version: resource, version.
    versions: BTreeMap<String, String>,
    legacy_discovery: bool,
    compress: bool,
    denied: Vec<String>,
}

/// The server. Stops when dropped.
pub(crate) struct ApiServer {
    pub(crate) address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    /// Told whenever a request comes in.
    pub(crate) changed: Arc<Notify>,
    running: Option<JoinHandle<()>>,
}

const BUILT_IN: &[(&str, &str, &str)] = &[
    ("", "v1", "namespaces"),
    ("", "v1", "nodes"),
    ("", "v1", "pods"),
    ("", "v1", "services"),
    ("", "v1", "events"),
    ("discovery.k8s.io", "v1", "endpointslices"),
    ("networking.k8s.io", "v1", "ingresses"),
    ("networking.k8s.io", "v1", "ingressclasses"),
    ("networking.k8s.io", "v1", "networkpolicies"),
    ("apps", "v1", "replicasets"),
    ("apps", "v1", "deployments"),
    ("apps", "v1", "statefulsets"),
    ("apps", "v1", "daemonsets"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
];

impl ApiServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut server = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::new(Mutex::new(Inner {
                version: 100,
                ..Inner::default()
            })),
            changed: Arc::new(Notify::new()),
            running: None,
        };
        server.serve(listener);
        server
    }

    fn serve(&mut self, listener: TcpListener) {
        let inner = Arc::clone(&self.inner);
        let changed = Arc::clone(&self.changed);
        self.running = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let inner = Arc::clone(&inner);
                let changed = Arc::clone(&changed);
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        answer(Arc::clone(&inner), Arc::clone(&changed), request)
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        }));
    }

    /// Ends the listener and every connection.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
        self.inner.lock().unwrap().watchers.clear();
    }

    /// Listens again on the same port, with all objects.
    pub(crate) async fn restart(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// Creates or replaces an object. `path` is the collection's without a namespace: `/api/v1/pods`.
    pub(crate) fn put(&self, path: &str, object: Value) {
        let mut inner = self.inner.lock().unwrap();
        inner.version += 1;
        let version = inner.version;
        let mut object = object;
        object["metadata"]["resourceVersion"] = Value::from(version.to_string());
        let key = key_of(&object);
        let old = inner
            .objects
            .entry(path.to_owned())
            .or_default()
            .insert(key, object.clone());
        let kind = if old.is_some() { "MODIFIED" } else { "ADDED" };
        inner.happen(Event {
            version,
            kind,
            path: path.to_owned(),
            object,
        });
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, path: &str, namespace: &str, name: &str) {
        let mut inner = self.inner.lock().unwrap();
        inner.version += 1;
        let version = inner.version;
        let key = (namespace.to_owned(), name.to_owned());
        let mut object = inner.objects.get_mut(path).unwrap().remove(&key).unwrap();
        object["metadata"]["resourceVersion"] = Value::from(version.to_string());
        inner.happen(Event {
            version,
            kind: "DELETED",
            path: path.to_owned(),
            object,
        });
    }

    /// Sends a raw line to every watch of a collection.
    pub(crate) fn say(&self, path: &str, line: &str) {
        self.inner.lock().unwrap().say(path, line);
    }

    /// Moves the version on and tells it to every watch of a collection.
    pub(crate) fn bookmark(&self, path: &str) -> u64 {
        let mut inner = self.inner.lock().unwrap();
        inner.version += 1;
        let version = inner.version;
        let line = json!({"type": "BOOKMARK", "object": {"kind": "X", "apiVersion": "v1",
            "metadata": {"resourceVersion": version.to_string()}}});
        inner.say(path, &line.to_string());
        version
    }

    /// Ends every watch in good order.
    pub(crate) fn end_watches(&self) {
        self.inner.lock().unwrap().watchers.clear();
    }

    /// Breaks every watch off.
    pub(crate) fn cut_watches(&self) {
        let mut inner = self.inner.lock().unwrap();
        for watcher in inner.watchers.drain(..) {
            let _ = watcher
                .lines
                .unbounded_send(Err(std::io::Error::other("cut")));
        }
    }

    /// Forgets what happened: watches from any version so far are too old.
    pub(crate) fn forget(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.version += 1;
        inner.oldest = inner.version;
        inner.past.clear();
    }

    /// Misbehaves for the next `times` requests of a verb whose path ends so.
    pub(crate) fn script(&self, verb: Verb, path: &str, times: usize, act: Act) {
        self.inner.lock().unwrap().rules.push(Rule {
            verb,
            path: path.to_owned(),
            act,
            left: times,
        });
    }

    /// Behaves again.
    pub(crate) fn behave(&self) {
        self.inner.lock().unwrap().rules.clear();
    }

    /// Serves one more resource.
    pub(crate) fn install(&self, group: &str, version: &str, resource: &str) {
        let row = (group.to_owned(), version.to_owned(), resource.to_owned());
        self.inner.lock().unwrap().extra.push(row);
    }

    /// Serves an installed resource no more.
    pub(crate) fn uninstall(&self, resource: &str) {
        self.inner
            .lock()
            .unwrap()
            .extra
            .retain(|(_, _, there)| there != resource);
    }

    /// Serves a built-in resource in another version instead.
    pub(crate) fn serve_as(&self, resource: &str, version: &str) {
        self.inner
            .lock()
            .unwrap()
            .versions
            .insert(resource.to_owned(), version.to_owned());
    }

    pub(crate) fn legacy_discovery(&self) {
        self.inner.lock().unwrap().legacy_discovery = true;
    }

    pub(crate) fn compress(&self) {
        self.inner.lock().unwrap().compress = true;
    }

    /// Access reviews about this resource say no, or one verb on it (`get pods`); `!get pods a` is an exception for one
    /// object.
    pub(crate) fn deny(&self, resource: &str) {
        self.inner.lock().unwrap().denied.push(resource.to_owned());
    }

    /// The requests so far of a verb whose path ends so.
    pub(crate) fn seen(&self, verb: Verb, path: &str) -> Vec<Seen> {
        let inner = self.inner.lock().unwrap();
        let wanted = |seen: &&Seen| seen.verb == verb && seen.path.ends_with(path);
        inner.seen.iter().filter(wanted).cloned().collect()
    }

    pub(crate) fn watching(&self, path: &str) -> bool {
        self.inner
            .lock()
            .unwrap()
            .watchers
            .iter()
            .any(|watcher| watcher.path == path)
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

impl Inner {
    fn happen(&mut self, event: Event) {
        let line = line_of(&event);
        let namespace = event.object["metadata"]["namespace"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.watchers.retain(|watcher| {
            watcher.path != event.path
                || watcher
                    .namespace
                    .as_ref()
                    .is_some_and(|wanted| *wanted != namespace)
                || watcher
                    .lines
                    .unbounded_send(Ok(Frame::data(line.clone())))
                    .is_ok()
        });
        self.past.push(event);
    }

    fn say(&mut self, path: &str, line: &str) {
        let line = format!("{line}\n");
        self.watchers.retain(|watcher| {
            watcher.path != path
                || watcher
                    .lines
                    .unbounded_send(Ok(Frame::data(Bytes::from(line.clone()))))
                    .is_ok()
        });
    }

    fn served(&self) -> Vec<(String, String, String)> {
        let built_in = BUILT_IN.iter().map(|(group, version, resource)| {
            let version = self
                .versions
                .get(*resource)
                .map_or(*version, String::as_str);
            (
                (*group).to_owned(),
                version.to_owned(),
                (*resource).to_owned(),
            )
        });
        built_in.chain(self.extra.iter().cloned()).collect()
    }
}

fn line_of(event: &Event) -> Bytes {
    let line = json!({"type": event.kind, "object": event.object});
    Bytes::from(format!("{line}\n"))
}

fn key_of(object: &Value) -> (String, String) {
    let text = |field: &str| {
        object["metadata"][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (text("namespace"), text("name"))
}

async fn answer(
    inner: Arc<Mutex<Inner>>,
    changed: Arc<Notify>,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let (seen, sent) = note(&inner, request).await;
    let act = {
        let mut inner = inner.lock().unwrap();
        inner.seen.push(seen.clone());
        take_act(&mut inner, &seen)
    };
    changed.notify_waiters();
    match act {
        Some(Act::Answer(code, headers, body)) => {
            let mut response = Response::builder().status(code);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            return Ok(response.body(full(body)).unwrap());
        }
        Some(Act::Hang) => std::future::pending().await,
        Some(Act::Truncate) => return Ok(partial(&inner, &seen, &sent, true)),
        Some(Act::Stall) => return Ok(partial(&inner, &seen, &sent, false)),
        Some(Act::Gate(gate)) => gate.acquire().await.unwrap().forget(),
        None => {}
    }
    Ok(respond(&inner, &seen, &sent))
}

async fn note(_: &Arc<Mutex<Inner>>, request: Request<Incoming>) -> (Seen, Vec<u8>) {
    let uri = request.uri().clone();
    let query: BTreeMap<String, String> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), decode(value)))
        .collect();
    let path = uri.path().to_owned();
    let leaf = path.rsplit('/').next().unwrap_or_default().to_owned();
    let collection =
        BUILT_IN.iter().any(|(_, _, resource)| *resource == leaf) || leaf.ends_with("policies");
    let verb = match (collection, query.contains_key("watch")) {
        (true, true) => Verb::Watch,
        (true, false) => Verb::List,
        (false, _) => Verb::Other,
    };
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                value.to_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let seen = Seen {
        verb,
        path,
        query,
        headers,
        at: Instant::now(),
    };
    let sent = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes().to_vec());
    (seen, sent.unwrap_or_default())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn take_act(inner: &mut Inner, seen: &Seen) -> Option<Act> {
    let rule = inner
        .rules
        .iter_mut()
        .find(|rule| rule.left > 0 && rule.verb == seen.verb && seen.path.ends_with(&rule.path))?;
    rule.left -= 1;
    Some(rule.act.clone())
}

fn respond(inner: &Arc<Mutex<Inner>>, seen: &Seen, sent: &[u8]) -> Response<Body> {
    match seen.verb {
        Verb::Watch => watch(&mut inner.lock().unwrap(), seen),
        Verb::List => {
            let inner = inner.lock().unwrap();
            let body = list(&inner, seen);
            let zip = inner.compress
                && seen
                    .headers
                    .get("accept-encoding")
                    .is_some_and(|value| value.contains("gzip"));
            match body {
                None => status(404, "NotFound", "404 page not found"),
                Some(body) if zip => Response::builder()
                    .header("content-encoding", "gzip")
                    .body(full(gzip(body.to_string().as_bytes())))
                    .unwrap(),
                Some(body) => Response::new(full(body.to_string())),
            }
        }
        Verb::Other => other(&inner.lock().unwrap(), seen, sent),
    }
}

/// The first half of the answer, and then an end or a silence.
fn partial(inner: &Arc<Mutex<Inner>>, seen: &Seen, _: &[u8], cut: bool) -> Response<Body> {
    let inner = inner.lock().unwrap();
    let whole = list(&inner, seen)
        .map(|body| body.to_string())
        .unwrap_or_default();
    let half = Bytes::from(whole.as_bytes()[..whole.len() / 2].to_vec());
    let first = futures::stream::once(async move { Ok(Frame::data(half)) });
    let body: Body = if cut {
        let end = futures::stream::once(async {
            // Lets the connection write out what it has.
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            Err(std::io::Error::other("cut"))
        });
        BodyExt::boxed(StreamBody::new(first.chain(end)))
    } else {
        BodyExt::boxed(StreamBody::new(first.chain(futures::stream::pending())))
    };
    Response::new(body)
}

/// Collection path without a namespace, and the namespace.
fn locate(path: &str) -> (String, Option<String>) {
    match path.split_once("/namespaces/") {
        Some((head, rest)) if rest.contains('/') => {
            let (namespace, tail) = rest.split_once('/').unwrap();
            (format!("{head}/{tail}"), Some(namespace.to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

fn is_served(inner: &Inner, path: &str) -> bool {
    inner.served().iter().any(|(group, version, resource)| {
        let full = if group.is_empty() {
            format!("/api/{version}/{resource}")
        } else {
            format!("/apis/{group}/{version}/{resource}")
        };
        full == path
    })
}

fn list(inner: &Inner, seen: &Seen) -> Option<Value> {
    let (path, namespace) = locate(&seen.path);
    if !is_served(inner, &path) {
        return None;
    }
    let only = seen
        .query
        .get("fieldSelector")
        .and_then(|selector| selector.strip_prefix("metadata.name="));
    let all: Vec<Value> = inner
        .objects
        .get(&path)
        .into_iter()
        .flatten()
        .filter(|((place, name), _)| {
            namespace.as_ref().is_none_or(|wanted| wanted == place)
                && only.is_none_or(|wanted| wanted == name)
        })
        .map(|(_, object)| object.clone())
        .collect();
    let from: usize = seen
        .query
        .get("continue")
        .map_or(0, |token| token.trim_start_matches("at=").parse().unwrap());
    let limit: usize = seen
        .query
        .get("limit")
        .map_or(usize::MAX, |limit| limit.parse().unwrap());
    let to = from.saturating_add(limit).min(all.len());
    let mut meta = json!({"resourceVersion": inner.version.to_string()});
    if to < all.len() {
        meta["continue"] = Value::from(format!("at={to}"));
        meta["remainingItemCount"] = Value::from(all.len() - to);
    }
    Some(
        json!({"kind": "List", "apiVersion": "v1", "metadata": meta, "items": &all[from.min(to)..to]}),
    )
}

fn watch(inner: &mut Inner, seen: &Seen) -> Response<Body> {
    let (path, namespace) = locate(&seen.path);
    if !is_served(inner, &path) {
        return status(404, "NotFound", "404 page not found");
    }
    let from: u64 = seen.query["resourceVersion"].parse().unwrap();
    let (lines, stream) = mpsc::unbounded();
    if from < inner.oldest {
        let gone = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure",
            "message": "too old resource version", "reason": "Expired", "code": 410}});
        let _ = lines.unbounded_send(Ok(Frame::data(Bytes::from(format!("{gone}\n")))));
        return Response::new(BodyExt::boxed(StreamBody::new(stream)));
    }
    for event in inner
        .past
        .iter()
        .filter(|event| event.path == path && event.version > from)
    {
        let place = event.object["metadata"]["namespace"]
            .as_str()
            .unwrap_or_default();
        if namespace.as_ref().is_none_or(|wanted| wanted == place) {
            let _ = lines.unbounded_send(Ok(Frame::data(line_of(event))));
        }
    }
    inner.watchers.push(Watcher {
        path,
        namespace,
        lines,
    });
    Response::new(BodyExt::boxed(StreamBody::new(stream)))
}

fn other(inner: &Inner, seen: &Seen, sent: &[u8]) -> Response<Body> {
    let served = inner.served();
    let aggregated = !inner.legacy_discovery
        && seen
            .headers
            .get("accept")
            .is_some_and(|accept| accept.contains("as=APIGroupDiscoveryList"));
    let body = match (seen.path.as_str(), aggregated) {
        ("/version", _) => json!({"gitVersion": "v1.36.3", "platform": "linux/amd64"}),
        ("/api", true) => discovery_list(&served, str::is_empty),
        ("/apis", true) => discovery_list(&served, |group| !group.is_empty()),
        ("/api", false) => json!({"kind": "APIVersions", "versions": ["v1"]}),
        ("/apis", false) => {
            let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
            for (group, version, _) in served.iter().filter(|(group, ..)| !group.is_empty()) {
                let versions = groups.entry(group).or_default();
                let row = json!({"groupVersion": format!("{group}/{version}"), "version": version});
                if !versions.contains(&row) {
                    versions.push(row);
                }
            }
            let groups: Vec<Value> = groups
                .iter()
                .map(|(name, versions)| json!({"name": name, "versions": versions}))
                .collect();
            json!({"kind": "APIGroupList", "groups": groups})
        }
        (path, _) if path.ends_with("/selfsubjectaccessreviews") => review(inner, sent),
        (path, _) => {
            let wanted = path
                .trim_start_matches("/apis/")
                .trim_start_matches("/api/");
            let found: Vec<Value> = served
                .iter()
                .filter(|(group, version, _)| {
                    let full = if group.is_empty() {
                        version.clone()
                    } else {
                        format!("{group}/{version}")
                    };
                    full == wanted
                })
                .map(|(_, _, resource)| json!({"name": resource}))
                .collect();
            if found.is_empty() {
                return single(inner, path);
            }
            json!({"kind": "APIResourceList", "resources": found})
        }
    };
    Response::new(full(body.to_string()))
}

fn single(inner: &Inner, path: &str) -> Response<Body> {
    let (path, namespace) = locate(path);
    let (collection, name) = path.rsplit_once('/').unwrap();
    let key = (namespace.unwrap_or_default(), name.to_owned());
    match inner
        .objects
        .get(collection)
        .and_then(|objects| objects.get(&key))
    {
        Some(object) => Response::new(full(object.to_string())),
        None => status(404, "NotFound", &format!("{name} not found")),
    }
}

fn review(inner: &Inner, sent: &[u8]) -> Value {
    let asked: Value = serde_json::from_slice(sent).unwrap();
    let attributes = &asked["spec"]["resourceAttributes"];
    let part = |field: &str| attributes[field].as_str().unwrap_or_default().to_owned();
    let mut resource = part("resource");
    if !part("subresource").is_empty() {
        resource = format!("{resource}/{}", part("subresource"));
    }
    let named = format!("{} {resource}", part("verb"));
    let single = format!("!{named} {}", part("name"));
    let refused = inner.denied.contains(&resource) || inner.denied.contains(&named);
    let allowed = !refused || inner.denied.contains(&single);
    json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}})
}

fn discovery_list(served: &[(String, String, String)], wanted: impl Fn(&str) -> bool) -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for (group, version, resource) in served.iter().filter(|(group, ..)| wanted(group)) {
        let resources = groups.entry(group).or_default().entry(version).or_default();
        resources.push(json!({"resource": resource, "verbs": ["list", "watch"]}));
    }
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|(version, resources)| json!({"version": version, "resources": resources}))
                .collect();
            json!({"metadata": {"name": group}, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
}

fn status(code: u16, reason: &str, message: &str) -> Response<Body> {
    let Act::Answer(code, _, body) = Act::refuse(code, reason, message) else {
        unreachable!()
    };
    let code = StatusCode::from_u16(code).unwrap();
    Response::builder().status(code).body(full(body)).unwrap()
}

fn full(body: impl Into<Bytes>) -> Body {
    BodyExt::boxed(Full::new(body.into()).map_err(|never: Infallible| match never {}))
}

/// gzip with stored blocks (RFC 1951, 3.2.4; RFC 1952).
pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = data.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let sum = data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                (sum >> 1) ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    });
    out.extend((!sum).to_le_bytes());
    out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    out
}
