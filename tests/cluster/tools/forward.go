package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

// These ports of every running pod do the same whatever it declares.
const (
	portNothing   = 1   // nobody listens
	portEcho      = 7   // sends back what it gets
	portBlackHole = 9   // takes everything, never answers
	portReset     = 666 // resets the connection at the first byte
)

// forward serves one port-forward session, over SPDY or WebSocket.
func (k *kubelet) forward(out http.ResponseWriter, in *http.Request, path string, p pod) {
	options, err := portforward.NewV4Options(in)
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	line := &hangUp{ResponseWriter: out}
	f := &forwarder{kubelet: k, path: path}
	f.restart()
	defer k.follow(path, &session{uid: p.Metadata.UID, end: line.close, stop: f.restart})()
	portforward.ServePortForward(line, in, f, p.Metadata.Name, p.Metadata.UID, options,
		time.Hour, 30*time.Second, portforward.SupportedProtocols)
}

// hangUp lets a session be closed from outside once it has become a stream.
type hangUp struct {
	http.ResponseWriter
	lock sync.Mutex
	line net.Conn
}

func (h *hangUp) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	line, buffer, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.lock.Lock()
	defer h.lock.Unlock()
	h.line = line
	return line, buffer, err
}

func (h *hangUp) close() {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.line != nil {
		_ = h.line.Close()
	}
}

// forwarder connects the streams of one session.
type forwarder struct {
	*kubelet
	path string

	lock sync.Mutex
	life context.Context // ends when the containers stop
	kill context.CancelFunc
}

// restart breaks every connection: what they were connected to has stopped.
func (f *forwarder) restart() {
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.kill != nil {
		f.kill()
	}
	f.life, f.kill = context.WithCancel(context.Background())
}

// PortForward serves one connection; its errors read as a container runtime's.
func (f *forwarder) PortForward(_ context.Context, name, uid string, port int32, stream io.ReadWriteCloser) error {
	f.lock.Lock()
	life := f.life
	f.lock.Unlock()
	p, err := f.api.pod(f.path)
	if err != nil {
		return err
	}
	serve := f.targets.pick(p, port)
	if serve == nil {
		return fmt.Errorf("failed to execute portforward in network namespace: failed to connect to localhost:%d inside namespace %q: dial tcp4 127.0.0.1:%d: %w", port, uid, port, syscall.ECONNREFUSED)
	}
	done := make(chan error, 1)
	go func() { done <- serve(stream) }()
	select {
	case err := <-done:
		return err
	case <-life.Done():
		return fmt.Errorf("read tcp4 127.0.0.1:%d: %w", port, syscall.ECONNRESET)
	}
}

// targets are what forwarded ports lead to.
type targets struct {
	web chan net.Conn
}

func newTargets() *targets {
	t := &targets{make(chan net.Conn)}
	server := &http.Server{
		Handler: http.HandlerFunc(answer),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, podName{}, c.(named).name)
		},
	}
	go func() { _ = server.Serve(t) }()
	return t
}

// pick finds what serves a port of a pod, or nil.
func (t *targets) pick(p pod, port int32) func(io.ReadWriteCloser) error {
	if !p.runs() {
		return nil
	}
	switch port {
	case portNothing:
		return nil
	case portEcho:
		return func(s io.ReadWriteCloser) error { _, err := io.Copy(s, s); return err }
	case portBlackHole:
		return func(s io.ReadWriteCloser) error { _, err := io.Copy(io.Discard, s); return err }
	case portReset:
		return func(s io.ReadWriteCloser) error {
			if _, err := s.Read(make([]byte, 1)); err != nil {
				return nil
			}
			return fmt.Errorf("read tcp4 127.0.0.1:%d: %w", port, syscall.ECONNRESET)
		}
	}
	if !p.listens(port) {
		return nil
	}
	return func(s io.ReadWriteCloser) error { return t.serveWeb(p.Metadata.Name, s) }
}

// serveWeb lets the web server answer on a stream.
func (t *targets) serveWeb(pod string, stream io.ReadWriteCloser) error {
	near, far := net.Pipe()
	defer near.Close()
	t.web <- named{far, pod}
	go func() {
		_, _ = io.Copy(near, stream)
		near.Close()
	}()
	if _, err := io.Copy(stream, near); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	return nil
}

// A listener of connections that come from streams.
func (t *targets) Accept() (net.Conn, error) { return <-t.web, nil }
func (t *targets) Close() error              { return nil }
func (t *targets) Addr() net.Addr            { return &net.TCPAddr{} }

// named is a connection that knows which pod it is to.
type named struct {
	net.Conn
	name string
}

type podName struct{}
