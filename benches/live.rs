//! Figures of the real binary on a real control plane: `live PODS SERVICES RUNS`.
//!
//! Prints one line a figure, its name and its value: milliseconds from the start of the process to the first Service
//! of the server on the terminal and to the end of syncing (medians), MiB held and at most held, per cent of one core
//! and LIST requests while idle for ten seconds.
#![expect(clippy::print_stdout, reason = "a figure is its output")]
#![expect(
    clippy::panic,
    reason = "without a figure there is nothing to go on with"
)]

#[path = "../tests/support/cluster.rs"]
mod cluster;
#[path = "../tests/support/terminal.rs"]
mod terminal;

use cluster::Cluster;
use std::fs;
use std::time::Duration;
use terminal::{PATIENCE, Terminal};

/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(10);

/// What the kernel counts a second of a process in, on every Linux.
const TICKS: f64 = 100.0;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let number = |at: usize, otherwise: usize| numbers.get(at).copied().unwrap_or(otherwise);
    let (pods, services, runs) = (number(0, 2000), number(1, 500), number(2, 5));
    let Some(cluster) = Cluster::start() else {
        return;
    };
    cluster.load(pods, services);
    let kubeconfig = cluster.kubeconfig();
    let open = |view: &str| {
        Terminal::start(&[
            "--kubeconfig".as_ref(),
            kubeconfig.as_os_str(),
            "--all-namespaces".as_ref(),
            view.as_ref(),
        ])
    };
    let mut rows = Vec::new();
    let mut routes = Vec::new();
    let mut synced = Vec::new();
    for _ in 0..runs.max(1) {
        let screen = open(":svc");
        rows.push(screen.wait_for("app-", PATIENCE));
        synced.push(screen.wait_for("● live", PATIENCE));
        end(screen);
        let screen = open(":routes");
        routes.push(screen.wait_for("app-", PATIENCE));
        end(screen);
    }
    println!("first-service {}", median(rows));
    println!("first-route {}", median(routes));
    println!("synced {}", median(synced));

    let screen = open(":svc");
    screen.wait_for("● live", PATIENCE);
    // What came with the lists is worked off, and what they needed is given back.
    screen.watch(Duration::from_secs(5));
    let lists = lists(&cluster);
    let before = busy(screen.pid());
    let drawn = screen.raw().len();
    screen.watch(IDLE);
    let spent = busy(screen.pid()) - before;
    println!("idle-cpu {:.2}", spent / IDLE.as_secs_f64() * 100.0);
    println!("idle-bytes {}", screen.raw().len() - drawn);
    println!("idle-lists {}", self::lists(&cluster) - lists);
    println!("rss {:.1}", memory(screen.pid(), "VmRSS:"));
    println!("peak {:.1}", memory(screen.pid(), "VmHWM:"));
    end(screen);
}

fn end(mut screen: Terminal) {
    screen.press("<c-c>");
    assert_eq!(screen.wait_end(), 0);
}

fn median(mut times: Vec<Duration>) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0, Duration::as_millis)
}

/// Seconds that a process has kept processors busy.
fn busy(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything, stand the fields from the third on: user time is the 14th.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / TICKS
}

/// A line of a process's status, in MiB.
fn memory(pid: u32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or_else(|| panic!("no {name} of {pid}")) / 1024.0
}

/// How many LIST requests the API server has answered, of whatever kind.
fn lists(cluster: &Cluster) -> u64 {
    let metrics = cluster.ask(&["get", "--raw", "/metrics"]);
    metrics
        .lines()
        .filter(|line| {
            line.starts_with("apiserver_request_total{") && line.contains("verb=\"LIST\"")
        })
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}
