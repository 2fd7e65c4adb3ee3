//! `portolan/routes/v1`: every rule of every way in, and whether what is behind it answers.

use crate::diagnosis::cite::cite;
use crate::diagnosis::finding::{Finding, Severity};
use crate::model::ingress::{Backend, BackendPort, Ingress, IngressTls};
use crate::model::key::{Key, Name};
use crate::model::kind::Kind;
use crate::model::other_route::OtherRule;
use crate::model::secret::Contents;
use crate::model::view::{as_ingress, as_other_route, as_secret};
use crate::output::json::trace::VerdictJson;
use crate::output::table::Facts;
use crate::semantics::ingress::class_of;
use crate::semantics::other_routes;
use crate::trace::behind::Way;
use crate::trace::hop::Verdict;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The answer of `portolan routes -o json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Routes {
    /// Names this shape and its version.
    pub schema: Schema,
    /// Gateways and their listeners; none as long as they stand in `notJudged`.
    pub gateways: Vec<Value>,
    /// Sets of listeners; none as long as they stand in `notJudged`.
    #[serde(rename = "listenerSets")]
    pub listener_sets: Vec<Value>,
    /// Routes of the Gateway API; none as long as they stand in `notJudged`.
    pub routes: Vec<Value>,
    /// Ingresses, by namespace and name.
    pub ingresses: Vec<IngressJson>,
    /// Ways in of other APIs (Route, IngressRoute, HTTPProxy): not judged, but for their Services.
    #[serde(rename = "otherRoutes")]
    pub other_routes: Vec<OtherRouteJson>,
    /// Ways in that were seen and of which nothing is read.
    #[serde(rename = "notJudged")]
    pub not_judged: Vec<NotJudged>,
}

/// The name of the shape.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub enum Schema {
    /// The first version.
    #[serde(rename = "portolan/routes/v1")]
    V1,
}

/// An Ingress.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IngressJson {
    /// `NAMESPACE/Ingress/NAME`.
    pub ingress: String,
    /// The name of its class: by field, by annotation or the default one; null where it has none.
    pub class: Option<String>,
    /// Its rules, a path each, as written.
    pub rules: Vec<RuleJson>,
    /// What answers where no path matches.
    #[serde(rename = "defaultBackend")]
    pub default_backend: Option<BackendJson>,
    /// Its certificates.
    pub tls: Vec<TlsJson>,
}

/// A path of a rule.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RuleJson {
    /// The host, `*` for every one.
    pub host: String,
    /// The path as written; empty where unset.
    pub path: String,
    /// `Exact`, `Prefix` or `ImplementationSpecific`.
    #[serde(rename = "pathType")]
    pub path_type: String,
    /// Where it leads, and whether that answers.
    #[serde(flatten)]
    pub backend: BackendJson,
}

/// A backend, and whether it answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BackendJson {
    /// `NAMESPACE/Service/NAME:PORT` with the Service port's number, or the name where it has no such port;
    /// `NAMESPACE/KIND/NAME` of a resource; null where nothing is named.
    pub backend: Option<String>,
    /// Whether requests get from the controller to a pod.
    pub verdict: VerdictJson,
    /// The codes of what is in the way.
    pub codes: Vec<String>,
}

/// An entry of `spec.tls`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TlsJson {
    /// Its hosts.
    pub hosts: Vec<String>,
    /// `NAMESPACE/Secret/NAME`; null where none is named.
    pub secret: Option<String>,
    /// Whether the certificate serves: unknown where the Secret was not read.
    pub verdict: VerdictJson,
    /// The codes of what is wrong with it.
    pub codes: Vec<String>,
}

/// A way in of an API beside Ingress.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OtherRouteJson {
    /// `NAMESPACE/KIND/NAME`.
    pub route: String,
    /// Its rules.
    pub rules: Vec<OtherRuleJson>,
}

/// A rule of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OtherRuleJson {
    /// Which requests it is for, in words.
    pub matches: String,
    /// The Services it leads to: `fail` where one is missing, else `unknown`, for the route is not judged.
    pub backends: Vec<BackendJson>,
}

/// Objects of a kind that are a way in and are not judged.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NotJudged {
    /// `apiVersion`.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// How many.
    pub objects: usize,
}

impl Routes {
    /// The routes of a world, of one namespace where one is given.
    pub fn new(facts: &Facts<'_>, namespace: Option<&Name>) -> Self {
        let all = facts.world.all(Kind::Ingress);
        let all = all.filter_map(|object| as_ingress(object));
        let here =
            all.filter(|one| namespace.is_none() || one.meta.key.namespace.as_ref() == namespace);
        Self {
            schema: Schema::V1,
            gateways: Vec::new(),
            listener_sets: Vec::new(),
            routes: Vec::new(),
            ingresses: here.map(|one| ingress(facts, one)).collect(),
            other_routes: others(facts, namespace),
            not_judged: not_judged(facts, namespace),
        }
    }
}

fn others(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<OtherRouteJson> {
    let all = other_routes::KINDS
        .iter()
        .flat_map(|kind| facts.world.all(*kind));
    let all = all.filter_map(|object| as_other_route(object));
    let here =
        all.filter(|one| namespace.is_none() || one.meta.key.namespace.as_ref() == namespace);
    here.map(|one| OtherRouteJson {
        route: one.meta.key.to_string(),
        rules: one
            .rules
            .iter()
            .map(|rule| other_rule(facts, &one.meta.key, rule))
            .collect(),
    })
    .collect()
}

fn other_rule(facts: &Facts<'_>, key: &Key, rule: &OtherRule) -> OtherRuleJson {
    let backends = rule.services.iter().map(|to| {
        let mut service = key.sibling(Kind::Service, to.name.clone());
        service.namespace = to.namespace.clone().or(service.namespace);
        let part = format!("{}/{}", service.namespace_str(), to.name);
        let found = facts
            .on(key)
            .iter()
            .filter(|finding| finding.id.detail == *part);
        let codes: Vec<String> = found.map(|finding| finding.id.code.to_owned()).collect();
        BackendJson {
            backend: Some(service.to_string()),
            verdict: if codes.is_empty() {
                VerdictJson::Unknown
            } else {
                VerdictJson::Fail
            },
            codes,
        }
    });
    OtherRuleJson {
        matches: rule.matches.to_string(),
        backends: backends.collect(),
    }
}

fn not_judged(facts: &Facts<'_>, namespace: Option<&Name>) -> Vec<NotJudged> {
    let seen = facts.world.unrecognised().iter();
    let counted = seen.map(|((api_version, kind), objects)| {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let way = other_routes::is_unread_way(group, kind);
        let here = |place: &Name| namespace.is_none_or(|namespace| namespace == place);
        let objects = objects.iter().filter(|(place, _)| way && here(place));
        NotJudged {
            api_version: api_version.to_string(),
            kind: kind.to_string(),
            objects: objects.count(),
        }
    });
    counted.filter(|kind| kind.objects > 0).collect()
}

fn ingress(facts: &Facts<'_>, one: &Ingress) -> IngressJson {
    let view = facts.view();
    let key = &one.meta.key;
    let way = Way::new(view, one);
    let rules = one.rules.iter().flat_map(|rule| {
        let host = if rule.host.is_empty() {
            "*"
        } else {
            &*rule.host
        };
        let way = &way;
        rule.paths.iter().map(move |path| RuleJson {
            host: host.to_owned(),
            path: path.path.to_string(),
            path_type: path.kind.to_string(),
            backend: backend(facts, key, way, &path.backend),
        })
    });
    IngressJson {
        ingress: key.to_string(),
        class: class_of(view, one).name().map(ToString::to_string),
        rules: rules.collect(),
        default_backend: one
            .default_backend
            .as_ref()
            .map(|to| backend(facts, key, &way, to)),
        tls: one.tls.iter().map(|entry| tls(facts, key, entry)).collect(),
    }
}

fn backend(facts: &Facts<'_>, ingress: &Key, way: &Way<'_, '_>, to: &Backend) -> BackendJson {
    let behind = way.behind(to);
    let led_to = match to {
        Backend::Service { name, port } => format!("{name}:{port}"),
        Backend::Resource { .. } | Backend::Missing => String::new(),
    };
    let about = |finding: &Finding| {
        let detail = &finding.id.detail;
        *detail == *led_to || to.service_name().is_some_and(|name| detail == name)
    };
    let own = facts.on(ingress).iter();
    let own = own.filter(|finding| finding.severity != Severity::Info && about(finding));
    let mut codes: Vec<String> = own.map(|finding| finding.id.code.to_owned()).collect();
    let cited = behind.in_the_way().filter_map(|hop| hop.cause.as_ref());
    codes.extend(cited.flat_map(|cause| cite(cause).iter().map(ToString::to_string)));
    let mut known = Vec::new();
    codes.retain(|code| {
        let new = !known.contains(code);
        known.push(code.clone());
        new
    });
    BackendJson {
        backend: named(ingress, to, behind.backend.as_ref()),
        verdict: behind.verdict().into(),
        codes,
    }
}

fn named(ingress: &Key, to: &Backend, found: Option<&(Key, u16)>) -> Option<String> {
    if let Some((service, port)) = found {
        return Some(format!("{service}:{port}"));
    }
    match to {
        Backend::Service { name, port } => {
            let service = ingress.sibling(Kind::Service, name.clone());
            Some(match port {
                BackendPort::Missing => service.to_string(),
                BackendPort::Number(number) | BackendPort::Both(number, _) => {
                    format!("{service}:{number}")
                }
                BackendPort::Name(name) => format!("{service}:{name}"),
            })
        }
        Backend::Resource { kind, name, .. } => {
            Some(format!("{}/{kind}/{name}", ingress.namespace_str()))
        }
        Backend::Missing => None,
    }
}

/// What is found on the Secret itself, or on the Ingress about it.
fn tls(facts: &Facts<'_>, ingress: &Key, entry: &IngressTls) -> TlsJson {
    let named = entry.secret.as_ref();
    let secret = named.map(|name| ingress.sibling(Kind::Secret, name.clone()));
    let on = |key: &Key| {
        facts
            .on(key)
            .iter()
            .map(|finding| &***finding)
            .collect::<Vec<_>>()
    };
    let about = |finding: &&Finding| {
        let first = finding.id.detail.split(' ').next();
        finding.id.code.starts_with("TLS") && named.is_some_and(|name| first == Some(name))
    };
    let mut found: Vec<&Finding> = secret.iter().flat_map(on).collect();
    found.extend(on(ingress).into_iter().filter(about));
    let seen = secret
        .as_ref()
        .and_then(|key| facts.world.get(key))
        .and_then(|object| as_secret(object))
        .is_some_and(|secret| matches!(secret.contents, Contents::Known { .. }));
    let fails = found
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let verdict = match (fails, seen) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        (false, false) => Verdict::Unknown,
    };
    let worse = found
        .iter()
        .filter(|finding| finding.severity != Severity::Info);
    TlsJson {
        hosts: entry.hosts.iter().map(ToString::to_string).collect(),
        secret: named.map(|name| format!("{}/Secret/{name}", ingress.namespace_str())),
        verdict: verdict.into(),
        codes: worse.map(|finding| finding.id.code.to_owned()).collect(),
    }
}
