// Asks published evaluators of network policies: the engine that kube-network-policies enforces with, and the matcher
// of cyclonus, which policy-assistant descends from. Reads one world a line from standard input and answers with one
// line each: what every evaluator says of every question, in order.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	npav1alpha1plugin "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha1"
	npav1alpha2plugin "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	npav1alpha1 "sigs.k8s.io/network-policy-api/apis/v1alpha1"
	npav1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	npaclient "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned"
	npainformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

// world is one line of standard input.
type world struct {
	Namespaces []corev1.Namespace
	Pods       []corev1.Pod
	Policies   []networkingv1.NetworkPolicy
	Admin      []npav1alpha1.AdminNetworkPolicy
	Baseline   []npav1alpha1.BaselineAdminNetworkPolicy
	Cluster    []npav1alpha2.ClusterNetworkPolicy
	Questions  []question
}

// question asks of one connection. Ends are addresses.
type question struct {
	From     string
	To       string
	Protocol corev1.Protocol
	Port     int
}

// answers is one line of standard output.
type answers struct {
	// Engine is what kube-network-policies says.
	Engine []bool `json:"engine"`
	// Matcher is what cyclonus says; null where administrators' policies, which it does not know, are in the world.
	Matcher []bool `json:"matcher"`
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(lines)
	for decoder.More() {
		var asked world
		check(decoder.Decode(&asked))
		for at := range asked.Policies {
			asked.Policies[at] = stored(asked.Policies[at])
		}
		check(out.Encode(answers{Engine: asked.engine(), Matcher: asked.matcher()}))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stored is a policy as the API server hands it out: with defaults, and as it comes back from the store, whose format
// knows no difference between an empty list and none.
func stored(policy networkingv1.NetworkPolicy) networkingv1.NetworkPolicy {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	protocols := func(ports []networkingv1.NetworkPolicyPort) {
		tcp := corev1.ProtocolTCP
		for at := range ports {
			if ports[at].Protocol == nil {
				ports[at].Protocol = &tcp
			}
		}
	}
	for at := range spec.Ingress {
		protocols(spec.Ingress[at].Ports)
	}
	for at := range spec.Egress {
		protocols(spec.Egress[at].Ports)
	}
	bytes, err := policy.Marshal()
	check(err)
	var back networkingv1.NetworkPolicy
	check(back.Unmarshal(bytes))
	return back
}

// pods finds the pod that holds an address.
type pods struct {
	byAddress map[string]*api.PodInfo
}

func (p pods) GetPodInfoByIP(ip string) (*api.PodInfo, bool) {
	pod, found := p.byAddress[ip]
	return pod, found
}

func (w *world) labels(namespace string) map[string]string {
	for _, held := range w.Namespaces {
		if held.Name == namespace {
			return held.Labels
		}
	}
	return nil
}

func (w *world) engine() []bool {
	known := pods{byAddress: map[string]*api.PodInfo{}}
	// Nothing is ever asked of a server: the caches are filled by hand and never started.
	config := &rest.Config{Host: "127.0.0.1:0"}
	client, err := kubernetes.NewForConfig(config)
	check(err)
	factory := informers.NewSharedInformerFactory(client, 0)
	admin, err := npaclient.NewForConfig(config)
	check(err)
	wide := npainformers.NewSharedInformerFactory(admin, 0)
	networkPolicies := factory.Networking().V1().NetworkPolicies()
	for at := range w.Pods {
		pod := &w.Pods[at]
		info := api.NewPodInfo(pod, w.labels(pod.Namespace), nil, "")
		for _, ip := range pod.Status.PodIPs {
			known.byAddress[net.ParseIP(ip.IP).String()] = info
		}
	}
	for at := range w.Policies {
		check(networkPolicies.Informer().GetIndexer().Add(&w.Policies[at]))
	}
	anp, banp := wide.Policy().V1alpha1().AdminNetworkPolicies(), wide.Policy().V1alpha1().BaselineAdminNetworkPolicies()
	cnp := wide.Policy().V1alpha2().ClusterNetworkPolicies()
	for at := range w.Admin {
		check(anp.Informer().GetIndexer().Add(&w.Admin[at]))
	}
	for at := range w.Baseline {
		check(banp.Informer().GetIndexer().Add(&w.Baseline[at]))
	}
	for at := range w.Cluster {
		check(cnp.Informer().GetIndexer().Add(&w.Cluster[at]))
	}
	nodes := factory.Core().V1().Nodes().Lister()
	engine := networkpolicy.NewPolicyEngine(known, []api.PolicyEvaluator{
		npav1alpha1plugin.NewAdminNetworkPolicy(anp, nil),
		npav1alpha2plugin.NewClusterNetworkPolicy(npav1alpha2.AdminTier, cnp, nil, nodes),
		networkpolicy.NewStandardNetworkPolicy("", factory.Core().V1().Namespaces(), factory.Core().V1().Pods(), networkPolicies),
		npav1alpha2plugin.NewClusterNetworkPolicy(npav1alpha2.BaselineTier, cnp, nil, nodes),
		npav1alpha1plugin.NewBaselineAdminNetworkPolicy(banp),
	})
	said := make([]bool, 0, len(w.Questions))
	for _, asked := range w.Questions {
		admitted, err := engine.EvaluatePacket(context.Background(), &network.Packet{
			SrcIP:   net.ParseIP(asked.From),
			DstIP:   net.ParseIP(asked.To),
			Proto:   asked.Protocol,
			SrcPort: 40000,
			DstPort: asked.Port,
		})
		check(err)
		said = append(said, admitted)
	}
	return said
}

func (w *world) matcher() []bool {
	if len(w.Admin)+len(w.Baseline)+len(w.Cluster) > 0 {
		return nil
	}
	policies := make([]*networkingv1.NetworkPolicy, 0, len(w.Policies))
	for at := range w.Policies {
		policies = append(policies, &w.Policies[at])
	}
	built := matcher.BuildNetworkPolicies(false, policies)
	said := make([]bool, 0, len(w.Questions))
	for _, asked := range w.Questions {
		allowed := built.IsTrafficAllowed(&matcher.Traffic{
			Source:           w.peer(asked.From),
			Destination:      w.peer(asked.To),
			ResolvedPort:     asked.Port,
			ResolvedPortName: w.portName(asked),
			Protocol:         asked.Protocol,
		})
		said = append(said, allowed.IsAllowed())
	}
	return said
}

func (w *world) holder(ip string) *corev1.Pod {
	for at := range w.Pods {
		for _, held := range w.Pods[at].Status.PodIPs {
			if held.IP == ip {
				return &w.Pods[at]
			}
		}
	}
	return nil
}

func (w *world) peer(ip string) *matcher.TrafficPeer {
	peer := &matcher.TrafficPeer{IP: ip}
	if pod := w.holder(ip); pod != nil {
		peer.Internal = &matcher.InternalPeer{
			PodLabels:       pod.Labels,
			NamespaceLabels: w.labels(pod.Namespace),
			Namespace:       pod.Namespace,
		}
	}
	return peer
}

// portName is the name of the port that is asked for, where the receiving pod has one for it.
func (w *world) portName(asked question) string {
	pod := w.holder(asked.To)
	if pod == nil {
		return ""
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if int(port.ContainerPort) == asked.Port && port.Protocol == asked.Protocol {
				return port.Name
			}
		}
	}
	return ""
}
