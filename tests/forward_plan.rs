//! Which forwards can work, and which pod serves a connection.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

#[path = "support/facts.rs"]
mod facts;

use facts::*;
use portolan::forward::offer::offers;
use portolan::forward::past::offers_past;
use portolan::forward::pick::{Among, Choice, Memory, candidates, has_ended, pick};
use portolan::forward::plan::{Blocked, Plan, plan};
use portolan::forward::target::Target;
use portolan::model::coverage::State;
use portolan::model::delta::Delta;
use portolan::model::endpoints::EndpointSlice;
use portolan::model::key::Name;
use portolan::model::kind::Kind;
use portolan::model::meta::Meta;
use portolan::model::object::Fact;
use portolan::model::pod::{ContainerState, Phase, Pod};
use portolan::model::port::{PortRef, Protocol::Tcp, Protocol::Udp};
use portolan::model::service::{Service, ServiceType};
use portolan::model::world::World;

fn target(object: &str, port: &str) -> Target {
    Target::parse(object, &"shop".into(), &[port])
        .unwrap()
        .remove(0)
}

fn planned(world: &World, object: &str, port: &str) -> Plan {
    plan(world, &target(object, port)).unwrap()
}

fn refused(world: &World, object: &str, port: &str) -> Box<Blocked> {
    plan(world, &target(object, port)).unwrap_err()
}

fn chosen(world: &World, object: &str, port: &str) -> Vec<(String, u16)> {
    let choices = candidates(world, &target(object, port)).unwrap();
    choices
        .into_iter()
        .map(|choice| (choice.pod.name.to_string(), choice.port))
        .collect()
}

fn reason(world: &World, object: &str, port: &str) -> (String, Vec<&'static str>) {
    let missing = candidates(world, &target(object, port)).unwrap_err();
    (missing.reason, missing.codes)
}

/// `api`: 80 → http, where http is 8080 in api-1 and 9090 in api-2, hence two slices.
fn api() -> Service {
    service(
        "api",
        vec![
            service_port("web", 80, Tcp, PortRef::Name("http".into())),
            service_port("dns", 53, Udp, PortRef::Number(53)),
            service_port("admin", 9000, Tcp, PortRef::Number(9001)),
        ],
    )
}

fn api_pods() -> [Pod; 2] {
    [
        pod("api-1", "10.1.0.1", &[("http", 8080, Tcp)]),
        pod("api-2", "10.1.0.2", &[("http", 9090, Tcp)]),
    ]
}

fn api_slices(first: bool, second: bool) -> [EndpointSlice; 2] {
    [
        slice(
            "api-a",
            "api",
            &[("web", Some(8080)), ("admin", Some(9001))],
            vec![endpoint("api-1", first)],
        ),
        slice(
            "api-b",
            "api",
            &[("web", Some(9090)), ("admin", Some(9001))],
            vec![endpoint("api-2", second)],
        ),
    ]
}

fn shop(first: bool, second: bool) -> World {
    let mut facts = vec![Fact::Service(api())];
    let pods = api_pods().into_iter().zip([first, second]);
    facts.extend(pods.map(|(pod, ready)| Fact::Pod(if ready { pod } else { unready(pod) })));
    facts.extend(api_slices(first, second).map(Fact::EndpointSlice));
    world(facts)
}

#[test]
fn a_service_port_leads_to_each_pods_own_port() {
    let world = shop(true, true);
    assert_eq!(
        chosen(&world, "svc/api", "80"),
        [("api-1".into(), 8080), ("api-2".into(), 9090)]
    );
    assert_eq!(
        chosen(&world, "svc/api", "web"),
        [("api-1".into(), 8080), ("api-2".into(), 9090)]
    );
    assert_eq!(
        chosen(&world, "svc/api", "admin"),
        [("api-1".into(), 9001), ("api-2".into(), 9001)]
    );
}

#[test]
fn the_local_port_is_proposed() {
    let world = shop(true, true);
    assert_eq!(planned(&world, "svc/api", "80").local, 8080);
    assert_eq!(planned(&world, "svc/api", "web").local, 8080);
    assert_eq!(planned(&world, "svc/api", "9000").local, 9000);
    assert_eq!(planned(&world, "svc/api", ":80").local, 0);
    assert_eq!(planned(&world, "svc/api", "80:80").local, 80);
    assert_eq!(planned(&world, "pod/api-2", "http").local, 9090);
    assert_eq!(planned(&world, "pod/api-2", "1023").local, 9023);
    assert_eq!(planned(&world, "pod/api-2", "1024").local, 1024);
    assert!(!planned(&world, "svc/api", "80").is_exposed());
    assert!(
        planned(&world, "svc/api", "80")
            .on_address("0.0.0.0".parse().unwrap())
            .is_exposed()
    );
    assert_eq!(planned(&world, "svc/api", "80").mapping, "web 80 → http");
}

#[test]
fn only_ready_endpoints_serve_and_none_is_no_obstacle() {
    assert_eq!(
        chosen(&shop(false, true), "svc/api", "80"),
        [("api-2".into(), 9090)]
    );
    let world = shop(false, false);
    planned(&world, "svc/api", "80");
    let (reason, codes) = reason(&world, "svc/api", "80");
    assert_eq!(codes, ["SVC003"]);
    assert!(
        reason.starts_with("no endpoint is ready: api-1 "),
        "{reason}"
    );
}

#[test]
fn a_draining_endpoint_serves_where_none_is_ready() {
    let mut draining = endpoint("api-1", false);
    draining.serving = Some(true);
    draining.terminating = Some(true);
    let mut world = world([Fact::Service(api())]);
    for pod in api_pods() {
        put(&mut world, Fact::Pod(pod));
    }
    let both = vec![draining.clone(), endpoint("api-2", true)];
    put(
        &mut world,
        Fact::EndpointSlice(slice("api-a", "api", &[("web", Some(8080))], both)),
    );
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-2".into(), 8080)]);
    put(
        &mut world,
        Fact::EndpointSlice(slice(
            "api-a",
            "api",
            &[("web", Some(8080))],
            vec![draining],
        )),
    );
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-1".into(), 8080)]);
}

#[test]
fn an_endpoint_whose_pod_has_gone_or_come_anew_is_left_out() {
    let mut world = shop(true, true);
    world.apply(Delta::Delete(key(Kind::Pod, "api-1")));
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-2".into(), 9090)]);
    let mut reborn = pod("api-1", "10.1.0.9", &[("http", 8080, Tcp)]);
    reborn.meta.uid = "another".into();
    put(&mut world, Fact::Pod(reborn));
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-2".into(), 9090)]);
    let mut ended = pod("api-2", "10.1.0.2", &[]);
    ended.phase = Phase::Failed;
    put(&mut world, Fact::Pod(ended));
    candidates(&world, &target("svc/api", "80")).unwrap_err();
}

#[test]
fn the_last_pod_serves_while_it_is_ready() {
    let world = shop(true, true);
    let all = candidates(&world, &target("svc/api", "80")).unwrap();
    let wanted = target("svc/api", "80");
    let memory = |last: Option<usize>, failed: &[usize], tried: &[usize]| Memory {
        among: Among::Sticky,
        last: last.map(|at| all[at].clone()),
        failed: failed.iter().map(|at| all[*at].clone()).collect(),
        tried: tried.iter().map(|at| all[*at].clone()).collect(),
    };
    let takes = |world: &World, memory: &Memory| {
        pick(world, &wanted, memory).map(|choice| choice.pod.name.to_string())
    };
    assert_eq!(takes(&world, &memory(None, &[], &[])).unwrap(), "api-1");
    assert_eq!(takes(&world, &memory(Some(1), &[], &[])).unwrap(), "api-2");
    assert_eq!(
        takes(&shop(true, false), &memory(Some(1), &[], &[])).unwrap(),
        "api-1"
    );
    assert_eq!(
        takes(&world, &memory(Some(0), &[0], &[])).unwrap(),
        "api-2",
        "one that just failed"
    );
    assert_eq!(
        takes(&world, &memory(Some(0), &[0, 1], &[])).unwrap(),
        "api-1",
        "unless all did"
    );
    assert_eq!(
        takes(&world, &memory(Some(0), &[], &[0])).unwrap(),
        "api-2",
        "one that failed this connection"
    );
    let none = takes(&world, &memory(None, &[], &[0, 1])).unwrap_err();
    assert_eq!(none.reason, "no other ready endpoint than api-1, api-2");
}

#[test]
fn a_slice_that_carries_another_port_only_does_not_serve() {
    let mut world = world([Fact::Service(api())]);
    put(&mut world, Fact::Pod(pod("api-1", "10.1.0.1", &[])));
    put(
        &mut world,
        Fact::EndpointSlice(slice(
            "api-a",
            "api",
            &[("admin", Some(9001))],
            vec![endpoint("api-1", true)],
        )),
    );
    assert_eq!(reason(&world, "svc/api", "80").1, ["SVC002"]);
    assert_eq!(chosen(&world, "svc/api", "admin"), [("api-1".into(), 9001)]);
}

#[test]
fn a_slice_of_another_service_does_not_serve() {
    let mut world = shop(false, false);
    put(
        &mut world,
        Fact::EndpointSlice(slice(
            "x",
            "other",
            &[("web", Some(8080))],
            vec![endpoint("api-1", true)],
        )),
    );
    let mut foreign = slice(
        "y",
        "api",
        &[("web", Some(8080))],
        vec![endpoint("api-1", true)],
    );
    foreign.meta = Meta::of(portolan::model::key::Key::new(
        Kind::EndpointSlice,
        "elsewhere",
        "y",
    ));
    put(&mut world, Fact::EndpointSlice(foreign));
    assert_eq!(reason(&world, "svc/api", "80").1, ["SVC003"]);
}

#[test]
fn a_headless_service_says_what_clients_must_use() {
    let mut headless = api();
    headless.headless = true;
    let mut world = shop(true, true);
    put(&mut world, Fact::Service(headless));
    let plan = planned(&world, "svc/api", "9000");
    assert_eq!(plan.notes.len(), 1);
    assert!(plan.notes[0].contains("on 9001 and not on 9000"));
    assert_eq!(
        chosen(&world, "svc/api", "9000"),
        [("api-1".into(), 9001), ("api-2".into(), 9001)]
    );
}

#[test]
fn a_headless_service_without_ports_takes_any_number() {
    let mut portless = service("db", vec![]);
    portless.headless = true;
    let mut world = world([Fact::Service(portless)]);
    put(&mut world, Fact::Pod(pod("db-0", "10.1.0.5", &[])));
    put(
        &mut world,
        Fact::EndpointSlice(slice("db-a", "db", &[], vec![endpoint("db-0", true)])),
    );
    assert_eq!(planned(&world, "svc/db", "5432").local, 5432);
    assert_eq!(chosen(&world, "svc/db", "5432"), [("db-0".into(), 5432)]);
    assert_eq!(refused(&world, "svc/db", "pg").codes, ["REQ002"]);
}

#[test]
fn an_endpoint_written_by_hand_serves_where_its_address_is_a_pod() {
    let mut manual = service(
        "ext",
        vec![service_port("", 80, Tcp, PortRef::Number(8080))],
    );
    manual.selector = labels(&[]);
    let mut world = world([Fact::Service(manual)]);
    assert_eq!(reason(&world, "svc/ext", "80").1, ["SVC004"]);
    put(
        &mut world,
        Fact::EndpointSlice(slice(
            "ext-a",
            "ext",
            &[("", Some(8080))],
            vec![endpoint_at("10.1.0.7")],
        )),
    );
    assert_eq!(
        reason(&world, "svc/ext", "80").0,
        "the endpoints are no pods: 10.1.0.7"
    );
    put(&mut world, Fact::Pod(pod("held", "10.1.0.7", &[])));
    assert_eq!(chosen(&world, "svc/ext", "80"), [("held".into(), 8080)]);
}

#[test]
fn what_cannot_be_forwarded_is_refused_with_the_reason() {
    let world = shop(true, true);
    let udp = refused(&world, "svc/api", "53");
    assert!(
        udp.reason.contains("the port is UDP") && udp.reason.contains("TCP only"),
        "{}",
        udp.reason
    );

    let target_port = refused(&world, "svc/api", "9001");
    assert_eq!(
        target_port.hint.as_deref(),
        Some("9001 is the targetPort of port 9000: forward 9000")
    );
    let target_name = refused(&world, "svc/api", "http");
    assert_eq!(
        target_name.hint.as_deref(),
        Some("http is the targetPort of port 80: forward 80")
    );
    assert_eq!(
        refused(&world, "svc/api", "wep").hint.as_deref(),
        Some("there is a port web")
    );
    let unknown = refused(&world, "svc/api", "1");
    assert_eq!(unknown.codes, ["REQ002"]);
    assert_eq!(
        unknown.hint.as_deref(),
        Some("its ports: web 80 → http, dns 53, admin 9000 → 9001")
    );

    let missing = refused(&world, "svc/apii", "80");
    assert_eq!(
        (missing.codes.as_slice(), missing.syncing),
        (&["REQ001"][..], false)
    );
    assert_eq!(missing.hint.as_deref(), Some("there is shop/Service/api"));
    let elsewhere = refused(&world, "shpo/svc/api", "80");
    assert_eq!(elsewhere.hint.as_deref(), Some("there is shop/Service/api"));
    assert_eq!(
        missing.to_string(),
        "shop/Service/apii:80 cannot be forwarded: shop/Service/apii does not exist; there is shop/Service/api"
    );
}

#[test]
fn one_port_number_for_both_protocols_is_forwarded_as_tcp() {
    let dns = service(
        "dns",
        vec![
            service_port("dns", 53, Udp, PortRef::Number(53)),
            service_port("dns-tcp", 53, Tcp, PortRef::Number(5353)),
        ],
    );
    let world = world([
        Fact::Service(dns),
        Fact::Pod(pod("dns-1", "10.1.0.1", &[])),
        Fact::EndpointSlice(slice(
            "dns-a",
            "dns",
            &[("dns-tcp", Some(5353))],
            vec![endpoint("dns-1", true)],
        )),
    ]);
    assert_eq!(planned(&world, "svc/dns", "53").local, 8053);
    assert_eq!(chosen(&world, "svc/dns", "53"), [("dns-1".into(), 5353)]);
}

#[test]
fn an_external_name_has_no_pods() {
    let mut alias = service("ext", vec![service_port("", 80, Tcp, PortRef::Number(80))]);
    alias.kind = ServiceType::ExternalName;
    alias.external_name = Some("db.example.com".into());
    let mut world = world([Fact::Service(alias.clone())]);
    let refusal = refused(&world, "svc/ext", "80");
    assert!(refusal.reason.contains("DNS alias of db.example.com"));
    assert!(refusal.codes.is_empty());
    alias.external_name = Some("10.0.0.1".into());
    put(&mut world, Fact::Service(alias));
    assert_eq!(refused(&world, "svc/ext", "80").codes, ["SVC009"]);
}

fn deployment(replicas: u32, pods: Vec<Pod>) -> World {
    let mut set = workload(Kind::ReplicaSet, "web-7d", replicas);
    set.meta.owner = Some(owner(Kind::Deployment, "web"));
    let mut facts = vec![
        Fact::Workload(workload(Kind::Deployment, "web", replicas)),
        Fact::Workload(set),
    ];
    facts.extend(pods.into_iter().map(|mut pod| {
        pod.meta.owner = Some(owner(Kind::ReplicaSet, "web-7d"));
        Fact::Pod(pod)
    }));
    world(facts)
}

#[test]
fn a_workload_leads_to_its_ready_pods_by_owner() {
    let [first, second] = api_pods();
    let mut world = deployment(2, vec![unready(first), second]);
    put(
        &mut world,
        Fact::Pod(pod("stray", "10.1.0.3", &[("http", 1, Tcp)])),
    );
    assert_eq!(
        chosen(&world, "deploy/web", "http"),
        [("api-2".into(), 9090)]
    );
    assert_eq!(chosen(&world, "rs/web-7d", "70"), [("api-2".into(), 70)]);
    assert_eq!(
        refused(&world, "deploy/web", "htpt").hint.as_deref(),
        Some("there is a port http")
    );
    assert_eq!(
        refused(&world, "deploy/wep", "80").hint.as_deref(),
        Some("there is shop/Deployment/web")
    );
}

#[test]
fn a_workload_without_pods_waits_for_them() {
    let world = deployment(0, vec![]);
    assert_eq!(planned(&world, "deploy/web", "80").local, 8080);
    let named = planned(&world, "deploy/web", "http");
    assert_eq!((named.local, named.notes.len()), (0, 1));
    assert_eq!(
        reason(&world, "deploy/web", "80"),
        (
            "shop/Deployment/web is scaled to zero".into(),
            vec!["SVC008"]
        )
    );
    assert!(
        reason(&deployment(1, vec![]), "deploy/web", "80")
            .0
            .contains("has no pod yet")
    );
}

#[test]
fn a_port_name_needs_the_pods() {
    let mut world = deployment(1, vec![]);
    cover(&mut world, Kind::Pod, State::Syncing { seen: 0 });
    assert!(refused(&world, "deploy/web", "http").syncing);
    assert_eq!(planned(&world, "deploy/web", "80").local, 8080);
}

#[test]
fn owners_that_cannot_be_read_are_bridged_by_the_selector() {
    let [first, _] = api_pods();
    let mut world = world([
        Fact::Workload(workload(Kind::Deployment, "web", 1)),
        Fact::Pod(first),
    ]);
    assert!(candidates(&world, &target("deploy/web", "80")).is_err());
    cover(
        &mut world,
        Kind::ReplicaSet,
        State::Forbidden {
            detail: "no".into(),
        },
    );
    assert_eq!(chosen(&world, "deploy/web", "80"), [("api-1".into(), 80)]);
}

#[test]
fn a_named_pod_serves_while_it_runs_even_when_not_ready() {
    let [first, second] = api_pods();
    let mut ended = second;
    ended.phase = Phase::Succeeded;
    let mut pending = unready(pod("new", "10.1.0.8", &[]));
    pending.phase = Phase::Pending;
    pending.node = None;
    pending.containers[0].state = ContainerState::Unknown;
    let world = world([
        Fact::Pod(unready(first)),
        Fact::Pod(ended),
        Fact::Pod(pending),
    ]);
    assert_eq!(
        chosen(&world, "pod/api-1", "http"),
        [("api-1".into(), 8080)]
    );
    assert_eq!(planned(&world, "pod/api-1", "http").notes.len(), 1);
    assert!(
        refused(&world, "pod/api-2", "http")
            .reason
            .contains("has ended")
    );
    planned(&world, "pod/new", "80");
    assert_eq!(reason(&world, "pod/new", "80").1, ["POD005"]);
    assert!(
        refused(&world, "pod/api-1", "grpc")
            .hint
            .unwrap()
            .contains("http")
    );
}

#[test]
fn a_named_container_port_of_udp_is_refused() {
    let world = world([Fact::Pod(pod("dns-1", "10.1.0.1", &[("dns", 53, Udp)]))]);
    assert!(refused(&world, "pod/dns-1", "dns").reason.contains("UDP"));
}

#[test]
fn what_cannot_be_read_is_not_called_missing() {
    let mut world = shop(true, true);
    cover(&mut world, Kind::Service, State::Syncing { seen: 0 });
    let syncing = refused(&world, "svc/nope", "80");
    assert!(syncing.syncing && syncing.codes.is_empty());
    cover(
        &mut world,
        Kind::Service,
        State::Forbidden {
            detail: "list services is forbidden".into(),
        },
    );
    let forbidden = refused(&world, "svc/nope", "80");
    assert!(!forbidden.syncing && forbidden.codes.is_empty());
    assert!(forbidden.reason.contains("list services is forbidden"));
}

#[test]
fn without_slices_the_selector_decides() {
    let mut world = shop(true, true);
    let [first, second] = api_pods();
    put(&mut world, Fact::Pod(unready(first)));
    put(&mut world, Fact::Pod(second));
    cover(
        &mut world,
        Kind::EndpointSlice,
        State::Forbidden {
            detail: "no".into(),
        },
    );
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-2".into(), 9090)]);
    cover(
        &mut world,
        Kind::Pod,
        State::Forbidden {
            detail: "no".into(),
        },
    );
    let (why, codes) = reason(&world, "svc/api", "80");
    assert!(why.contains("cannot be read") && codes.is_empty(), "{why}");
}

#[test]
fn without_pods_the_slices_decide() {
    let facts = std::iter::once(Fact::Service(api()))
        .chain(api_slices(true, false).map(Fact::EndpointSlice));
    let mut world = world(facts);
    cover(
        &mut world,
        Kind::Pod,
        State::Forbidden {
            detail: "no".into(),
        },
    );
    assert_eq!(chosen(&world, "svc/api", "80"), [("api-1".into(), 8080)]);
    let choice = candidates(&world, &target("svc/api", "80"))
        .unwrap()
        .remove(0);
    assert!(!has_ended(&world, &choice), "nothing is known of pods");
}

#[test]
fn why_no_pod_is_selected() {
    let world_of = |more: Vec<Fact>| world(std::iter::once(Fact::Service(api())).chain(more));
    assert_eq!(
        reason(&world_of(vec![]), "svc/api", "80"),
        ("the selector app=api matches no pod".into(), vec!["SVC001"])
    );
    let asleep = world_of(vec![Fact::Workload(workload(Kind::Deployment, "web", 0))]);
    assert_eq!(reason(&asleep, "svc/api", "80").1, ["SVC008"]);
    let awake = world_of(vec![Fact::Workload(workload(Kind::Deployment, "web", 1))]);
    assert_eq!(reason(&awake, "svc/api", "80").1, ["SVC001"]);
    let mut crashing = unready(pod("api-1", "10.1.0.1", &[("http", 8080, Tcp)]));
    crashing.containers[0].state = ContainerState::Waiting {
        reason: "CrashLoopBackOff".into(),
        message: Name::default(),
    };
    let (why, codes) = reason(&world_of(vec![Fact::Pod(crashing)]), "svc/api", "80");
    assert_eq!(
        (why.as_str(), codes),
        (
            "no endpoint is ready: api-1 CrashLoopBackOff",
            vec!["SVC003"]
        )
    );
}

#[test]
fn a_serving_pod_has_ended_when_it_is_gone_replaced_or_done() {
    let mut world = shop(true, true);
    let choice: Choice = candidates(&world, &target("svc/api", "80"))
        .unwrap()
        .remove(0);
    assert!(!has_ended(&world, &choice));
    put(
        &mut world,
        Fact::Pod(unready(pod("api-1", "10.1.0.1", &[]))),
    );
    assert!(!has_ended(&world, &choice), "not ready is not ended");
    world.apply(Delta::Delete(choice.pod.clone()));
    assert!(has_ended(&world, &choice));
    let stale = State::Stale {
        since: time(0),
        detail: "gone".into(),
    };
    cover(&mut world, Kind::Pod, stale);
    assert!(!has_ended(&world, &choice), "old data say nothing");
}

#[test]
fn the_picker_lists_tcp_ports_with_their_way() {
    let world = shop(true, true);
    let service = offers(&world, &key(Kind::Service, "api"));
    let shown: Vec<(&str, u16)> = service
        .iter()
        .map(|offer| (offer.mapping.as_str(), offer.local))
        .collect();
    assert_eq!(
        shown,
        [("web 80 → http", 8080), ("admin 9000 → 9001", 9000)]
    );
    let pod = offers(&world, &key(Kind::Pod, "api-2"));
    assert_eq!(pod[0].target, target("pod/api-2", "http"));
    assert_eq!((pod[0].mapping.as_str(), pod.len()), ("http → 9090", 1));
    for offer in service {
        plan(&world, &offer.target).unwrap();
    }
    assert!(offers(&world, &key(Kind::Service, "nope")).is_empty());
    assert!(offers(&world, &key(Kind::ReplicaSet, "web")).is_empty());
}

/// `MAPPING LOCAL BY` of every offer.
fn offered(world: &World, object: &portolan::model::key::Key) -> Vec<String> {
    let all = portolan::forward::offer::offers(world, object).into_iter();
    let line = |offer: portolan::forward::offer::Offer| {
        let by = offer.by.map_or("", portolan::forward::suggest::By::word);
        format!("{} {} {by}", offer.target.remote, offer.local)
            .trim_end()
            .to_owned()
    };
    all.map(line).collect()
}

#[test]
fn what_annotations_suggest_is_offered_first_and_nothing_else_changes() {
    let ports = || {
        vec![
            service_port("web", 80, Tcp, PortRef::Number(8080)),
            service_port("admin", 9000, Tcp, PortRef::Name("admin".into())),
        ]
    };
    let key = facts::key(Kind::Service, "api");
    let pod_with = |annotation: Option<(&str, &str)>| {
        let mut pod = pod(
            "api-1",
            "10.1.0.1",
            &[("admin", 9001, Tcp), ("web", 8080, Tcp)],
        );
        pod.meta.annotations = annotation.into_iter().collect();
        pod
    };
    let world_with = |of_service: Option<(&str, &str)>, of_pod: Option<(&str, &str)>| {
        let mut service = service("api", ports());
        service.meta.annotations = of_service.into_iter().collect();
        world([Fact::Service(service), Fact::Pod(pod_with(of_pod))])
    };
    let plain = world_with(None, None);
    assert_eq!(offered(&plain, &key), ["80 8080", "9000 9000"]);

    // k9s' annotations name container ports: the Service's port that leads there is meant.
    let k9s = "k9scli.io/port-forwards";
    for text in ["c::19000:admin", "c::19000:9001"] {
        let world = world_with(None, Some((k9s, text)));
        assert_eq!(
            offered(&world, &key),
            ["9000 19000 k9s", "80 8080"],
            "{text}"
        );
        let pod = facts::key(Kind::Pod, "api-1");
        assert_eq!(offered(&world, &pod)[0], "admin 19000 k9s", "{text}");
    }
    let own = world_with(Some((k9s, "9000")), None);
    assert_eq!(offered(&own, &key), ["9000 9000 k9s", "80 8080"]);
    // A port that the Service does not lead to cannot be forwarded through it; the pod's own can.
    let other = world_with(None, Some((k9s, "c::7000")));
    assert_eq!(offered(&other, &key), ["80 8080", "9000 9000"]);
    let pod = facts::key(Kind::Pod, "api-1");
    assert_eq!(offered(&other, &pod)[0], "7000 7000 k9s");
    let nonsense = world_with(Some((k9s, "::::")), Some((k9s, "\u{1b}[2J")));
    assert_eq!(offered(&nonsense, &key), ["80 8080", "9000 9000"]);
}

/// `OBJECT:PORT LOCAL MAPPING` of every offer of a Service, the ways past it among them.
fn ways(world: &World) -> Vec<String> {
    let all = offers_past(world, &facts::key(Kind::Service, "api")).into_iter();
    all.map(|offer| format!("{} {} {}", offer.target, offer.local, offer.mapping))
        .collect()
}

#[test]
fn a_port_that_leads_nowhere_is_offered_after_the_way_past_it() {
    let with = |selector: &[(&str, &str)], target: PortRef| {
        let mut service = service("api", vec![service_port("web", 80, Tcp, target)]);
        service.selector = labels(selector);
        let mut pod = pod("api-1", "10.1.0.1", &[("http", 8080, Tcp)]);
        pod.meta.owner = Some(owner(Kind::StatefulSet, "api"));
        vec![Fact::Service(service), Fact::Pod(pod)]
    };
    let http = || PortRef::Name("http".into());
    let service = "shop/Service/api:80 8080 web 80 → http";

    // The selector misses the pods by a letter: the port itself is known. It is the workload that outlives them.
    let past = "shop/StatefulSet/api:http 8080 http → 8080";
    let misspelt = world(with(&[("app", "apii")], http()));
    assert_eq!(ways(&misspelt), [past, service]);
    for offer in offers_past(&misspelt, &facts::key(Kind::Service, "api")) {
        plan(&misspelt, &offer.target).unwrap();
    }

    // The named port is another: which of the pod's is meant, the person knows.
    let renamed = world(with(&[("app", "api")], PortRef::Name("htp".into())));
    assert_eq!(
        ways(&renamed),
        [past, "shop/Service/api:80 8080 web 80 → htp"]
    );

    // Nothing comes near, or nothing is broken: the Service alone.
    let far = world(with(&[("component", "queue")], http()));
    assert_eq!(ways(&far), [service]);
    assert_eq!(ways(&shop(true, true)).len(), 2, "both TCP ports, once");
}
