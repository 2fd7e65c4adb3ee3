# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_portolan_global_optspecs
    string join \n from= demo kubeconfig= context= as= as-group= n/namespace= A/all-namespaces timeout= lenient no-secrets readonly readonly-forwards= ascii log-file= log-level= h/help V/version
end

function __fish_portolan_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_portolan_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_portolan_using_subcommand
    set -l cmd (__fish_portolan_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c portolan -n "__fish_portolan_needs_command" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_needs_command" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_needs_command" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_needs_command" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_needs_command" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_needs_command" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_needs_command" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_needs_command" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_needs_command" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_needs_command" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_needs_command" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_needs_command" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_needs_command" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_needs_command" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_needs_command" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_needs_command" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_needs_command" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_needs_command" -a "list" -d 'Print any table of the screen'
complete -c portolan -n "__fish_portolan_needs_command" -a "check" -d 'Judge everything; the exit code says how it is'
complete -c portolan -n "__fish_portolan_needs_command" -a "trace" -d 'Follow one request hop by hop; the exit code says whether it gets through'
complete -c portolan -n "__fish_portolan_needs_command" -a "forward" -d 'Forward local ports to a Service, workload or pod, and keep them while pods come and go. Live clusters only'
complete -c portolan -n "__fish_portolan_needs_command" -a "snapshot" -d 'Write a redacted dump of the world that --from reads back'
complete -c portolan -n "__fish_portolan_needs_command" -a "reach" -d 'Who may talk to whom, on which ports'
complete -c portolan -n "__fish_portolan_needs_command" -a "routes" -d 'Every rule of every way in, and whether what is behind it answers'
complete -c portolan -n "__fish_portolan_needs_command" -a "explain" -d 'Print the page of a finding; without a code, the list of all'
complete -c portolan -n "__fish_portolan_needs_command" -a "completions" -d 'Print a completion script'
complete -c portolan -n "__fish_portolan_needs_command" -a "man" -d 'Print the man page'
complete -c portolan -n "__fish_portolan_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c portolan -n "__fish_portolan_using_subcommand list" -s o -l output -d 'How to print it; JSON is `portolan/list/v1`' -r -f -a "table\t'Aligned columns'
json\t'One JSON document'"
complete -c portolan -n "__fish_portolan_using_subcommand list" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand list" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand list" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand list" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand list" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand list" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand list" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand list" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand list" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand list" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand list" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand list" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand list" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand list" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand list" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand list" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand list" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand check" -s o -l output -d 'How to print the findings' -r -f -a "table\t'For people'
json\t'One JSON document (portolan/check/v1)'
sarif\t'SARIF 2.1.0'
github\t'Annotations of GitHub Actions'"
complete -c portolan -n "__fish_portolan_using_subcommand check" -l fail-on -d 'The severity from which on findings make the exit code 1' -r -f -a "error\t'Traffic fails now'
warning\t'A part of it fails, or it will soon'
info\t'Anything'"
complete -c portolan -n "__fish_portolan_using_subcommand check" -l only -d 'Only these codes: codes, names or families (SVC), separated by commas' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l skip -d 'Not these codes' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l baseline -d 'Leave out what this file already holds: an earlier `check -o json`, or the ids of findings, one a line' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand check" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand check" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand check" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand check" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand check" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand check" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand check" -l require-coverage -d 'A kind that cannot be read makes the exit code 2'
complete -c portolan -n "__fish_portolan_using_subcommand check" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand check" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand check" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand check" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand check" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand check" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand check" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l method -d 'The method of a request for a URL' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l header -d 'A header of a request for a URL; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l via -d 'The entry of a request for a URL, where several claim its host' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -s o -l output -d 'How to print the path; JSON is `portolan/trace/v1`' -r -f -a "text\t'For people'
json\t'JSON: a path as one document, a forward as one line a transition'"
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand trace" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l profile -d 'A saved set from forwards.toml in the configuration folder (~/.config/portolan), in place of a target' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l import -d 'Print the profiles that a kftray export amounts to, and start nothing' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l ready-fd -d 'Once every forward is listening, write `ready` and the local addresses, in one line, to this file descriptor' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l address -d 'The local address to listen on' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -s o -l output -d 'How transitions are printed; JSON is `portolan/forward/v1`' -r -f -a "text\t'For people'
json\t'JSON: a path as one document, a forward as one line a transition'"
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l spread -d 'Let the ready pods take turns, connection by connection, instead of staying with one'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l import-annotations -d 'Print the profile that the annotations of k9s and kftray in the cluster (or in --from) amount to, and start nothing'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand forward" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -s o -l output -d 'The file to write, `-` for standard output' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand snapshot" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -s o -l output -d 'How to print the map' -r -f -a "table\t'For people'
json\t'One JSON document (portolan/reach/v1)'
dot\t'A graph for Graphviz'"
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l focus -d 'Only what this workload sends or receives: [NAMESPACE/]KIND/NAME' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l with -d 'Policies not applied yet: print the difference they would make to the map' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand reach" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -s o -l output -d 'How to print them; JSON is `portolan/routes/v1`' -r -f -a "table\t'Aligned columns'
json\t'One JSON document'"
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand routes" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand routes" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand explain" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand explain" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand completions" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand completions" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand man" -l from -d 'A file or folder of manifests (YAML, JSON, lists, a snapshot), `-` for standard input; may be repeated. No cluster is contacted' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand man" -l kubeconfig -d 'The kubeconfig file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand man" -l context -d 'The kubeconfig context' -r
complete -c portolan -n "__fish_portolan_using_subcommand man" -l as -d 'The user to act as' -r
complete -c portolan -n "__fish_portolan_using_subcommand man" -l as-group -d 'A group to act as; may be repeated' -r
complete -c portolan -n "__fish_portolan_using_subcommand man" -s n -l namespace -d 'Report on this namespace only; with --from also the namespace of documents that name none' -r
complete -c portolan -n "__fish_portolan_using_subcommand man" -l timeout -d 'How long a live cluster may take to be read' -r
complete -c portolan -n "__fish_portolan_using_subcommand man" -l readonly-forwards -d 'Whether port-forwards may be opened under --readonly; in place of what forwards.toml says, else they may' -r -f -a "allow\t'They may'
forbid\t'They may not'"
complete -c portolan -n "__fish_portolan_using_subcommand man" -l log-file -d 'Write a log to this file' -r -F
complete -c portolan -n "__fish_portolan_using_subcommand man" -l log-level -d 'How much is logged' -r -f -a "off\t'Nothing'
error\t'What failed'
warn\t'What is wrong'
info\t'What happens'
debug\t'What happens in detail'
trace\t'Everything'"
complete -c portolan -n "__fish_portolan_using_subcommand man" -l demo -d 'The embedded demo cluster'
complete -c portolan -n "__fish_portolan_using_subcommand man" -s A -l all-namespaces -d 'Look at all namespaces'
complete -c portolan -n "__fish_portolan_using_subcommand man" -l lenient -d 'Documents that cannot be read do not change the exit code'
complete -c portolan -n "__fish_portolan_using_subcommand man" -l no-secrets -d 'Read no Secret, not even those that routes name: what is said of TLS is then unknown'
complete -c portolan -n "__fish_portolan_using_subcommand man" -l readonly -d 'Offer nothing that changes the cluster'
complete -c portolan -n "__fish_portolan_using_subcommand man" -l ascii -d 'Draw and write with ASCII characters only'
complete -c portolan -n "__fish_portolan_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c portolan -n "__fish_portolan_using_subcommand man" -s V -l version -d 'Print version'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "list" -d 'Print any table of the screen'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "check" -d 'Judge everything; the exit code says how it is'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "trace" -d 'Follow one request hop by hop; the exit code says whether it gets through'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "forward" -d 'Forward local ports to a Service, workload or pod, and keep them while pods come and go. Live clusters only'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "snapshot" -d 'Write a redacted dump of the world that --from reads back'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "reach" -d 'Who may talk to whom, on which ports'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "routes" -d 'Every rule of every way in, and whether what is behind it answers'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "explain" -d 'Print the page of a finding; without a code, the list of all'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "completions" -d 'Print a completion script'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "man" -d 'Print the man page'
complete -c portolan -n "__fish_portolan_using_subcommand help; and not __fish_seen_subcommand_from list check trace forward snapshot reach routes explain completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
