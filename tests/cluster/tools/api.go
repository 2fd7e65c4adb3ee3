package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// object is any JSON object of the API.
type object = map[string]any

// api is the little of a Kubernetes client that is needed here.
type api struct {
	server string
	http   *http.Client
}

// errNotFound: the server answered that there is no such thing.
var errNotFound = errors.New("not found")

// newAPI speaks as the administrator of the cluster in DIR.
func newAPI(dir, server string) (*api, error) {
	pki := filepath.Join(dir, "pki")
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "client-kubeconfig.crt"), filepath.Join(pki, "client-kubeconfig.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &api{server, &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}},
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 16,
		},
	}}, nil
}

// call sends a request and decodes the answer into out, if out is not nil. An
// object that exists already is no error.
func (a *api) call(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, a.server+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case method == http.MethodPost && response.StatusCode == http.StatusConflict:
		return nil
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", path, errNotFound)
	case response.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %.300s", method, path, response.Status, text)
	case out != nil:
		return json.Unmarshal(text, out)
	}
	return nil
}

func (a *api) get(path string, out any) error   { return a.call(http.MethodGet, path, nil, out) }
func (a *api) create(path string, in any) error { return a.call(http.MethodPost, path, in, nil) }
func (a *api) ready() bool                      { return a.get("/readyz", nil) == nil }
func (a *api) has(path string) bool             { return a.get(path, nil) == nil }

// waitReady waits until the API server says it is ready.
func (a *api) waitReady() error {
	if err := until(90*time.Second, a.ready); err != nil {
		return errors.New("the API server is not ready " + err.Error())
	}
	return nil
}

// node is what is asked of a node before pods may be made.
type node struct {
	Spec struct {
		PodCIDR string
		Taints  []object
	}
	Status struct {
		Conditions []struct{ Type, Status string }
	}
}

// usable: ready, with addresses for pods, and the taints of a new node gone.
func (n node) usable() bool {
	for _, c := range n.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			return n.Spec.PodCIDR != "" && len(n.Spec.Taints) == 0
		}
	}
	return false
}

// usableNodes counts.
func (a *api) usableNodes() int {
	var list struct{ Items []node }
	if a.get("/api/v1/nodes", &list) != nil {
		return 0
	}
	usable := 0
	for _, n := range list.Items {
		if n.usable() {
			usable++
		}
	}
	return usable
}

// createNodes registers nodes as their kubelets would: three zones in turn, an
// address each. The address is only looked at; the API server reaches the fake
// kubelet of every node at the same host and port.
func (a *api) createNodes(count int, host string, port int) error {
	room := object{"cpu": "64", "memory": "256Gi", "pods": "1000"}
	for i := 1; i <= count; i++ {
		name := fmt.Sprintf("node-%d", i)
		err := a.create("/api/v1/nodes", object{
			"apiVersion": "v1", "kind": "Node",
			"metadata": object{"name": name, "labels": object{
				"kubernetes.io/hostname":        name,
				"kubernetes.io/os":              "linux",
				"kubernetes.io/arch":            "amd64",
				"topology.kubernetes.io/region": "test",
				"topology.kubernetes.io/zone":   "test-" + string("abc"[(i-1)%3]),
			}},
			"status": object{
				"addresses": []object{
					{"type": "InternalIP", "address": fmt.Sprintf("%s.%d.%d", nodeNet, i/250, 1+i%250)},
					{"type": "Hostname", "address": name},
					{"type": "InternalDNS", "address": host},
				},
				"daemonEndpoints": object{"kubeletEndpoint": object{"Port": port}},
				"capacity":        room,
				"allocatable":     room,
				"nodeInfo": object{
					"architecture": "amd64", "operatingSystem": "linux", "osImage": "fake",
					"kernelVersion": "6.12.0", "kubeletVersion": "v1.36.3", "containerRuntimeVersion": "containerd://2.2.0",
					"machineID": name, "systemUUID": name, "bootID": name, "kubeProxyVersion": "",
				},
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
