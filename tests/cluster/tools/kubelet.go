package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kubelet is what the API server reaches as the kubelet of every node. It
// forwards ports itself and leaves logs and exec to kwok, to which it adds what
// kwok lacks: nobody but the API server gets in, and streams break off when
// their pod is gone.
type kubelet struct {
	api     *api
	kwok    *httputil.ReverseProxy
	targets *targets

	lock     sync.Mutex
	sessions map[string]map[*session]bool // by the API's path of the pod
}

// session is one request about a pod for as long as it lasts.
type session struct {
	uid  string
	end  func() // the pod is gone
	stop func() // its containers have stopped
}

// serveKubelet listens at address and asks kwok at backend.
func serveKubelet(a *api, pki, address, backend string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "kubelet.crt"), filepath.Join(pki, "kubelet.key"))
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		return err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(ca)
	listener, err := tls.Listen("tcp", address, &tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    trusted,
		NextProtos:   []string{"http/1.1"}, // streams are upgrades, which HTTP/2 has not
	})
	if err != nil {
		return err
	}
	k := &kubelet{api: a, targets: newTargets(), sessions: map[string]map[*session]bool{}}
	k.kwok = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "https", Host: backend}) },
		FlushInterval: -1,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}},
	}
	go func() { _ = http.Serve(listener, k) }()
	return nil
}

func (k *kubelet) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if in.TLS.PeerCertificates[0].Subject.CommonName != kubeletClient {
		http.Error(out, "only the API server may ask", http.StatusForbidden)
		return
	}
	verb, path, ok := podOf(in.URL.Path)
	if !ok {
		k.kwok.ServeHTTP(out, in)
		return
	}
	pod, err := k.api.pod(path)
	if err != nil {
		http.Error(out, err.Error(), http.StatusNotFound)
		return
	}
	ctx, cancel := context.WithCancel(in.Context())
	defer cancel()
	if verb == "portForward" {
		k.forward(out, in.WithContext(ctx), path, pod)
		return
	}
	defer k.follow(path, &session{uid: pod.Metadata.UID, end: cancel, stop: func() {}})()
	k.kwok.ServeHTTP(out, in.WithContext(ctx))
}

// podOf reads a kubelet's path, as /portForward/NAMESPACE/POD and the like,
// into its first word and the API's path of that pod.
func podOf(path string) (verb, pod string, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 3 {
		return "", "", false
	}
	switch parts[0] {
	case "portForward", "exec", "attach", "run", "containerLogs":
		return parts[0], "/api/v1/namespaces/" + parts[1] + "/pods/" + parts[2], true
	}
	return "", "", false
}

// follow tells a session what becomes of its pod, until the returned function
// is called. However many sessions a pod has, it is looked at once in a while.
func (k *kubelet) follow(path string, s *session) func() {
	k.lock.Lock()
	defer k.lock.Unlock()
	all, ok := k.sessions[path]
	if !ok {
		all = map[*session]bool{}
		k.sessions[path] = all
		go k.look(path)
	}
	all[s] = true
	return func() {
		k.lock.Lock()
		defer k.lock.Unlock()
		delete(all, s)
	}
}

// look polls a pod for as long as it has sessions. While nobody can say what
// became of it, nothing ends.
func (k *kubelet) look(path string) {
	for {
		pod, err := k.api.pod(path)
		gone := errors.Is(err, errNotFound)
		k.lock.Lock()
		for s := range k.sessions[path] {
			switch {
			case gone, err == nil && pod.Metadata.UID != s.uid:
				s.end()
			case err == nil && !pod.runs():
				s.stop()
			}
		}
		if len(k.sessions[path]) == 0 {
			delete(k.sessions, path)
			k.lock.Unlock()
			return
		}
		k.lock.Unlock()
		time.Sleep(100 * time.Millisecond)
	}
}

// pod is what the kubelet asks of one.
type pod struct {
	Metadata struct{ Name, UID string }
	Spec     struct{ Containers, InitContainers []container }
	Status   struct {
		ContainerStatuses []struct{ State struct{ Running *struct{} } }
	}
}

type container struct {
	Ports []struct {
		ContainerPort int32
		Protocol      string
	}
}

func (a *api) pod(path string) (p pod, err error) { return p, a.get(path, &p) }

// runs tells whether any container does.
func (p pod) runs() bool {
	for _, c := range p.Status.ContainerStatuses {
		if c.State.Running != nil {
			return true
		}
	}
	return false
}

// listens tells whether somebody answers at a port: at every declared one, and
// at all of a pod that declares none.
func (p pod) listens(port int32) bool {
	declared := false
	// Of init containers only sidecars may declare ports to any purpose.
	for _, c := range slices.Concat(p.Spec.Containers, p.Spec.InitContainers) {
		for _, has := range c.Ports {
			declared = true
			if has.ContainerPort == port && has.Protocol == "TCP" {
				return true
			}
		}
	}
	return !declared
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
