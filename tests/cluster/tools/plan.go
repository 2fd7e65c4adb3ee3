package main

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

const (
	nodeNet       = "172.30"        // nodes' addresses, with two more bytes
	apiInside     = "172.30.255.10" // what the kubernetes Service leads to; nobody is there
	services      = "10.96.0.0/16,fd00:10:96::/112"
	kubeletClient = "kube-apiserver-kubelet-client"
	pods          = "10.244.0.0/14,fd00:10:244::/48"
)

//go:embed kwok.yaml
var kwokConfig string

// cluster is what is decided before anything starts.
type cluster struct {
	Dir   string
	Host  string // a loopback address of this cluster's own
	Nodes int
	Exec  bool // may kubectl exec run programs of this machine?

	etcd, etcdPeer, api, kubelet, kwok int // ports
}

func (c *cluster) server() string { return fmt.Sprintf("https://%s:%d", c.Host, c.api) }

// newCluster picks an address and free ports.
func newCluster(dir string, nodes int, exec bool) (*cluster, error) {
	c := &cluster{Dir: dir, Host: loopback(), Nodes: nodes, Exec: exec}
	var err error
	for _, port := range []*int{&c.etcd, &c.etcdPeer, &c.api, &c.kubelet, &c.kwok} {
		if *port, err = freePort(c.Host); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// loopback picks an address that is most likely no other cluster's.
func loopback() string {
	host := fmt.Sprintf("127.%d.%d.1", 1+rand.IntN(254), rand.IntN(256))
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "127.0.0.1"
	}
	l.Close()
	return host
}

// freePort finds one below those the system hands out for outgoing
// connections, so that it is still free when the program that needs it starts.
func freePort(host string) (int, error) {
	for range 100 {
		port := 10000 + rand.IntN(20000)
		l, err := net.Listen("tcp", hostPort(host, port))
		if err == nil {
			l.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port on %s", host)
}

// prepare writes certificates, kubeconfigs and kwok's configuration.
func (c *cluster) prepare() error {
	pki := filepath.Join(c.Dir, "pki")
	if err := os.MkdirAll(pki, 0o700); err != nil {
		return err
	}
	ca, err := newAuthority(pki)
	if err != nil {
		return err
	}
	inside := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "10.96.0.1", apiInside}
	for _, err := range []error{
		ca.issue("apiserver", "kube-apiserver", nil, append(inside, "localhost", c.Host)),
		ca.issue("kubelet", "fake-kubelet", nil, []string{c.Host}),
		ca.issue("to-kubelet", kubeletClient, nil, nil),
		ca.issue("service-accounts", "service-accounts", nil, nil),
		ca.kubeconfig(filepath.Join(c.Dir, "kubeconfig"), c.server(), "admin", "system:masters"),
		ca.kubeconfig(filepath.Join(pki, "kwok.kubeconfig"), c.server(), "kwok", "system:masters"),
		ca.kubeconfig(filepath.Join(pki, "controllers.kubeconfig"), c.server(), "system:kube-controller-manager"),
		ca.kubeconfig(filepath.Join(pki, "scheduler.kubeconfig"), c.server(), "system:kube-scheduler"),
	} {
		if err != nil {
			return err
		}
	}
	var text strings.Builder
	if err := template.Must(template.New("kwok").Delims("<%", "%>").Parse(kwokConfig)).Execute(&text, c); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Dir, "kwok.yaml"), []byte(text.String()), 0o600)
}

// programs are the command lines, relative to DIR.
func (c *cluster) programs() map[string][]string {
	client := fmt.Sprintf("http://%s:%d", c.Host, c.etcd)
	peer := fmt.Sprintf("http://%s:%d", c.Host, c.etcdPeer)
	return map[string][]string{
		"etcd": {
			"--name=test", "--data-dir=etcd", "--unsafe-no-fsync", "--log-level=warn", "--snapshot-count=10000",
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer, "--initial-cluster=test=" + peer,
		},
		apiServer: {
			"--etcd-servers=" + client,
			"--bind-address=" + c.Host, fmt.Sprintf("--secure-port=%d", c.api), "--advertise-address=" + apiInside,
			"--tls-cert-file=pki/apiserver.crt", "--tls-private-key-file=pki/apiserver.key", "--client-ca-file=pki/ca.crt",
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file=pki/service-accounts.key", "--service-account-signing-key-file=pki/service-accounts.key",
			"--service-cluster-ip-range=" + services,
			"--kubelet-preferred-address-types=InternalDNS", "--kubelet-certificate-authority=pki/ca.crt",
			"--kubelet-client-certificate=pki/to-kubelet.crt", "--kubelet-client-key=pki/to-kubelet.key",
			"--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000",
			"--default-watch-cache-size=20", "--profiling=false", "--shutdown-delay-duration=0",
		},
		"kube-controller-manager": {
			"--kubeconfig=pki/controllers.kubeconfig", "--leader-elect=false", "--secure-port=0", "--profiling=false",
			"--use-service-account-credentials", "--service-account-private-key-file=pki/service-accounts.key", "--root-ca-file=pki/ca.crt",
			"--cluster-signing-cert-file=pki/ca.crt", "--cluster-signing-key-file=pki/ca.key",
			"--allocate-node-cidrs", "--cluster-cidr=" + pods, "--service-cluster-ip-range=" + services,
			"--node-cidr-mask-size-ipv4=22",
			"--kube-api-qps=2000", "--kube-api-burst=4000", "--concurrent-deployment-syncs=20", "--concurrent-replicaset-syncs=20",
			"--concurrent-service-endpoint-syncs=20", "--concurrent-endpoint-syncs=20",
		},
		"kube-scheduler": {
			"--kubeconfig=pki/scheduler.kubeconfig", "--leader-elect=false", "--secure-port=0", "--profiling=false",
			"--kube-api-qps=2000", "--kube-api-burst=4000",
		},
		"kwok": {
			"--kubeconfig=pki/kwok.kubeconfig", "--config=kwok.yaml", "--manage-all-nodes",
			fmt.Sprintf("--server-address=%s:%d", c.Host, c.kwok), fmt.Sprintf("--node-port=%d", c.kubelet),
			"--tls-cert-file=pki/kubelet.crt", "--tls-private-key-file=pki/kubelet.key",
			"--node-lease-duration-seconds=40",
		},
	}
}
