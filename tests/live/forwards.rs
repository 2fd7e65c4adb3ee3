//! `portolan forward` without the screen: bytes arrive, transitions are lines, a signal ends it without a trace.

use crate::cluster::{Cluster, eventually};
use crate::terminal::signal;
use crate::world::{broken, command, mend};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};

struct Forward {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Forward {
    fn start(cluster: &Cluster, arguments: &[&str]) -> Self {
        let child = command(&cluster.kubeconfig())
            .arg("forward")
            .args(arguments)
            .args(["-o", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self::of(child)
    }

    fn of(mut child: Child) -> Self {
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Reads transitions until one is of this state.
    fn until(&mut self, state: &str) -> Value {
        loop {
            let line = self.line();
            assert_eq!(line["schema"], "portolan/forward/v1");
            if line["state"] == state {
                return line;
            }
            assert_ne!(line["state"], "stopped", "{line}");
        }
    }

    fn end(mut self, name: &str) -> Option<i32> {
        signal(self.child.id(), name);
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        let last = rest.lines().last().unwrap_or_default();
        let last: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{rest:?}"));
        assert_eq!(last["state"], "stopped");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the web server behind a forward for the name of its pod.
pub(crate) fn hostname(address: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    connection
        .write_all(b"GET /hostname HTTP/1.0\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.contains(" 200 "), "{head}");
    Some(body.trim().to_owned())
}

#[test]
fn bytes_arrive_at_a_ready_pod_and_a_signal_leaves_nothing_behind() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "carry");
    mend(cluster, "carry");
    for name in ["INT", "TERM"] {
        let mut forward = Forward::start(cluster, &["carry/svc/api", "0:80"]);
        let line = forward.until("listening");
        assert_eq!(line["target"], "carry/Service/api:80");
        let local = line["local"].as_str().unwrap().to_owned();
        let pod = hostname(&local).unwrap();
        assert!(pod.starts_with("api-"), "{pod}");
        cluster.ask(&["-n", "carry", "get", "pod", &pod]);
        assert_eq!(forward.end(name), Some(0));
        assert!(TcpStream::connect(&local).is_err(), "nobody listens");
    }
}

#[test]
fn a_forward_waits_for_its_first_endpoint_and_serves_once_it_is_there() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "patient");
    let mut forward = Forward::start(cluster, &["patient/svc/api", "0:80"]);
    let line = forward.until("waiting");
    let local = line["local"].as_str().unwrap().to_owned();
    mend(cluster, "patient");
    let pod = eventually("an answer through the forward", || hostname(&local));
    assert!(pod.starts_with("api-"), "{pod}");
    assert_eq!(forward.end("INT"), Some(0));
}

#[test]
fn a_target_that_cannot_work_is_refused_with_exit_code_2() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    cluster.namespace("refused");
    let output = command(&cluster.kubeconfig())
        .args(["forward", "refused/svc/absent", "0:80"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("absent"), "{words}");
}

#[test]
fn a_saved_set_starts_as_a_whole_and_says_when_it_is_ready() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "saved");
    mend(cluster, "saved");
    let folder = tempfile::TempDir::new().unwrap();
    let place = folder.path().join("portolan");
    std::fs::create_dir(&place).unwrap();
    std::fs::write(
        place.join("forwards.toml"),
        "[profiles.tests]\nnamespace = \"saved\"\n\
         [[profiles.tests.forwards]]\ntarget = \"svc/api\"\nports = [\":80\"]\n\
         [[profiles.tests.forwards]]\ntarget = \"deploy/api\"\nports = [\":8080\"]\n",
    )
    .unwrap();
    let told = folder.path().join("told");
    let child = std::process::Command::new("sh")
        .args([
            "-c",
            "exec \"$@\" 3>\"$TOLD\"",
            "sh",
            env!("CARGO_BIN_EXE_portolan"),
        ])
        .args([
            "forward",
            "--profile",
            "tests",
            "-o",
            "json",
            "--ready-fd",
            "3",
        ])
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .env_remove("KUBECONFIG")
        .env("XDG_CONFIG_HOME", folder.path())
        .env("TOLD", &told)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut forward = Forward::of(child);
    let line = eventually("a line that says it is ready", || {
        let line = std::fs::read_to_string(&told).ok()?;
        line.ends_with('\n').then_some(line)
    });
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!((words[0], words.len()), ("ready", 3));
    for local in &words[1..] {
        assert!(hostname(local).unwrap().starts_with("api-"));
    }
    assert_eq!(forward.line()["schema"], "portolan/forward/v1");
    assert_eq!(forward.end("TERM"), Some(0));
}

const ECHO: &str = "
apiVersion: v1
kind: Pod
metadata: {name: echo, namespace: NAMESPACE}
spec: {containers: [{name: echo, image: none}]}
";

/// The tunnel as a real API server and a kubelet's own streaming library speak it.
#[test]
fn a_half_close_reaches_the_pod_and_the_whole_answer_comes_back() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    cluster.namespace("half");
    cluster.apply(&ECHO.replace("NAMESPACE", "half"));
    let mut forward = Forward::start(cluster, &["half/pod/echo", "0:7"]);
    let line = forward.until("listening");
    let local = line["local"].as_str().unwrap().to_owned();
    // It answers only what it has read, and ends only when it is told that no more will come.
    for size in [0, 1, 100_000, 3_000_000] {
        let sent: Vec<u8> = (0..size)
            .map(|at: u32| at.to_le_bytes()[0] ^ 0x5a)
            .collect();
        let connection = TcpStream::connect(&local).unwrap();
        let mut writing = connection.try_clone().unwrap();
        let bytes = sent.clone();
        let writer = std::thread::spawn(move || {
            writing.write_all(&bytes).unwrap();
            writing.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let mut answer = Vec::new();
        (&connection).read_to_end(&mut answer).unwrap();
        writer.join().unwrap();
        assert!(answer == sent, "{} of {size} bytes came back", answer.len());
    }
    assert_eq!(forward.end("INT"), Some(0));
}

#[test]
fn a_port_where_nothing_listens_is_said_to_refuse() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    cluster.namespace("closed");
    cluster.apply(&ECHO.replace("NAMESPACE", "closed"));
    let mut forward = Forward::start(cluster, &["closed/pod/echo", "0:1"]);
    let line = forward.until("listening");
    let local = line["local"].as_str().unwrap();
    let mut rest = Vec::new();
    let refused = TcpStream::connect(local).and_then(|mut client| client.read_to_end(&mut rest));
    assert!(refused.is_err(), "the client sees a reset, not an end");
    let line = forward.until("failed");
    assert_eq!(line["reason"], "connection refused in the pod on port 1");
    assert_eq!(forward.end("INT"), Some(0));
}
