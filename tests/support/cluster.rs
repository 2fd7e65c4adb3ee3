//! A real Kubernetes control plane with fake nodes, for tests.
//!
//! `tests/cluster/up` does the work; this holds its folder and ends it. A
//! cluster never outlives the test binary that started it: it watches the
//! process and goes when that is gone, however it went.
#![expect(clippy::panic, reason = "a test whose cluster fails has failed")]

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How to start a cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// How many nodes, 1 to 250.
    pub(crate) nodes: u8,
    /// Install the Gateway API, experimental channel.
    pub(crate) gateway: bool,
    /// Let `kubectl exec` run programs of this machine.
    pub(crate) exec: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 3,
            gateway: false,
            exec: false,
        }
    }
}

/// A running cluster; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
}

impl Cluster {
    /// Whether a cluster can be had here, or a sentence why not.
    pub(crate) fn available() -> Result<(), String> {
        let output = run(script("build").arg("--check"));
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
        }
    }

    /// A cluster of the test's own, or `None` where none can be had: the test
    /// is then skipped, which it says. Under `CI=true` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(Options::default())
    }

    /// As [`Cluster::start`], to one's wishes.
    pub(crate) fn start_with(options: Options) -> Option<Self> {
        if let Err(reason) = Self::available() {
            assert!(
                std::env::var_os("CI").is_none_or(|ci| ci != "true"),
                "no test cluster: {reason}"
            );
            // Past the capture of the test's output, which nobody sees.
            let _ = writeln!(std::io::stderr(), "test skipped: {reason}");
            return None;
        }
        let dir = tempfile::Builder::new()
            .prefix("portolan-cluster-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no folder for a cluster: {error}"));
        let mut up = script("up");
        up.arg(format!("--parent={}", std::process::id()));
        if options.gateway {
            up.arg("--crds");
        }
        if options.exec {
            up.arg("--exec");
        }
        // Building for the first time takes minutes, and says so meanwhile.
        up.arg(dir.path())
            .arg(options.nodes.to_string())
            .stderr(Stdio::inherit());
        succeed(&mut up);
        Some(Self { dir })
    }

    /// The cluster that all tests of one binary share. What a test makes in it
    /// belongs into a namespace of the test's own: see [`Cluster::namespace`].
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("kubeconfig")
    }

    /// The folder that holds the cluster's state; `logs/` is worth a look.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs kubectl as the administrator; its failure is the test's to judge.
    pub(crate) fn kubectl<A: AsRef<OsStr>>(&self, args: &[A]) -> Output {
        run(self.kubectl_command().args(args))
    }

    /// Runs kubectl, which must succeed, and returns what it printed.
    pub(crate) fn ask<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        succeed(self.kubectl_command().args(args))
    }

    /// `kubectl get ARGS --output=json`.
    pub(crate) fn get<A: AsRef<OsStr>>(&self, args: &[A]) -> serde_json::Value {
        let text = succeed(
            self.kubectl_command()
                .arg("get")
                .args(args)
                .arg("--output=json"),
        );
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Applies one or more objects.
    pub(crate) fn apply(&self, yaml: &str) {
        let mut command = self.kubectl_command();
        command
            .args([
                "apply",
                "--server-side",
                "--force-conflicts",
                "--filename=-",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let written = child
            .stdin
            .take()
            .map(|mut stdin| stdin.write_all(yaml.as_bytes()));
        let output = child
            .wait_with_output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(
            output.status.success() && matches!(written, Some(Ok(()))),
            "kubectl apply: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Makes a namespace with this name and returns it.
    pub(crate) fn namespace<'a>(&self, name: &'a str) -> &'a str {
        self.apply(&format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}"
        ));
        name
    }

    /// A kubeconfig with a client certificate of this user and these groups.
    /// Without role bindings it may do next to nothing.
    pub(crate) fn user(&self, name: &str, groups: &[&str]) -> PathBuf {
        succeed(
            script("ctl")
                .arg(self.dir())
                .args(["user", name])
                .args(groups),
        );
        self.dir().join(format!("{name}.kubeconfig"))
    }

    /// Kills the API server at once, as a crash would.
    pub(crate) fn kill_apiserver(&self) {
        self.control("kill-apiserver");
    }

    /// Starts the API server again and waits until it is ready.
    pub(crate) fn start_apiserver(&self) {
        self.control("start-apiserver");
    }

    /// Stops the API server in its tracks: connections stay, nothing answers.
    pub(crate) fn freeze_apiserver(&self) {
        self.control("freeze-apiserver");
    }

    /// Lets a frozen API server go on.
    pub(crate) fn thaw_apiserver(&self) {
        self.control("thaw-apiserver");
    }

    /// Fills the cluster: pods behind services, some with an ingress.
    pub(crate) fn load(&self, pods: usize, services: usize) {
        succeed(
            script("load")
                .arg(self.dir())
                .args([pods.to_string(), services.to_string()]),
        );
    }

    /// The processes of the cluster by name.
    pub(crate) fn processes(&self) -> Vec<(String, u32)> {
        let mut all: Vec<_> = std::fs::read_dir(self.dir().join("pids"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| {
                let text = std::fs::read_to_string(file.path()).ok()?;
                let pid = text.split_whitespace().next()?.parse().ok()?;
                Some((file.file_name().to_string_lossy().into_owned(), pid))
            })
            .collect();
        all.sort();
        all
    }

    fn control(&self, order: &str) {
        succeed(script("ctl").arg(self.dir()).arg(order));
    }

    fn kubectl_command(&self) -> Command {
        let mut command = Command::new(self.dir().join("bin/kubectl"));
        command
            .env("HOME", self.dir()) // its caches go with the cluster
            .arg("--kubeconfig")
            .arg(self.kubeconfig());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let output = run(script("down").arg(self.dir()));
        assert!(
            output.status.success() || std::thread::panicking(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Polls until there is something, or fails the test after a minute.
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn script(name: &str) -> Command {
    Command::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cluster")
            .join(name),
    )
}

fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Each test binary uses a part of this; what others use is not dead code.
const _: fn(&Cluster) = |cluster| {
    let _ = (Cluster::shared(), cluster.dir(), cluster.processes());
    let _ = (cluster.namespace(""), cluster.user("", &[]));
    let _ = (
        cluster.kubectl(&[""]),
        cluster.ask(&[""]),
        cluster.get(&[""]),
    );
    cluster.kill_apiserver();
    cluster.start_apiserver();
    cluster.freeze_apiserver();
    cluster.thaw_apiserver();
    cluster.load(0, 0);
    eventually("", || Some(()));
};
