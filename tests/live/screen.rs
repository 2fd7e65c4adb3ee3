//! The screen in a terminal: what is broken appears, what is mended goes, keys lead to the backend.

use crate::cluster::Cluster;
use crate::forwards::hostname;
use crate::terminal::{PATIENCE, Terminal, signal};
use crate::world::{broken, mend, portolan};
use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use tempfile::TempDir;

/// The screen of one namespace.
pub(crate) fn open(kubeconfig: &Path, namespace: &str, view: &str) -> Terminal {
    let kubeconfig = kubeconfig.to_str().unwrap();
    let mut arguments = vec!["--kubeconfig", kubeconfig, "-n", namespace];
    arguments.extend((!view.is_empty()).then_some(view));
    Terminal::start(&arguments)
}

/// Leaves the screen, and sees that nothing of it is left.
pub(crate) fn leave(mut terminal: Terminal) {
    terminal.press("<c-c>");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_restored();
}

/// The local address of the forward that the screen shows.
fn local_address(screen: &str) -> Option<String> {
    let line = screen.lines().find(|line| line.contains(" Forwards "))?;
    let mut words = line.split_whitespace();
    words
        .find(|word| {
            word.rsplit_once(':')
                .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        })
        .map(str::to_owned)
}

#[test]
fn a_problem_appears_and_goes_once_it_is_mended_without_a_key() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    cluster.namespace("appear");
    let terminal = open(&cluster.kubeconfig(), "appear", "");
    terminal.wait_for("No problem found in appear", PATIENCE);

    broken(cluster, "appear");
    terminal.wait_for("SVC001", PATIENCE);
    terminal.wait_until("the near miss", PATIENCE, |screen| {
        screen.contains("appear/api")
            && screen.contains("selector matches no pod")
            && screen.contains("1 route")
            && screen.contains("app=apii")
            && screen.contains("app: api")
    });
    // The command line says the same of the same world.
    let check = portolan(&cluster.kubeconfig(), &["check", "-n", "appear"]);
    assert!(check.out.contains("SVC001"), "{}", check.out);

    // Enter leads to the path, and its hops are judged.
    terminal.press("<enter>");
    terminal.wait_until("the path", PATIENCE, |screen| {
        screen.contains("✗") && screen.contains("app: api") && !screen.contains("HURTS")
    });
    terminal.press("<esc>");
    terminal.wait_for("HURTS", PATIENCE);

    mend(cluster, "appear");
    terminal.wait_for("No problem found in appear", PATIENCE);
    leave(terminal);
}

#[test]
fn two_keys_on_a_route_carry_bytes_to_a_ready_pod() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "twokeys");
    mend(cluster, "twokeys");
    let mut terminal = open(&cluster.kubeconfig(), "twokeys", ":routes");
    terminal.wait_for("twokeys.example.com", PATIENCE);
    terminal.wait_for("● live", PATIENCE);
    terminal.press("F");
    terminal.wait_for("8080", PATIENCE);
    terminal.press("<enter>");
    terminal.wait_until("the forward", PATIENCE, |screen| {
        local_address(screen).is_some()
    });
    let local = local_address(&terminal.screen()).unwrap();
    let pod = hostname(&local).unwrap();
    assert!(pod.starts_with("api-"), "{pod}");

    terminal.press(":pf<enter>");
    terminal.wait_until("the forward's row", PATIENCE, |screen| {
        screen.contains("listening") && screen.contains(&pod)
    });

    // A forward is alive: quitting asks, and asking once more quits.
    terminal.press("<c-c>");
    terminal.wait_until("the question", PATIENCE, |screen| {
        screen.to_lowercase().contains("quit")
    });
    terminal.press("<c-c>");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_restored();
    assert!(TcpStream::connect(&local).is_err(), "nobody listens");
}

#[test]
fn what_a_person_wrote_to_start_by_itself_does_and_nothing_else() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "auto");
    mend(cluster, "auto");
    let kubeconfig = cluster.kubeconfig();
    let context = cluster.ask(&["config", "current-context"]);
    let set = |name: &str, context: &str, autostart: &str| {
        format!(
            "[profiles.{name}]\ncontext = \"{context}\"\nnamespace = \"auto\"\n{autostart}\n\
             [[profiles.{name}.forwards]]\ntarget = \"svc/api\"\nports = [\":80\"]\n"
        )
    };
    let sets = [
        set("mine", context.trim(), "autostart = true"),
        set("asleep", context.trim(), ""),
        set("elsewhere", "another", "autostart = true"),
    ];
    let home = TempDir::new().unwrap();
    let place = home.path().join("config/portolan");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("forwards.toml"), sets.concat()).unwrap();

    let arguments = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let mut terminal = Terminal::start_at(home, (140, 45), &arguments);
    terminal.wait_until("the forward, without a key", PATIENCE, |screen| {
        local_address(screen).is_some()
    });
    let local = local_address(&terminal.screen()).unwrap();
    assert!(hostname(&local).unwrap().starts_with("api-"));

    terminal.press(":pf<enter>");
    terminal.wait_until("the sets of this context", PATIENCE, |screen| {
        let line = |what: &str| screen.lines().find(|line| line.contains(what));
        line("auto/svc/api:80").is_some_and(|line| line.contains("mine, by itself"))
            && line("group asleep").is_some_and(|line| line.contains("not started"))
    });
    let screen = terminal.screen();
    assert_eq!(screen.matches("listening").count(), 1, "{screen}");
    assert!(!screen.contains("elsewhere"), "{screen}");

    terminal.press("<c-c>");
    terminal.wait_until("the question", PATIENCE, |screen| {
        screen.to_lowercase().contains("quit")
    });
    terminal.press("<c-c>");
    assert_eq!(terminal.wait_end(), 0);
    assert!(TcpStream::connect(&local).is_err(), "nobody listens");
}

#[test]
fn the_log_of_a_pod_is_followed() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "logs");
    let terminal = open(&cluster.kubeconfig(), "logs", ":po");
    terminal.wait_for("api-", PATIENCE);
    let log = cluster.dir().join("pod.log");
    let write = |words: &str| {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        // As a container runtime writes it.
        writeln!(file, "{} stdout F {words}", jiff::Timestamp::now()).unwrap();
    };
    write("the first word");
    terminal.press("l");
    terminal.wait_for("the first word", PATIENCE);
    write("a word that comes later");
    terminal.wait_for("a word that comes later", PATIENCE);
    terminal.press("<esc>");
    terminal.wait_gone("the first word", PATIENCE);
    leave(terminal);
}

#[test]
fn signals_leave_the_terminal_as_it_was_and_no_process_behind() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    cluster.namespace("signals");
    for name in ["TERM", "HUP"] {
        let mut terminal = open(&cluster.kubeconfig(), "signals", "");
        terminal.wait_for("● live", PATIENCE);
        let pid = terminal.pid();
        signal(pid, name);
        terminal.wait_end();
        terminal.assert_restored();
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}

#[test]
fn every_key_that_leads_somewhere_leads_back() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    broken(cluster, "tour");
    let terminal = open(&cluster.kubeconfig(), "tour", "");
    terminal.wait_for("SVC001", PATIENCE);
    for (keys, shows) in [
        ("X", "What it sees"),
        ("d", "Service tour/api"),
        ("y", "apiVersion: v1"),
        ("?", "used by: who leads here"),
    ] {
        let before = terminal.screen();
        assert!(!before.contains(shows), "{before}");
        terminal.press(keys);
        terminal.wait_for(shows, PATIENCE);
        terminal.press("<esc>");
        terminal.wait_gone(shows, PATIENCE);
        terminal.wait_for("HURTS", PATIENCE);
    }
    for (view, shows) in [
        ("svc", "CLUSTER-IP"),
        ("routes", "tour.example.com"),
        ("eps", "No "),
        ("po", "api-"),
        ("ns", "tour"),
        ("info", "EndpointSlice"),
    ] {
        terminal.press(&format!(":{view}<enter>"));
        terminal.wait_for(shows, PATIENCE);
    }
    leave(terminal);
}
