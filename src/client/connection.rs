//! The one kube client of a context, built anew when its credentials run out.

use crate::client::config::{ContextInfo, Environment, Kubeconfigs, Settings, apply};
use crate::client::error::ConnectError;
use crate::client::expiry;
use crate::client::fault::{Fault, Site};
use crate::client::http::{self, Pieces};
use crate::client::login::{self, Terminal};
use crate::client::text::one_line;
use ::http::{Request, Uri};
use jiff::{SignedDuration, Timestamp};
use kube::{Client, Config};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Shortest time between two attempts to build the client anew.
const RENEW_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// How long a request that answers at once may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// `GET /version`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServerVersion {
    /// For example `v1.36.3`.
    pub git_version: String,
    /// For example `linux/amd64`.
    pub platform: String,
}

/// A connection to one cluster as one user.
pub struct Connection {
    context: String,
    namespace: Option<String>,
    site: Site,
    current: RwLock<Current>,
    recipe: Option<Recipe>,
    renewed: tokio::sync::Mutex<Option<Instant>>,
}

/// The client, and when its credentials run out.
#[derive(Clone)]
struct Current {
    client: Client,
    until: Option<Timestamp>,
}

/// What it takes to build the client anew: the files are read again, since logging in may have changed them.
#[derive(Clone)]
struct Recipe {
    settings: Settings,
    env: Environment,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("context", &self.context)
            .field("server", &self.site.server)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Builds the client of a context. Nothing is sent yet, but a credential plugin may be run, off the terminal.
    pub async fn open(settings: Settings, env: Environment) -> Result<Self, ConnectError> {
        Self::build(Recipe { settings, env }, Terminal::Taken).await
    }

    /// The same, with the terminal in the credential plugin's hands: to be called while no screen is up.
    pub async fn log_in(settings: Settings, env: Environment) -> Result<Self, ConnectError> {
        Self::build(Recipe { settings, env }, Terminal::Free).await
    }

    /// A connection over a client that is there already. It is never built anew.
    pub fn over(client: Client, context: &str, server: &str) -> Self {
        Self {
            context: context.to_owned(),
            namespace: None,
            site: Site {
                server: server.to_owned(),
                context: context.to_owned(),
                patience: PATIENCE,
                ..Site::default()
            },
            current: RwLock::new(Current {
                client,
                until: None,
            }),
            recipe: None,
            renewed: tokio::sync::Mutex::default(),
        }
    }

    async fn build(recipe: Recipe, terminal: Terminal) -> Result<Self, ConnectError> {
        let (mut config, info) = configure(&recipe).await?;
        let site = site_of(&config, &info.name);
        let until = login::obtain(&mut config, &site, terminal).await?;
        let client = login::build(config, &site).await?;
        let namespace = recipe.settings.namespace.clone().or(info.namespace);
        Ok(Self {
            context: one_line(&info.name),
            namespace,
            site,
            current: RwLock::new(Current { client, until }),
            recipe: Some(recipe),
            renewed: tokio::sync::Mutex::default(),
        })
    }

    /// The context's name, safe to print; `in-cluster` in a pod.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The API server's `host:port`.
    pub fn server(&self) -> &str {
        &self.site.server
    }

    /// The namespace of `-n`, else of the context, where one is set.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// What errors are judged with.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The client as it is now. Take it anew for each request: it changes when the credentials do.
    pub fn client(&self) -> Client {
        self.current().client
    }

    fn current(&self) -> Current {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, current: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// The client; credentials about to run out are renewed first.
    pub async fn fresh_client(&self) -> Result<Client, ConnectError> {
        let current = self.current();
        let soon = Timestamp::now() + SignedDuration::from_secs(60);
        if current.until.is_some_and(|until| until < soon) {
            self.renew().await?;
            return Ok(self.client());
        }
        Ok(current.client)
    }

    /// Sends a request; the head of the answer must come within the time given.
    pub async fn send(&self, request: Request<Vec<u8>>, within: Duration) -> Result<Pieces, Fault> {
        let client = self.fresh_client().await.map_err(Fault::Connection)?;
        http::send(&client, &self.site, request, within).await
    }

    /// GETs a JSON document that is held as a whole.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<T, Fault> {
        let pieces = self.send(http::get(path, accept)?, PATIENCE).await?;
        let body = pieces.rest(http::LARGEST_WHOLE, PATIENCE).await?;
        serde_json::from_slice(&body).map_err(|error| {
            Fault::Garbled(format!(
                "the answer is not the JSON expected (line {})",
                error.line()
            ))
        })
    }

    /// Builds the client anew, after the server refused the credentials. `Ok(false)` where that was just done, so
    /// that the fresh credentials are no better, or where there is nothing to build from.
    pub async fn renew(&self) -> Result<bool, ConnectError> {
        let Some(recipe) = &self.recipe else {
            return Ok(false);
        };
        let mut renewed = self.renewed.lock().await;
        if renewed.is_some_and(|at| at.elapsed() < RENEW_AT_MOST_EVERY) {
            return Ok(false);
        }
        *renewed = Some(Instant::now());
        let (mut config, _) = configure(recipe).await?;
        let until = login::obtain(&mut config, &self.site, Terminal::Taken).await?;
        let client = login::build(config, &self.site).await?;
        self.replace(Current { client, until });
        Ok(true)
    }

    /// Takes over the fresh client of another connection to the same context: what logging in again made.
    pub fn adopt(&self, other: &Self) {
        self.replace(other.current());
    }

    /// Asks the server who it is: the first sign of life. One that does not tell its version to this user is fine.
    pub async fn hello(&self) -> Result<ServerVersion, ConnectError> {
        match self.get("/version", "application/json").await {
            Ok(version) => Ok(version),
            Err(Fault::Forbidden(_)) => Ok(ServerVersion::default()),
            Err(Fault::Unauthorised) => Err(self.unauthorised().await),
            Err(fault) => Err(fault.into_connect_error(self.server(), &self.context)),
        }
    }

    /// Why the credentials are refused, as closely as can be told.
    pub async fn unauthorised(&self) -> ConnectError {
        if let Some(recipe) = &self.recipe
            && let Ok((config, _)) = configure(recipe).await
            && let Some(at) = certificate_end(&config).filter(|at| *at < Timestamp::now())
        {
            return ConnectError::ClientCertificateExpired {
                context: self.context.clone(),
                at,
            };
        }
        ConnectError::Unauthorised {
            server: self.site.server.clone(),
            context: self.context.clone(),
        }
    }
}

async fn configure(recipe: &Recipe) -> Result<(Config, ContextInfo), ConnectError> {
    let (settings, env) = (&recipe.settings, &recipe.env);
    if let Some(kubeconfigs) = Kubeconfigs::load(settings, env)? {
        let info = kubeconfigs.choose(settings.context.as_deref())?;
        let config = kubeconfigs.config(&info, settings, env).await?;
        return Ok((config, info));
    }
    let mut config = Config::incluster().map_err(|error| ConnectError::Credentials {
        context: String::from("in-cluster"),
        why: one_line(&error.to_string()),
    })?;
    let info = ContextInfo {
        name: String::from("in-cluster"),
        cluster: String::from("in-cluster"),
        server: config.cluster_url.to_string(),
        user: String::from("service account"),
        namespace: Some(config.default_namespace.clone()),
        current: true,
    };
    apply(settings, &mut config);
    Ok((config, info))
}

fn site_of(config: &Config, context: &str) -> Site {
    Site {
        server: authority(&config.cluster_url),
        context: one_line(context),
        proxy: config.proxy_url.as_ref().map(authority),
        plugin: login::plugin_of(&config.auth_info),
        patience: config.connect_timeout.unwrap_or(PATIENCE),
    }
}

/// `host:port` of a URL, without user and password.
fn authority(url: &Uri) -> String {
    let port = url.port_u16().unwrap_or(match url.scheme_str() {
        Some("http") => 80,
        Some("socks5") => 1080,
        _ => 443,
    });
    one_line(&format!("{}:{port}", url.host().unwrap_or_default()))
}

fn certificate_end(config: &Config) -> Option<Timestamp> {
    let user = &config.auth_info;
    let pem = match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => String::from_utf8(expiry::base64(data)?).ok()?,
        (None, Some(path)) => std::fs::read_to_string(path).ok()?,
        (None, None) => return None,
    };
    expiry::of_pem(&pem)
}
