//! Where the kubeconfig is and what it says, by kubectl's rules.

use crate::client::error::ConnectError;
use crate::client::proxy;
use crate::client::text::one_line;
use kube::Config;
use kube::config::{Cluster, KubeConfigOptions, Kubeconfig, KubeconfigError, NamedContext};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the command line says of the cluster and the user.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--as`.
    pub as_user: Option<String>,
    /// `--as-group`, once for each.
    pub as_groups: Vec<String>,
    /// `-n`.
    pub namespace: Option<String>,
}

/// What the environment says; read once, so that everything below can be tested without touching it.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `KUBECONFIG`: a list of files.
    pub kubeconfig: Option<OsString>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// Whether this runs in a pod with a service account.
    pub in_cluster: bool,
    /// `NO_PROXY` or `no_proxy`.
    pub no_proxy: String,
}

impl Environment {
    /// The environment of this process.
    pub fn read() -> Self {
        let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            kubeconfig: filled("KUBECONFIG"),
            home: std::env::home_dir(),
            in_cluster: filled("KUBERNETES_SERVICE_HOST").is_some()
                && filled("KUBERNETES_SERVICE_PORT").is_some(),
            no_proxy: filled("NO_PROXY")
                .or_else(|| filled("no_proxy"))
                .and_then(|value| value.into_string().ok())
                .unwrap_or_default(),
        }
    }
}

/// A context, as a list of contexts shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextInfo {
    /// Its name.
    pub name: String,
    /// The name of its cluster.
    pub cluster: String,
    /// The API server's URL; empty where the kubeconfig does not define the cluster.
    pub server: String,
    /// The name of its user; may be empty.
    pub user: String,
    /// Its default namespace, where it has one.
    pub namespace: Option<String>,
    /// Whether it is the one used when none is named.
    pub current: bool,
}

/// All kubeconfig files, merged: the first to set a value wins.
#[derive(Clone, Debug)]
pub struct Kubeconfigs {
    merged: Kubeconfig,
    files: Vec<PathBuf>,
}

impl Kubeconfigs {
    /// Reads what the settings and the environment point to.
    ///
    /// `--kubeconfig` must be there. Of the files in `KUBECONFIG` those that are missing are passed over, as kubectl
    /// does. `Ok(None)` means that there is none and that the pod's service account is to be used.
    pub fn load(settings: &Settings, env: &Environment) -> Result<Option<Self>, ConnectError> {
        let (paths, required) = places(settings, env);
        let mut merged: Option<Kubeconfig> = None;
        let mut files = Vec::new();
        for path in &paths {
            let Some(next) = read(path, required)? else {
                continue;
            };
            merged = Some(match merged {
                None => next,
                Some(so_far) => so_far.merge(next).map_err(|error| broken(path, &error))?,
            });
            files.push(path.clone());
        }
        let empty = merged
            .as_ref()
            .is_none_or(|config| config.contexts.is_empty() && config.clusters.is_empty());
        if empty && env.in_cluster && settings.context.is_none() && !required {
            return Ok(None);
        }
        match merged {
            Some(merged) => Ok(Some(Self { merged, files })),
            None => Err(ConnectError::NoKubeconfig {
                looked: paths
                    .iter()
                    .map(|path| one_line(&path.display().to_string()))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// The files that were read, in order of precedence.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The contexts in the order of the files.
    pub fn contexts(&self) -> Vec<ContextInfo> {
        let current = self.merged.current_context.as_deref();
        let one = |named: &NamedContext| {
            let context = named.context.as_ref();
            let cluster = context.map(|c| c.cluster.clone()).unwrap_or_default();
            ContextInfo {
                name: named.name.clone(),
                server: self
                    .cluster(&cluster)
                    .and_then(|found| found.server.clone())
                    .unwrap_or_default(),
                user: context.and_then(|c| c.user.clone()).unwrap_or_default(),
                namespace: context
                    .and_then(|c| c.namespace.clone())
                    .filter(|namespace| !namespace.is_empty()),
                current: current == Some(named.name.as_str()),
                cluster,
            }
        };
        self.merged.contexts.iter().map(one).collect()
    }

    fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.merged
            .clusters
            .iter()
            .find(|named| named.name == name)
            .and_then(|named| named.cluster.as_ref())
    }

    /// The context that is meant: the one named, else the current one.
    pub fn choose(&self, wanted: Option<&str>) -> Result<ContextInfo, ConnectError> {
        let contexts = self.contexts();
        let known = || {
            contexts
                .iter()
                .map(|context| one_line(&context.name))
                .collect()
        };
        let current = self.merged.current_context.as_deref();
        let Some(wanted) = wanted.or(current).filter(|name| !name.is_empty()) else {
            return Err(ConnectError::NoCurrentContext { known: known() });
        };
        match contexts.iter().find(|context| context.name == wanted) {
            Some(found) => Ok(found.clone()),
            None => Err(ConnectError::UnknownContext {
                wanted: one_line(wanted),
                near: near(wanted, known()),
                known: known(),
            }),
        }
    }

    /// kube's configuration of a context; credential plugins in it are kept off the terminal by [`login`](crate::client::login).
    pub(crate) async fn config(
        &self,
        context: &ContextInfo,
        settings: &Settings,
        env: &Environment,
    ) -> Result<Config, ConnectError> {
        let broken = |why: String| ConnectError::ContextBroken {
            context: one_line(&context.name),
            why,
        };
        let cluster = self.cluster(&context.cluster).ok_or_else(|| {
            broken(format!(
                "its cluster {} is not defined",
                one_line(&context.cluster)
            ))
        })?;
        let explicit_proxy = cluster
            .proxy_url
            .as_ref()
            .is_some_and(|url| !url.is_empty());
        let options = KubeConfigOptions {
            context: Some(context.name.clone()),
            ..KubeConfigOptions::default()
        };
        let mut config = Config::from_custom_kubeconfig(self.merged.clone(), &options)
            .await
            .map_err(|error| broken(reason(&error)))?;
        let port = config.cluster_url.port_u16().unwrap_or(443);
        let host = config.cluster_url.host().unwrap_or_default();
        if !explicit_proxy && proxy::is_exempt(&env.no_proxy, host, port) {
            config.proxy_url = None;
        }
        apply(settings, &mut config);
        Ok(config)
    }
}

/// Puts what the command line says of user and namespace over a configuration, and Portolan's own manners.
pub(crate) fn apply(settings: &Settings, config: &mut Config) {
    if let Some(user) = &settings.as_user {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !settings.as_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(settings.as_groups.clone());
    }
    if let Some(namespace) = &settings.namespace {
        config.default_namespace.clone_from(namespace);
    }
    config.default_retry = false;
    config.connect_timeout = Some(std::time::Duration::from_secs(10));
}

fn places(settings: &Settings, env: &Environment) -> (Vec<PathBuf>, bool) {
    if let Some(path) = &settings.kubeconfig {
        return (vec![path.clone()], true);
    }
    let listed: Vec<PathBuf> = env
        .kubeconfig
        .iter()
        .flat_map(|list| std::env::split_paths(list).collect::<Vec<_>>())
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if !listed.is_empty() {
        return (listed, false);
    }
    let usual = env
        .home
        .as_ref()
        .map(|home| home.join(".kube").join("config"));
    (usual.into_iter().collect(), false)
}

fn read(path: &Path, required: bool) -> Result<Option<Kubeconfig>, ConnectError> {
    match Kubeconfig::read_from(path) {
        Ok(config) => Ok(Some(config)),
        Err(KubeconfigError::ReadConfig(error, _))
            if error.kind() == ErrorKind::NotFound && !required =>
        {
            Ok(None)
        }
        Err(KubeconfigError::ReadConfig(error, _)) => Err(ConnectError::KubeconfigUnreadable {
            path: one_line(&path.display().to_string()),
            why: one_line(&error.to_string()),
        }),
        Err(error) => Err(broken(path, &error)),
    }
}

fn broken(path: &Path, error: &KubeconfigError) -> ConnectError {
    let line = match error {
        KubeconfigError::Parse(inner) => inner.location().map(|location| location.line()),
        _ => None,
    };
    ConnectError::KubeconfigBroken {
        path: one_line(&path.display().to_string()),
        line: line.filter(|line| *line > 0),
        why: reason(error),
    }
}

/// What is wrong, without the parser's own words: those quote values, and values here are secrets.
fn reason(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(_) => String::from("it does not parse as YAML of a kubeconfig"),
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => String::from(
            "it does not say the same kind and apiVersion as the other kubeconfig files",
        ),
        KubeconfigError::LoadCertificateAuthority(_) => {
            String::from("its certificate authority cannot be read")
        }
        KubeconfigError::LoadClientCertificate(_) => {
            String::from("its client certificate cannot be read")
        }
        KubeconfigError::LoadClientKey(_) => String::from("its client key cannot be read"),
        KubeconfigError::ParseCertificates(_) => {
            String::from("its certificate authority is not PEM")
        }
        KubeconfigError::MissingClusterUrl => String::from("its cluster has no server"),
        KubeconfigError::ParseClusterUrl(_) => String::from("its server is not a URL"),
        KubeconfigError::ParseProxyUrl(_) => String::from("its proxy is not a URL"),
        other => one_line(&other.to_string()),
    }
}

/// The up to three names nearest to one, best first; only those that could be a slip of it.
fn near(wanted: &str, known: Vec<String>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(usize, String)> = known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let far = distance(&wanted, &lower);
            let inside = !wanted.is_empty() && lower.contains(&wanted);
            (inside || far <= 1 + wanted.chars().count() / 4)
                .then_some((if inside { 0 } else { far }, name))
        })
        .collect();
    scored.sort();
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), corner) in b.iter().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or(0);
            let swap = corner + usize::from(x != *y);
            next.push(swap.min(left + 1).min(above + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
