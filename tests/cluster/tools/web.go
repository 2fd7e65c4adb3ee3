package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// answer is the web server of every pod. It obeys the query: delay=2s,
// status=503, size=1000 (bytes of body). Otherwise /hostname tells the pod's
// name, and at any other path the request is told back.
func answer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if delay, err := time.ParseDuration(query.Get("delay")); err == nil {
		select {
		case <-time.After(delay):
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
		fmt.Fprintln(w, r.Context().Value(podName{}))
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
