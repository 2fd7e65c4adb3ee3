package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// targets are what the forwarded ports of fake pods really lead to.
type targets struct {
	HTTP, Echo, Hole, Reset, Nothing int // ports on the cluster's address
}

// serveTargets listens on free ports of an address and answers for ever.
func serveTargets(host string) (targets, error) {
	var t targets
	for port, serve := range map[*int]func(net.Listener){
		&t.HTTP: func(l net.Listener) { _ = http.Serve(l, http.HandlerFunc(answer)) },
		&t.Echo: each(func(c *net.TCPConn) { _, _ = io.Copy(c, c) }),
		&t.Hole: each(func(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }),
		// Not before the first byte, or else dialling would sometimes fail.
		&t.Reset: each(func(c *net.TCPConn) { _, _ = c.Read(make([]byte, 1)); _ = c.SetLinger(0) }),
	} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return t, err
		}
		*port = l.Addr().(*net.TCPAddr).Port
		go serve(l)
	}
	// Nobody listens there: tcpmux has no server on a loopback address of ours.
	t.Nothing = 1
	return t, nil
}

// each runs f on every connection and closes it afterwards.
func each(f func(*net.TCPConn)) func(net.Listener) {
	return func(l net.Listener) {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c.(*net.TCPConn))
			}()
		}
	}
}

// answer obeys the query: delay=2s, status=503, size=1000 (bytes of body).
// Otherwise /hostname tells a name and any other path is echoed.
func answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if d, err := time.ParseDuration(query.Get("delay")); err == nil {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			return
		}
	}
	status, err := strconv.Atoi(query.Get("status"))
	if err != nil || status < 200 || status > 599 {
		status = http.StatusOK
	}
	size, err := strconv.ParseInt(query.Get("size"), 10, 64)
	sized := err == nil && size >= 0
	if sized {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	}
	w.WriteHeader(status)
	switch {
	case sized:
		_, _ = io.CopyN(w, dots{}, size)
	case r.URL.Path == "/hostname":
		fmt.Fprintln(w, "portolan-test")
	default:
		fmt.Fprintf(w, "%s %s %s\n", r.Method, r.RequestURI, r.Host)
		_, _ = io.Copy(w, r.Body)
	}
}

// dots is an endless body.
type dots struct{}

func (dots) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '.'
	}
	return len(p), nil
}
