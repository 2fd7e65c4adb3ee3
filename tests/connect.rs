//! Why there is no connection, told by the real client over real sockets and files.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support {
    #[expect(dead_code, reason = "only some of its behaviour is wanted here")]
    pub(crate) mod apiserver;
}

use portolan::client::access::{Access, Act as May, review};
use portolan::client::{
    ConnectError, Connection, Environment, Fault, LOG_DIRECTIVES, Settings, fetch,
};
use portolan::forward::right::Right;
use portolan::model::key::{Key, Name};
use portolan::model::kind::Kind;
use portolan::runtime::rights;
use serde_json::json;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use support::apiserver::{Act, ApiServer, Verb};
use tokio::net::TcpListener;

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A kubeconfig with one context `test`, of a server and a user.
    fn settings(&self, server: &str, user: &str) -> Settings {
        let path = self.0.path().join("config");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n\
             users: [{{name: u, user: {user}}}]\n\
             contexts: [{{name: test, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
        );
        std::fs::write(&path, text).unwrap();
        Settings {
            kubeconfig: Some(path),
            ..Settings::default()
        }
    }

    fn script(&self, body: &str) -> PathBuf {
        let path = self.0.path().join("plugin");
        let mut file = std::fs::File::create(&path).unwrap();
        write!(file, "#!/bin/sh\n{body}\n").unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o755))
            .unwrap();
        path
    }

    fn plugin(&self, body: &str, mode: &str) -> String {
        let command = self.script(body);
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{}', interactiveMode: {mode}, \
             args: [--token, t0p-s3cret]}}}}",
            command.display()
        )
    }
}

async fn open(settings: Settings) -> Result<Connection, ConnectError> {
    Connection::open(settings, Environment::default()).await
}

async fn greet(settings: Settings) -> ConnectError {
    open(settings).await.unwrap().hello().await.unwrap_err()
}

#[tokio::test]
async fn a_good_server_tells_its_version() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let settings = home.settings(&format!("http://{}", server.address), "{token: t0p-s3cret}");
    let connection = open(settings).await.unwrap();
    assert_eq!(connection.hello().await.unwrap().git_version, "v1.36.3");
    assert_eq!(
        (connection.context(), connection.namespace()),
        ("test", Some("shop"))
    );
    assert_eq!(connection.server(), server.address.to_string());
    let asked = server.seen(Verb::Other, "/version").pop().unwrap();
    assert_eq!(
        asked.headers.get("authorization").map(String::as_str),
        Some("Bearer t0p-s3cret")
    );
}

#[tokio::test]
async fn impersonation_goes_with_every_request() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let settings = Settings {
        as_user: Some(String::from("ada")),
        as_groups: vec![String::from("dev"), String::from("ops")],
        ..home.settings(&format!("http://{}", server.address), "{}")
    };
    open(settings).await.unwrap().hello().await.unwrap();
    let asked = server.seen(Verb::Other, "/version").pop().unwrap();
    assert_eq!(
        asked.headers.get("impersonate-user").map(String::as_str),
        Some("ada")
    );
    assert!(asked.headers.contains_key("impersonate-group"));
}

#[tokio::test]
async fn nobody_listens() {
    let home = Home::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = greet(home.settings(&format!("http://{free}"), "{}")).await;
    assert_eq!(
        error,
        ConnectError::Refused {
            server: free.to_string()
        }
    );
    assert!(error.to_string().contains(&free.to_string()));
}

#[tokio::test]
async fn the_name_does_not_resolve() {
    let home = Home::new();
    let error = greet(home.settings("https://no-such-host.invalid:6443", "{}")).await;
    let server = String::from("no-such-host.invalid:6443");
    assert_eq!(error, ConnectError::NameNotFound { server });
}

#[tokio::test]
async fn something_else_than_tls_answers() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let error = greet(home.settings(&format!("https://{}", server.address), "{}")).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn something_else_than_an_api_server_answers() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let page = String::from("<html><title>Sign in</title><script>t0p-s3cret</script></html>");
    server.script(
        Verb::Other,
        "/version",
        1,
        Act::Answer(502, Vec::new(), page.clone()),
    );
    let settings = home.settings(&format!("http://{}", server.address), "{}");
    let error = greet(settings.clone()).await.to_string();
    assert!(
        error.contains("HTTP 502") && !error.contains("s3cret"),
        "{error}"
    );
    server.script(
        Verb::Other,
        "/version",
        1,
        Act::Answer(200, Vec::new(), page),
    );
    let error = greet(settings).await.to_string();
    assert!(
        error.contains("does not answer as a Kubernetes API server"),
        "{error}"
    );
    assert!(!error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn the_credentials_are_refused() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    server.script(
        Verb::Other,
        "/version",
        9,
        Act::refuse(401, "Unauthorized", "Unauthorized"),
    );
    let error =
        greet(home.settings(&format!("http://{}", server.address), "{token: t0p-s3cret}")).await;
    assert!(
        matches!(error, ConnectError::Unauthorised { .. }),
        "{error:?}"
    );
    assert!(!error.to_string().contains("s3cret"));
}

#[tokio::test]
async fn the_plugin_is_not_installed() {
    let home = Home::new();
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-login, installHint: 'brew install no-such-login'}}";
    let error = open(home.settings("http://127.0.0.1:1", user))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ConnectError::PluginAbsent { .. }), "{text}");
    assert!(
        text.contains("no-such-login of context test") && text.contains("brew install"),
        "{text}"
    );
}

#[tokio::test]
async fn the_plugin_fails_and_its_own_words_are_told() {
    let home = Home::new();
    let body = "echo '{\"token\": \"t0p-s3cret\"}'; printf 'noise\\nsession expired:\\033[2J run aws sso login\\n' >&2; exit 3";
    let error = open(home.settings("http://127.0.0.1:1", &home.plugin(body, "IfAvailable")))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("exit status: 3") && text.contains("run aws sso login"),
        "{text}"
    );
    assert!(
        text.contains("\\x1b[2J") && !text.contains('\u{1b}'),
        "{text}"
    );
    assert!(
        !text.contains("s3cret") && !format!("{error:?}").contains("s3cret"),
        "{text}"
    );
    assert!(error.wants_login());
}

#[tokio::test]
async fn the_plugin_answers_nonsense() {
    let home = Home::new();
    let error = open(home.settings(
        "http://127.0.0.1:1",
        &home.plugin("echo t0p-s3cret", "Never"),
    ))
    .await
    .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("its output holds no credentials"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    assert!(!error.wants_login());
}

#[tokio::test]
async fn a_plugin_gets_no_terminal_and_its_token_is_used() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let body = "cat >/dev/null; [ ! -t 0 ] && [ ! -t 2 ] || exit 9; case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 8;; esac\n\
        echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"from-plugin\"}}'";
    let user = home.plugin(body, "IfAvailable");
    let connection = open(home.settings(&format!("http://{}", server.address), &user))
        .await
        .unwrap();
    connection.hello().await.unwrap();
    let asked = server.seen(Verb::Other, "/version").pop().unwrap();
    assert_eq!(
        asked.headers.get("authorization").map(String::as_str),
        Some("Bearer from-plugin")
    );
}

#[tokio::test]
async fn a_plugin_that_insists_on_asking_is_not_run_until_there_is_a_terminal() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let ran = home.0.path().join("ran");
    let body = format!(
        "touch '{}'; echo '{{\"status\":{{\"token\":\"asked-for\"}}}}'",
        ran.display()
    );
    let settings = home.settings(
        &format!("http://{}", server.address),
        &home.plugin(&body, "Always"),
    );
    let error = open(settings.clone()).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::PluginNeedsTerminal { .. }) && error.wants_login(),
        "{error}"
    );
    assert!(!ran.exists());
    let connection = Connection::log_in(settings, Environment::default())
        .await
        .unwrap();
    connection.hello().await.unwrap();
    let asked = server.seen(Verb::Other, "/version").pop().unwrap();
    assert_eq!(
        asked.headers.get("authorization").map(String::as_str),
        Some("Bearer asked-for")
    );
}

#[tokio::test]
async fn renewing_runs_the_plugin_again_but_not_in_a_row() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let count = home.0.path().join("count");
    let body = format!(
        "echo x >>'{0}'; echo '{{\"status\":{{\"token\":\"t'$(wc -l <'{0}' | tr -d ' ')'\"}}}}'",
        count.display()
    );
    let settings = home.settings(
        &format!("http://{}", server.address),
        &home.plugin(&body, "Never"),
    );
    let connection = open(settings).await.unwrap();
    assert!(connection.renew().await.unwrap());
    assert!(
        !connection.renew().await.unwrap(),
        "fresh credentials are no better the second time"
    );
    connection.hello().await.unwrap();
    let asked = server.seen(Verb::Other, "/version").pop().unwrap();
    assert_eq!(
        asked.headers.get("authorization").map(String::as_str),
        Some("Bearer t2")
    );
}

#[tokio::test]
async fn access_reviews_ask_for_one_verb_on_one_object_or_all() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let settings = home.settings(&format!("http://{}", server.address), "{}");
    let connection = open(settings).await.unwrap();
    let get = May::port_forward("get", "shop");
    let create = May::port_forward("create", "shop");
    assert_eq!(review(&connection, &get).await, Ok(Access::Allowed));
    server.deny("get pods/portforward");
    assert_eq!(
        review(&connection, &get).await,
        Ok(Access::Denied(String::new()))
    );
    assert_eq!(review(&connection, &create).await, Ok(Access::Allowed));
    server.deny("!get pods/portforward api-1");
    assert_eq!(
        review(&connection, &get.clone().on("api-1")).await,
        Ok(Access::Allowed)
    );
    assert!(matches!(
        review(&connection, &get.on("api-2")).await,
        Ok(Access::Denied(_))
    ));
}

#[tokio::test]
async fn a_role_may_allow_single_pods_and_the_missing_verb_is_named() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let settings = home.settings(&format!("http://{}", server.address), "{}");
    let connection = open(settings).await.unwrap();
    let pods = ["api-1", "api-2"].map(Name::from);
    let all = rights::port_forward(&connection, "shop", &pods).await;
    assert_eq!(all, Right::Given);

    // The server says that it is 1.36, which asks for both verbs.
    server.deny("create pods/portforward");
    let create = rights::port_forward(&connection, "shop", &pods).await;
    let Right::Doubtful(words) = create else {
        panic!("{create:?}");
    };
    assert!(
        words.starts_with("RBAC does not allow `create` on"),
        "{words}"
    );

    server.deny("get pods/portforward");
    let none = rights::port_forward(&connection, "shop", &pods).await;
    assert_eq!(
        none,
        Right::Missing(
            "RBAC does not allow `get` and `create` on pods/portforward in namespace shop".into()
        )
    );
    // Without a pod to ask for, a role that names some is not ruled out.
    let unnamed = rights::port_forward(&connection, "shop", &[]).await;
    assert!(matches!(unnamed, Right::Doubtful(_)), "{unnamed:?}");

    server.deny("!get pods/portforward api-2");
    server.deny("!create pods/portforward api-2");
    let one = rights::port_forward(&connection, "shop", &pods).await;
    assert_eq!(one, Right::Given);
}

#[tokio::test]
async fn a_right_that_cannot_be_asked_for_is_not_known() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let settings = home.settings(&format!("http://{}", server.address), "{}");
    let connection = open(settings).await.unwrap();
    drop(server);
    let right = rights::port_forward(&connection, "shop", &[]).await;
    assert!(matches!(right, Right::NotKnown(_)), "{right:?}");
}

#[tokio::test]
async fn a_single_object_comes_without_managed_fields_and_secrets_never() {
    let (home, server) = (Home::new(), ApiServer::start().await);
    let object = json!({"kind": "Pod", "metadata": {"namespace": "shop", "name": "a", "managedFields": [{}]}});
    server.put("/api/v1/pods", object);
    let settings = home.settings(&format!("http://{}", server.address), "{}");
    let connection = open(settings).await.unwrap();
    let found = fetch::raw(&connection, &Key::new(Kind::Pod, "shop", "a"))
        .await
        .unwrap();
    assert_eq!(found.pointer("/metadata/name"), Some(&json!("a")));
    assert_eq!(found.pointer("/metadata/managedFields"), None);
    let gone = fetch::raw(&connection, &Key::new(Kind::Pod, "shop", "b")).await;
    assert!(matches!(gone, Err(Fault::NotFound(_))), "{gone:?}");
    let secret = fetch::raw_at(&connection, "/api/v1/namespaces/shop/secrets/tls").await;
    assert!(matches!(secret, Err(Fault::Forbidden(_))), "{secret:?}");
    assert!(
        server.seen(Verb::Other, "/secrets/tls").is_empty(),
        "it is not even asked for"
    );
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn bodies_that_do_not_decode_are_never_logged() {
    use tracing_subscriber::EnvFilter;
    let server = ApiServer::start().await;
    let body = "{\"data\":{\"password\":\"aHVudGVyMg==\"},";
    server.script(
        Verb::Other,
        "/version",
        2,
        Act::Answer(200, Vec::new(), body.to_owned()),
    );
    let mut config = kube::Config::new(format!("http://{}", server.address).parse().unwrap());
    config.default_retry = false;
    let ask = async {
        let client = kube::Client::try_from(config.clone()).unwrap();
        client.apiserver_version().await.unwrap_err();
    };
    let (fenced, open) = (Sink::default(), Sink::default());
    let subscriber = |filter: String, sink: &Sink| {
        let sink = sink.clone();
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(filter))
            .with_writer(move || sink.clone())
            .finish()
    };
    let guard = tracing::subscriber::set_default(subscriber(String::from("trace"), &open));
    ask.await;
    drop(guard);
    let leaked = String::from_utf8(open.0.lock().unwrap().clone()).unwrap();
    assert!(
        leaked.contains("aHVudGVyMg=="),
        "without the fence kube does log bodies"
    );
    let fence = format!("trace,{}", LOG_DIRECTIVES.join(","));
    let guard = tracing::subscriber::set_default(subscriber(fence, &fenced));
    let client = kube::Client::try_from(config).unwrap();
    client.apiserver_version().await.unwrap_err();
    drop(guard);
    let kept = String::from_utf8(fenced.0.lock().unwrap().clone()).unwrap();
    assert!(!kept.contains("aHVudGVyMg=="), "{kept}");
}
