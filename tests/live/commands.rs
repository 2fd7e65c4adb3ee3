//! `check`, `list` and `trace` on a live cluster say the same thing, and their exit codes say it too.

use crate::cluster::Cluster;
use crate::world::{broken, coverage, findings, mend, portolan};

#[test]
fn every_command_names_the_broken_hop_and_lets_it_go_once_it_is_mended() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let namespace = "commands";
    broken(cluster, namespace);
    let kubeconfig = cluster.kubeconfig();
    let ask = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        portolan(&kubeconfig, &words)
    };

    let check = ask("check -n commands -o json");
    assert_eq!(check.code, Some(1), "{}", check.err);
    assert_eq!(check.err, "", "nothing is hidden from the administrator");
    let judged = check.json();
    assert_eq!(
        findings(&judged),
        ["ING003 commands/Ingress/web", "SVC001 commands/Service/api"]
    );
    assert_eq!(judged["summary"]["error"], 1, "one cause, one effect");
    assert_eq!(judged["findings"][0]["code"], "SVC001");
    let words = judged["findings"][0].to_string();
    assert!(
        words.contains("app=apii") && words.contains("app=api"),
        "the near miss is named: {words}"
    );
    for kind in ["Pod", "Service", "EndpointSlice", "Ingress", "Node"] {
        assert_eq!(coverage(&judged, kind, None).as_deref(), Some("ready"));
    }

    let services = ask("list svc -n commands -o json").json();
    assert_eq!(services["rows"][0]["object"], "commands/Service/api");
    assert_eq!(services["rows"][0]["mark"], "fail");
    let problems = ask("list problems -n commands -o json").json();
    assert_eq!(problems["rows"].as_array().unwrap().len(), 1);

    let trace = ask("trace commands/deploy/api svc/api:80 -o json");
    assert_eq!(trace.code, Some(1), "{}", trace.err);
    let path = trace.json();
    assert_eq!(path["verdict"], "fail");
    let hops = path["hops"].as_array().unwrap();
    let failed = hops.iter().find(|hop| hop["verdict"] == "fail").unwrap();
    assert!(
        failed["codes"]
            .as_array()
            .unwrap()
            .contains(&"SVC001".into()),
        "{failed}"
    );
    let url = ask(
        "trace commands/deploy/api http://commands.example.com/ -o json --via commands/Ingress/web",
    );
    assert_eq!(url.json()["http"]["status"], 503, "{}", url.out);

    mend(cluster, namespace);
    let check = ask("check -n commands -o json");
    assert_eq!(findings(&check.json()), [] as [&str; 0]);
    assert_eq!(check.code, Some(0));
    let trace = ask("trace commands/deploy/api svc/api:80 -o json");
    assert_eq!(trace.json()["verdict"], "pass", "{}", trace.out);
    assert_eq!(trace.code, Some(0));
    let used: Vec<_> = trace.json()["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|endpoint| (endpoint["used"].clone(), endpoint["port"].clone()))
        .collect();
    assert_eq!(
        used,
        [(true.into(), 8080.into()), (true.into(), 8080.into())]
    );
}
