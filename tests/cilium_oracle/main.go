// Asks Cilium's own policy engine (pkg/policy) what its agent would enforce. Reads one world a line from standard input
// and answers with one line each: the verdict of both directions of every question, in order, and the policies that the
// agent refuses to take. No agent runs: identities are given out by hand the way pkg/ipcache and pkg/identity do it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"slices"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/identity"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/loadbalancer"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policyk8s "github.com/cilium/cilium/pkg/policy/k8s"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	"github.com/cilium/cilium/pkg/source"
	"github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
	cilium "github.com/cilium/proxy/go/cilium/api"
	"github.com/cilium/statedb"
	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
)

// clusterName is what the agent calls a cluster that was given no name.
const clusterName = "default"

// world is one line of standard input.
type world struct {
	// AnyCluster is policy-default-local-cluster=false, the default before 1.19.
	AnyCluster bool
	IPv4, IPv6 bool
	Namespaces []slim_corev1.Namespace
	Pods       []slim_corev1.Pod
	// Nodes has the addresses of every node by name.
	Nodes map[string][]string
	// APIServer has the addresses behind default/kubernetes.
	APIServer []string
	Services  []service
	Policies  []slim_networkingv1.NetworkPolicy
	Cluster   []policyv1alpha2.ClusterNetworkPolicy
	// Cilium has the namespaced and the cluster-wide ones: the agent takes both in one shape.
	Cilium    []ciliumv2.CiliumNetworkPolicy
	Questions []question
}

// service is what the agent knows of a Service.
type service struct {
	Namespace, Name string
	Selector        map[string]string
	Addresses       []string
}

// question asks of one connection. An end is a pod as namespace/name, a node as node/name, or an address.
type question struct {
	From, To string
	Protocol string
	Port     uint16
}

// answers is one line of standard output.
type answers struct {
	// Egress and Ingress have a letter a question: a for admitted, d for denied, p where the proxy or a handshake
	// decides.
	Egress  string `json:"egress"`
	Ingress string `json:"ingress"`
	// Refused are the policies that were not taken, with the reason.
	Refused map[string]string `json:"refused"`
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(lines)
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	check(labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""))
	option.Config.ClusterName = clusterName
	option.Config.EnableL7Proxy = true
	// What the agent makes of the default wherever there is a Kubernetes.
	option.Config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	api.InitEntities(clusterName)
	for decoder.More() {
		var asked world
		check(decoder.Decode(&asked))
		check(out.Encode(asked.answer(logger)))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// end is one end of a connection as the agent knows it.
type end struct {
	id *identity.Identity
	// node is where it runs; nothing outside the cluster has one.
	node string
	// enforced tells whether policies are about it.
	enforced bool
	ports    types.NamedPortMap
}

// agent is what the world looks like from one node.
type agent struct {
	logger     *slog.Logger
	world      *world
	repo       *policy.Repository
	identities map[string]*identity.Identity
	next       map[identity.NumericIdentity]identity.NumericIdentity
	prefixes   []netip.Prefix
	pods       map[string]*end
	policies   map[string]*policy.EndpointPolicy
}

func (w *world) answer(logger *slog.Logger) answers {
	option.Config.EnableIPv4, option.Config.EnableIPv6 = w.IPv4, w.IPv6
	scope := clusterName
	if w.AnyCluster {
		scope = cmtypes.PolicyAnyCluster
	}
	said := answers{Refused: map[string]string{}}
	entries := map[ipcachetypes.ResourceID]policytypes.PolicyEntries{}
	take := func(kind ipcachetypes.ResourceKind, namespace, name string, rules policytypes.PolicyEntries, err error) {
		if err != nil {
			said.Refused[name] = err.Error()
			return
		}
		entries[ipcachetypes.NewResourceID(kind, namespace, name)] = rules
	}
	for at := range w.Policies {
		policy := defaulted(&w.Policies[at])
		rules, err := k8s.ParseNetworkPolicy(logger, scope, policy)
		take(ipcachetypes.ResourceKindNetpol, policy.Namespace, policy.Name, rules, err)
	}
	for at := range w.Cluster {
		policy := &w.Cluster[at]
		rules, err := k8s.ParseClusterNetworkPolicy(logger, scope, policy)
		take(ipcachetypes.ResourceKindKCNP, "", policy.Name, rules, err)
	}
	txn, services, backends := w.tables()
	for at := range w.Cilium {
		policy := &w.Cilium[at]
		kind := ipcachetypes.ResourceKindCNP
		if policy.Namespace == "" {
			kind = ipcachetypes.ResourceKindCCNP
		}
		policyk8s.ResolveToServices(txn, services, backends, policy)
		rules, err := policy.Parse(logger, scope)
		take(kind, policy.Namespace, policy.Name, policyutils.RulesToPolicyEntries(rules), err)
	}
	around := w.agent(logger, entries)
	for _, asked := range w.Questions {
		from, to := around.end(asked.From), around.end(asked.To)
		proto, err := u8proto.ParseProtocol(asked.Protocol)
		check(err)
		said.Egress += around.verdict(from, to, policy.EgressKey(), proto, asked.Port)
		said.Ingress += around.verdict(to, from, policy.IngressKey(), proto, asked.Port)
	}
	return said
}

// tables has the Services as the agent's load balancer keeps them.
func (w *world) tables() (statedb.ReadTxn, statedb.Table[*loadbalancer.Service], statedb.Table[*loadbalancer.Backend]) {
	db := statedb.New()
	services, err := loadbalancer.NewServicesTable(loadbalancer.DefaultConfig, db)
	check(err)
	backends, err := loadbalancer.NewBackendsTable(db)
	check(err)
	writing := db.WriteTxn(services, backends)
	for _, held := range w.Services {
		name := loadbalancer.NewServiceName(held.Namespace, held.Name)
		_, _, err := services.Insert(writing, &loadbalancer.Service{Name: name, Selector: held.Selector})
		check(err)
		for _, text := range held.Addresses {
			address, err := cmtypes.ParseAddrCluster(text)
			check(err)
			_, _, err = backends.Insert(writing, &loadbalancer.Backend{
				ServiceName: name,
				Address:     loadbalancer.NewL3n4Addr(loadbalancer.TCP, address, 80, loadbalancer.ScopeExternal),
				Source:      source.Kubernetes,
			})
			check(err)
		}
	}
	return writing.Commit(), services, backends
}

// defaulted is a policy with the API server's defaults.
func defaulted(policy *slim_networkingv1.NetworkPolicy) *slim_networkingv1.NetworkPolicy {
	if len(policy.Spec.PolicyTypes) == 0 {
		policy.Spec.PolicyTypes = []slim_networkingv1.PolicyType{slim_networkingv1.PolicyTypeIngress}
		if len(policy.Spec.Egress) > 0 {
			policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, slim_networkingv1.PolicyTypeEgress)
		}
	}
	return policy
}

func (w *world) agent(logger *slog.Logger, entries map[ipcachetypes.ResourceID]policytypes.PolicyEntries) *agent {
	around := &agent{
		logger:     logger,
		world:      w,
		identities: map[string]*identity.Identity{},
		next: map[identity.NumericIdentity]identity.NumericIdentity{
			identity.IdentityScopeGlobal: 1000,
			identity.IdentityScopeLocal:  identity.IdentityScopeLocal + 1,
		},
		pods:     map[string]*end{},
		policies: map[string]*policy.EndpointPolicy{},
	}
	all := identity.IdentityMap{}
	for _, id := range []identity.NumericIdentity{identity.ReservedIdentityHost, identity.ReservedIdentityRemoteNode} {
		all[id] = identity.LookupReservedIdentity(id).LabelArray
	}
	subjects := identity.IdentityMap{}
	named := types.NewNamedPortMultiMap()
	for at := range w.Pods {
		pod := &w.Pods[at]
		held := around.pod(pod)
		around.pods[pod.Namespace+"/"+pod.Name] = held
		if held.enforced {
			subjects[held.id.ID] = held.id.LabelArray
			named.Update(held.id.ID, nil, held.ports)
		}
	}
	// The agent gives an identity to every range that a policy names.
	for _, rules := range entries {
		around.prefixes = append(around.prefixes, policy.GetCIDRPrefixes(rules)...)
	}
	// What is asked about has to be known before the policies are resolved.
	for _, asked := range w.Questions {
		for _, name := range []string{asked.From, asked.To} {
			held := around.end(name)
			all[held.id.ID] = held.id.LabelArray
		}
	}
	around.repo = policy.NewPolicyRepository(logger, all, nil, requests{}, nil, nil)
	around.repo.GetSelectorCache().SetLocalIdentityNotifier(nobody{})
	around.repo.SetNamedPortsGetter(getter{named})
	around.repo.UpdateIdentities(subjects, nil)
	for resource, rules := range entries {
		around.repo.ReplaceByResource(rules, resource)
	}
	return around
}

// identify gives out one identity for every set of labels.
func (a *agent) identify(lbls labels.Labels) *identity.Identity {
	if reserved := identity.LookupReservedIdentityByLabels(lbls); reserved != nil {
		return reserved
	}
	text := string(lbls.SortedList())
	if held, found := a.identities[text]; found {
		return held
	}
	scope := identity.ScopeForLabels(lbls)
	held := identity.NewIdentityFromLabelArray(a.next[scope], lbls.LabelArray())
	a.next[scope]++
	a.identities[text] = held
	return held
}

func (a *agent) pod(pod *slim_corev1.Pod) *end {
	if pod.Spec.HostNetwork {
		return &end{node: pod.Spec.NodeName}
	}
	var namespace *slim_corev1.Namespace
	for at := range a.world.Namespaces {
		if a.world.Namespaces[at].Name == pod.Namespace {
			namespace = &a.world.Namespaces[at]
		}
	}
	ports, held := k8s.GetPodMetadata(a.logger, namespace, pod)
	lbls, _ := labelsfilter.Filter(labels.Map2Labels(held, labels.LabelSourceK8s))
	for _, label := range k8s.NamedPortsIdentityLabels(ports) {
		lbls[label.Key] = label
	}
	return &end{id: a.identify(lbls), node: pod.Spec.NodeName, enforced: true, ports: ports}
}

// end is the end of a name; of a node it is the one that other nodes see.
func (a *agent) end(name string) *end {
	if held, found := a.pods[name]; found {
		if held.enforced {
			return held
		}
		return &end{id: identity.LookupReservedIdentity(identity.ReservedIdentityRemoteNode), node: held.node}
	}
	if node, found := after(name, "node/"); found {
		return &end{id: identity.LookupReservedIdentity(identity.ReservedIdentityRemoteNode), node: node}
	}
	address, err := netip.ParseAddr(name)
	check(err)
	// pkg/ipcache: the narrowest range that some policy names, and the address itself if it is the API server's.
	lbls := labels.Labels{}
	lbls.AddWorldLabel(address)
	best := netip.Prefix{}
	for _, prefix := range a.prefixes {
		if prefix.Contains(address) && prefix.Bits() >= best.Bits() {
			best = prefix
		}
	}
	server := slices.Contains(a.world.APIServer, name)
	if server {
		best = netip.PrefixFrom(address, address.BitLen())
	}
	if best.IsValid() {
		lbls = labels.GetCIDRLabels(best)
	}
	if server {
		lbls.MergeLabels(labels.LabelKubeAPIServer)
	}
	return &end{id: a.identify(lbls)}
}

// verdict is what policies about one end say of the other.
func (a *agent) verdict(own, other *end, key policy.Key, proto u8proto.U8proto, port uint16) string {
	if !own.enforced {
		return "a"
	}
	text := own.id.ID.String() + "@" + own.node
	resolved, found := a.policies[text]
	if !found {
		selected, _, err := a.repo.ComputeSelectorPolicy(own.id)
		check(err)
		resolved = selected.DistillPolicy(a.logger, owner{own}, map[string]uint16{policy.FallbackRedirectID: math.MaxUint16})
		resolved.Ready()
		a.policies[text] = resolved
	}
	id := other.id.ID
	if id == identity.ReservedIdentityRemoteNode && other.node == own.node {
		id = identity.ReservedIdentityHost
	}
	entry, _, _ := resolved.Lookup(key.WithIdentity(id).WithPortProto(proto, port))
	switch {
	case entry.IsDeny():
		return "d"
	case entry.IsRedirectEntry() || entry.AuthRequirement.AuthType() != policytypes.AuthTypeDisabled:
		return "p"
	default:
		return "a"
	}
}

// owner is an endpoint as far as resolving its policy needs one.
type owner struct{ end *end }

func (o owner) GetID() uint64 { return uint64(o.end.id.ID) }

func (o owner) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	port, err := o.end.ports.GetNamedPort(name, proto)
	if err != nil {
		return 0
	}
	return port
}

func (owner) PolicyDebug(string, ...any)                  {}
func (owner) IsHost() bool                                { return false }
func (owner) PreviousMapStateSizes() policy.MapStateSizes { return policy.MapStateSizes{} }

func (owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

// getter hands out the named ports of all pods.
type getter struct{ ports types.NamedPortMultiMap }

func (g getter) GetNamedPorts() types.NamedPortMultiMap { return g.ports }

// nobody is told of names that would have to be looked up.
type nobody struct{}

func (nobody) RegisterFQDNSelector(api.FQDNSelector) uint64   { return 0 }
func (nobody) UnregisterFQDNSelector(api.FQDNSelector) uint64 { return 0 }

// requests stands for the proxy, which is never asked.
type requests struct{}

func (requests) GetEnvoyHTTPRules(*api.L7Rules, string) (*cilium.HttpNetworkPolicyRules, bool) {
	return &cilium.HttpNetworkPolicyRules{}, false
}

func after(text, start string) (string, bool) {
	if len(text) > len(start) && text[:len(start)] == start {
		return text[len(start):], true
	}
	return "", false
}
