//! Flags, commands and their help: one definition for parsing, the man page and completions.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::SignedDuration;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// Why does my Kubernetes traffic not arrive?
///
/// Without a command, the terminal screen opens: problems first, each with its cause and its fix.
#[derive(Debug, Parser)]
#[command(
    name = "portolan",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Exit codes: check 0 clean, 1 findings at or above --fail-on, 2 could not judge; \
                  trace 0 pass, 1 fail, 3 unknown, 2 could not judge; all others 0 or 2."
)]
pub struct Cli {
    /// Where the world comes from, and what of it is looked at.
    #[command(flatten)]
    pub global: Global,
    /// The view to open: any `:` command of the screen, the colon optional (svc, ing, problems, pf ...).
    #[arg(value_name = "VIEW")]
    pub view: Vec<String>,
    /// What to do instead of opening the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Global {
    /// A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated.
    /// No cluster is contacted.
    #[arg(long, global = true, value_name = "PATH", action = ArgAction::Append, conflicts_with = "demo", help_heading = "Source")]
    pub from: Vec<PathBuf>,
    /// The embedded demo cluster.
    #[arg(long, global = true, help_heading = "Source")]
    pub demo: bool,
    /// The kubeconfig file.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Source")]
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig context.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Source")]
    pub context: Option<String>,
    /// The user to act as.
    #[arg(
        long = "as",
        global = true,
        value_name = "USER",
        help_heading = "Source"
    )]
    pub as_user: Option<String>,
    /// A group to act as; may be repeated.
    #[arg(long = "as-group", global = true, value_name = "GROUP", action = ArgAction::Append, help_heading = "Source")]
    pub as_group: Vec<String>,
    /// Report on this namespace only; with --from also the namespace of documents that name none.
    #[arg(short = 'n', long, global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Look at all namespaces.
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// How long a live cluster may take to be read.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// Documents that cannot be read do not change the exit code.
    #[arg(long, global = true)]
    pub lenient: bool,
    /// Read no Secret, not even those that routes name: what is said of TLS is then unknown.
    #[arg(
        long,
        global = true,
        env = "PORTOLAN_NO_SECRETS",
        help_heading = "Source"
    )]
    pub no_secrets: bool,
    /// Offer nothing that changes the cluster.
    #[arg(long, global = true)]
    pub readonly: bool,
    /// Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may.
    #[arg(
        long,
        global = true,
        value_name = "WHETHER",
        env = "PORTOLAN_READONLY_FORWARDS"
    )]
    pub readonly_forwards: Option<ReadonlyForwards>,
    /// Draw and write with ASCII characters only.
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Write a log to this file.
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// How much is logged.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// Whether port-forwards may be opened under --readonly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReadonlyForwards {
    /// They may.
    Allow,
    /// They may not.
    Forbid,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What is wrong.
    Warn,
    /// What happens.
    Info,
    /// What happens in detail.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word of the log filter.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print any table of the screen.
    List(List),
    /// Judge everything; the exit code says how it is.
    Check(Check),
    /// Follow one request hop by hop; the exit code says whether it gets through.
    Trace(Trace),
    /// Forward local ports to a Service, workload or pod, and keep them while pods come and go. Live clusters only.
    Forward(Forward),
    /// Write a redacted dump of the world that --from reads back.
    Snapshot(Snapshot),
    /// Who may talk to whom, on which ports.
    Reach(Reach),
    /// Every rule of every way in, and whether what is behind it answers.
    Routes(Routes),
    /// Print the page of a finding; without a code, the list of all.
    Explain(Explain),
    /// Print a completion script.
    Completions(Completions),
    /// Print the man page.
    Man,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// The table: svc, eps, pods, routes, netpol, problems ...
    #[arg(value_name = "VIEW")]
    pub view: String,
    /// How to print it; JSON is `portolan/list/v1`.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: TableFormat,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Aligned columns.
    Table,
    /// One JSON document.
    Json,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// How to print the findings.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: CheckFormat,
    /// The severity from which on findings make the exit code 1.
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// Only these codes: codes, names or families (SVC), separated by commas.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these codes.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Leave out what this file already holds: an earlier `check -o json`, or the ids of findings, one a line.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// A kind that cannot be read makes the exit code 2.
    #[arg(long)]
    pub require_coverage: bool,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Table,
    /// One JSON document (portolan/check/v1).
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// The severity from which on findings count as failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Traffic fails now.
    Error,
    /// A part of it fails, or it will soon.
    Warning,
    /// Anything.
    Info,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// Who asks: [NAMESPACE/]KIND/NAME (deploy/web, shop/pod/web-1), an address, node/NAME or `internet`.
    #[arg(value_name = "FROM")]
    pub sender: String,
    /// What for: svc/api:80, pod/db-0:5432/UDP, 10.0.0.9:443, internet:443 or a URL.
    #[arg(value_name = "TO")]
    pub target: String,
    /// The method of a request for a URL.
    #[arg(long, value_name = "M", default_value = "GET")]
    pub method: String,
    /// A header of a request for a URL; may be repeated.
    #[arg(long = "header", value_name = "K=V", value_parser = header, action = ArgAction::Append)]
    pub headers: Vec<(String, String)>,
    /// The entry of a request for a URL, where several claim its host.
    #[arg(long, value_name = "NS/KIND/NAME")]
    pub via: Option<String>,
    /// How to print the path; JSON is `portolan/trace/v1`.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: TextFormat,
}

/// How a path or a forward is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextFormat {
    /// For people.
    Text,
    /// JSON: a path as one document, a forward as one line a transition.
    Json,
}

/// Arguments of `forward`.
#[derive(Debug, Args)]
pub struct Forward {
    /// What to forward to: [NAMESPACE/]KIND/NAME (svc/api, shop/deploy/web, pod/db-0).
    #[arg(value_name = "TARGET", required_unless_present_any = ["profile", "import", "import_annotations"])]
    pub target: Option<String>,
    /// Ports, by number or name; without LOCAL the same number, or 8000 above it where it is privileged; `:PORT`
    /// takes any free local port.
    #[arg(value_name = "[LOCAL:]PORT", required_unless_present_any = ["profile", "import", "import_annotations"])]
    pub ports: Vec<String>,
    /// Let the ready pods take turns, connection by connection, instead of staying with one.
    #[arg(long, conflicts_with_all = ["profile", "import", "import_annotations"])]
    pub spread: bool,
    /// A saved set from forwards.toml in the configuration folder (~/.config/portolan), in place of a target.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["target", "ports", "address"])]
    pub profile: Option<String>,
    /// Print the profiles that a kftray export amounts to, and start nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target", "ports", "address", "profile"])]
    pub import: Option<PathBuf>,
    /// Print the profile that the annotations of k9s and kftray in the cluster (or in --from) amount to, and start
    /// nothing.
    #[arg(long, conflicts_with_all = ["target", "ports", "address", "profile", "import"])]
    pub import_annotations: bool,
    /// Once every forward is listening, write `ready` and the local addresses, in one line, to this file descriptor.
    #[arg(long, value_name = "FD")]
    pub ready_fd: Option<u32>,
    /// The local address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    pub address: IpAddr,
    /// How transitions are printed; JSON is `portolan/forward/v1`.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: TextFormat,
}

/// Arguments of `reach`.
#[derive(Debug, Args)]
pub struct Reach {
    /// How to print the map.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: ReachFormat,
    /// Only what this workload sends or receives: [NAMESPACE/]KIND/NAME.
    #[arg(long, value_name = "WORKLOAD")]
    pub focus: Option<String>,
    /// Policies not applied yet: print the difference they would make to the map.
    #[arg(long, value_name = "FILE")]
    pub with: Option<PathBuf>,
}

/// How the map is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReachFormat {
    /// For people.
    Table,
    /// One JSON document (portolan/reach/v1).
    Json,
    /// A graph for Graphviz.
    Dot,
}

/// Arguments of `routes`.
#[derive(Debug, Args)]
pub struct Routes {
    /// How to print them; JSON is `portolan/routes/v1`.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: TableFormat,
}

/// Arguments of `snapshot`.
#[derive(Debug, Args)]
pub struct Snapshot {
    /// The file to write, `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code (SVC001) or a name (selector-matches-nothing).
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// An address, or `localhost`.
fn address(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .map_err(|_| "write an IP address or localhost".to_owned())
}

/// A header as `NAME=VALUE`.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err(format!(
            "`{}` is no header name",
            crate::model::text::visible(name)
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// A length of time as people write it: `30s`, `2m`, `1m30s`; a bare number means seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write for example 30s, 2m or 1m30s".to_owned();
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let parsed: SignedDuration = text.parse().map_err(|_| wrong())?;
    let length = Duration::try_from(parsed).map_err(|_| wrong())?;
    if length.is_zero() || length > Duration::from_hours(24) {
        return Err("it must be more than nothing and at most a day".to_owned());
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_ends_of_a_trace_are_no_sources() {
        let cli = Cli::try_parse_from(["portolan", "trace", "a", "b", "--from", "c"]).unwrap();
        assert_eq!(cli.global.from, [PathBuf::from("c")]);
        assert!(matches!(cli.command, Some(Command::Trace(trace)) if trace.sender == "a"));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("45"), Ok(Duration::from_secs(45)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(duration("soon").is_err());
        assert!(duration("-3s").is_err());
    }

    #[test]
    fn source_flags_stand_before_and_behind_the_command() {
        for line in [
            ["portolan", "--from", "a", "check", "-n", "x"],
            ["portolan", "check", "--from", "a", "-n", "x"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.global.from, [PathBuf::from("a")]);
            assert_eq!(cli.global.namespace.as_deref(), Some("x"));
            assert!(matches!(cli.command, Some(Command::Check(_))));
        }
    }

    #[test]
    fn a_word_that_is_no_command_is_a_view() {
        let cli = Cli::try_parse_from(["portolan", "-n", "shop", ":svc"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.view, [":svc"]);
    }
}
