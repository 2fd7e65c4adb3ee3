use super::{Environment, Kubeconfigs, Settings, distance, near};
use crate::client::error::ConnectError;
use std::ffi::OsString;
use std::path::PathBuf;

const TWO: &str = "\
apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: east
  cluster: {server: https://east.example.com:6443}
users:
- name: ada
  user: {token: t0p-s3cret}
contexts:
- name: prod
  context: {cluster: east, user: ada, namespace: shop}
- name: staging
  context: {cluster: gone, user: ada}
";

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn with_file(path: PathBuf) -> Settings {
    Settings {
        kubeconfig: Some(path),
        ..Settings::default()
    }
}

fn load(settings: &Settings, env: &Environment) -> Result<Kubeconfigs, ConnectError> {
    Kubeconfigs::load(settings, env)
        .map(|found| found.expect("a kubeconfig, not the service account"))
}

#[test]
fn the_home_directory_is_the_last_place() {
    let files = Files::new();
    files.write(".kube/config", TWO);
    let env = Environment {
        home: Some(files.path("")),
        ..Environment::default()
    };
    let found = load(&Settings::default(), &env).unwrap();
    let names: Vec<String> = found.contexts().into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["prod", "staging"]);
    let chosen = found.choose(None).unwrap();
    assert_eq!(chosen.namespace.as_deref(), Some("shop"));
    assert_eq!(chosen.server, "https://east.example.com:6443");
    assert!(chosen.current);
}

#[test]
fn nothing_anywhere_offers_the_demo() {
    let files = Files::new();
    let env = Environment {
        home: Some(files.path("")),
        ..Environment::default()
    };
    let error = load(&Settings::default(), &env).unwrap_err();
    assert!(matches!(error, ConnectError::NoKubeconfig { .. }));
    let text = error.to_string();
    assert!(
        text.contains("--demo") && text.contains(".kube/config"),
        "{text}"
    );
}

#[test]
fn a_named_file_must_be_there_but_a_listed_one_need_not() {
    let files = Files::new();
    let missing = files.path("missing");
    let error = load(&with_file(missing.clone()), &Environment::default()).unwrap_err();
    assert!(
        matches!(error, ConnectError::KubeconfigUnreadable { .. }),
        "{error}"
    );
    let there = files.write("there", TWO);
    let list = std::env::join_paths([missing, PathBuf::new(), there.clone()]).unwrap();
    let env = Environment {
        kubeconfig: Some(list),
        ..Environment::default()
    };
    let found = load(&Settings::default(), &env).unwrap();
    assert_eq!(found.files(), [there]);
}

#[test]
fn the_first_file_to_say_a_thing_wins() {
    let files = Files::new();
    let first = files.write(
        "first",
        "current-context: staging\ncontexts:\n- name: prod\n  context: {cluster: west}\n",
    );
    let second = files.write("second", TWO);
    let env = Environment {
        kubeconfig: Some(std::env::join_paths([first, second]).unwrap()),
        ..Environment::default()
    };
    let found = load(&Settings::default(), &env).unwrap();
    let prod = found.choose(Some("prod")).unwrap();
    assert_eq!((prod.cluster.as_str(), prod.server.as_str()), ("west", ""));
    assert_eq!(found.choose(None).unwrap().name, "staging");
}

#[test]
fn the_service_account_serves_only_where_no_kubeconfig_does() {
    let files = Files::new();
    let pod = |home: &str| Environment {
        home: Some(files.path(home)),
        in_cluster: true,
        ..Environment::default()
    };
    assert!(
        Kubeconfigs::load(&Settings::default(), &pod(""))
            .unwrap()
            .is_none()
    );
    let asked = Settings {
        context: Some(String::from("prod")),
        ..Settings::default()
    };
    assert!(Kubeconfigs::load(&asked, &pod("")).is_err());
    files.write(".kube/config", TWO);
    assert!(
        Kubeconfigs::load(&Settings::default(), &pod(""))
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_broken_file_is_named_with_its_line_and_without_its_values() {
    let files = Files::new();
    for (text, line) in [
        (
            "apiVersion: v1\nusers:\n- name: ada\n  user: {token: t0p-s3cret\ncontexts: [",
            None,
        ),
        ("apiVersion: v1\nusers: t0p-s3cret\n", Some(2)),
        ("contexts:\n- name: [t0p-s3cret]\n", Some(2)),
    ] {
        let path = files.write("config", text);
        let error = load(&with_file(path), &Environment::default()).unwrap_err();
        let said = error.to_string();
        assert!(!said.contains("s3cret"), "{said}");
        let ConnectError::KubeconfigBroken { line: found, .. } = error else {
            panic!("{said}");
        };
        assert!(found.is_some(), "{said}");
        if line.is_some() {
            assert_eq!(found, line, "{said}");
        }
    }
}

#[test]
fn an_unknown_context_names_its_neighbours() {
    let files = Files::new();
    let path = files.write("config", TWO);
    let found = load(&with_file(path), &Environment::default()).unwrap();
    let error = found.choose(Some("stagin")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no context named stagin in the kubeconfig; did you mean staging?"
    );
    let error = found.choose(Some("a\u{1b}[31mx")).unwrap_err().to_string();
    assert_eq!(
        error,
        "no context named a\\x1b[31mx in the kubeconfig; it has: prod, staging"
    );
}

#[test]
fn no_current_context_lists_what_there_is() {
    let files = Files::new();
    let path = files.write(
        "config",
        &TWO.replace("current-context: prod", "current-context: ''"),
    );
    let found = load(&with_file(path), &Environment::default()).unwrap();
    let error = found.choose(None).unwrap_err().to_string();
    assert!(
        error.contains("prod, staging") && error.contains("--context"),
        "{error}"
    );
}

#[tokio::test]
async fn a_context_without_its_cluster_cannot_be_used() {
    let files = Files::new();
    let settings = with_file(files.write("config", TWO));
    let env = Environment::default();
    let found = load(&settings, &env).unwrap();
    let staging = found.choose(Some("staging")).unwrap();
    let error = found.config(&staging, &settings, &env).await.unwrap_err();
    assert!(matches!(error, ConnectError::ContextBroken { .. }));
    assert!(
        error
            .to_string()
            .contains("its cluster gone is not defined"),
        "{error}"
    );
}

#[tokio::test]
async fn the_command_line_goes_over_the_context() {
    let files = Files::new();
    let settings = Settings {
        as_user: Some(String::from("bob")),
        as_groups: vec![String::from("dev"), String::from("ops")],
        namespace: Some(String::from("other")),
        ..with_file(files.write("config", TWO))
    };
    let env = Environment::default();
    let found = load(&settings, &env).unwrap();
    let config = found
        .config(&found.choose(None).unwrap(), &settings, &env)
        .await
        .unwrap();
    assert_eq!(config.auth_info.impersonate.as_deref(), Some("bob"));
    assert_eq!(
        config.auth_info.impersonate_groups.as_deref(),
        Some(&settings.as_groups[..])
    );
    assert_eq!(config.default_namespace, "other");
    assert!(!config.default_retry);
}

#[test]
fn slips_are_near_and_strangers_are_not() {
    let known = || {
        ["prod-eu", "prod-us", "staging", "kind-dev"]
            .map(String::from)
            .to_vec()
    };
    assert_eq!(near("prod-er", known()), ["prod-eu", "prod-us"]);
    assert_eq!(near("prod", known()), ["prod-eu", "prod-us"]);
    assert_eq!(near("Staging", known()), ["staging"]);
    assert!(near("minikube", known()).is_empty());
    assert!(near("", known()).is_empty());
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("", "abc"), 3);
}

#[test]
fn an_empty_kubeconfig_variable_counts_as_unset() {
    let files = Files::new();
    files.write(".kube/config", TWO);
    let env = Environment {
        kubeconfig: Some(OsString::from(":")),
        home: Some(files.path("")),
        ..Environment::default()
    };
    assert_eq!(
        load(&Settings::default(), &env).unwrap().contexts().len(),
        2
    );
}
