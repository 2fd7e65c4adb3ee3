package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// apiServer is the one program that tests end and start again.
const apiServer = "kube-apiserver"

// socket is where the guard listens, relative to DIR: a full path may be too
// long for a socket.
const socket = "guard.sock"

// watch is the guard of one cluster: it starts every program as a child that
// dies with it, and ends them when it is told to or when the parent is gone.
type watch struct {
	*cluster
	api      *api
	crds     bool
	programs map[string][]string
	running  map[string]*exec.Cmd // touched by the first goroutine only
	requests chan request         // to the first goroutine
	exits    chan exit
	booted   chan struct{} // closed when boot has ended
	bootErr  error
	born     time.Time
}

type request struct {
	do    func() error
	reply chan error
}

type exit struct {
	name string
	err  error
}

// errDown asks the first goroutine to end everything.
var errDown = errors.New("down")

// guard is `harness guard DIR NODES`, started by up with DIR as its working
// directory. It answers requests on its socket until it is told to end.
func guard(args []string) error {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	flags := flag.NewFlagSet("guard", flag.ContinueOnError)
	parent := flags.Int("parent", 0, "")
	crds := flags.Bool("crds", false, "")
	nodes := flags.Int("nodes", 3, "")
	execs := flags.Bool("exec", false, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	var owner identity
	if *parent != 0 {
		var ok bool
		if owner, ok = identify(*parent); !ok {
			return fmt.Errorf("no process %d to watch", *parent)
		}
	}
	if err := savePid(dir, "guard", os.Getpid()); err != nil {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	c, err := newCluster(dir, *nodes, *execs)
	if err != nil {
		return err
	}
	w := &watch{
		cluster: c, crds: *crds, programs: c.programs(), born: time.Now(),
		running: map[string]*exec.Cmd{}, requests: make(chan request), exits: make(chan exit), booted: make(chan struct{}),
	}
	go w.serve(listener)
	go func() {
		w.bootErr = w.boot()
		close(w.booted)
	}()
	w.rule(owner)
	w.end()
	if *parent != 0 && os.Getenv("PORTOLAN_CLUSTER_KEEP") == "" {
		forget(dir)
		_ = os.Remove(dir) // if nothing else is in it
	}
	return nil
}

// rule is the first goroutine's loop: it alone starts and ends children.
func (w *watch) rule(owner identity) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	tick := time.NewTicker(200 * time.Millisecond)
	for {
		select {
		case r := <-w.requests:
			err := r.do()
			if errors.Is(err, errDown) {
				w.end()
				r.reply <- nil
				return
			}
			r.reply <- err
		case e := <-w.exits:
			w.ended(e)
		case s := <-signals:
			log.Printf("ending: %s", s)
			return
		case <-tick.C:
			if owner.pid != 0 && !owner.alive() {
				log.Printf("ending: process %d is gone", owner.pid)
				return
			}
		}
	}
}

func (w *watch) ended(e exit) {
	delete(w.running, e.name)
	_ = os.Remove(filepath.Join("pids", e.name))
	log.Printf("%s ended: %v", e.name, e.err)
}

// end ends every child at once.
func (w *watch) end() {
	alive := map[string]identity{}
	for name, child := range w.running {
		if i, ok := identify(child.Process.Pid); ok {
			alive[name] = i
		}
	}
	done := make(chan struct{})
	go func() { end(alive); close(done) }()
	for len(w.running) > 0 {
		w.ended(<-w.exits)
	}
	<-done
}

// ask has the first goroutine do something.
func (w *watch) ask(do func() error) error {
	r := request{do, make(chan error, 1)}
	w.requests <- r
	return <-r.reply
}

// start runs a program with its output in logs/NAME.log.
func (w *watch) start(name string) error {
	return w.ask(func() error {
		if _, ok := w.running[name]; ok {
			return fmt.Errorf("%s is running", name)
		}
		output, err := os.OpenFile(filepath.Join("logs", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer output.Close()
		child := exec.Command(filepath.Join("bin", name), w.programs[name]...)
		child.Stdout, child.Stderr = output, output
		// Nothing of the caller's environment: proxies and the user's own
		// kubeconfig must not reach the cluster.
		child.Env = []string{"HOME=" + w.Dir, "PATH=" + os.Getenv("PATH")}
		child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := child.Start(); err != nil {
			return err
		}
		w.running[name] = child
		go func() { w.exits <- exit{name, child.Wait()} }()
		return savePid(w.Dir, name, child.Process.Pid)
	})
}

// signal sends a signal to a child.
func (w *watch) signal(name string, s syscall.Signal) error {
	return w.ask(func() error {
		child, ok := w.running[name]
		if !ok {
			return fmt.Errorf("%s is not running", name)
		}
		return child.Process.Signal(s)
	})
}

// is tells whether a child runs.
func (w *watch) is(name string) bool {
	return w.ask(func() error {
		if _, ok := w.running[name]; !ok {
			return errors.New("not running")
		}
		return nil
	}) == nil
}

// boot starts everything and waits until pods can be made.
func (w *watch) boot() (err error) {
	if err := w.prepare(); err != nil {
		return err
	}
	if err := writeLog(); err != nil {
		return err
	}
	if w.api, err = newAPI(w.Dir, w.server()); err != nil {
		return err
	}
	if err := serveKubelet(w.api, "pki", hostPort(w.Host, w.kubelet), hostPort(w.Host, w.kwok)); err != nil {
		return err
	}
	stages := []struct {
		start []string
		wait  func() bool
		then  func() error
	}{
		{[]string{"etcd", apiServer}, w.api.ready, func() error { return w.api.createNodes(w.Nodes, w.Host, w.kubelet) }},
		{[]string{"kube-controller-manager", "kwok", "kube-scheduler"}, func() bool {
			return w.api.usableNodes() == w.Nodes && w.api.has("/api/v1/namespaces/default/serviceaccounts/default")
		}, w.applyCRDs},
	}
	var started []string
	for _, stage := range stages {
		for _, name := range stage.start {
			if err := w.start(name); err != nil {
				return err
			}
		}
		started = append(started, stage.start...)
		var dead string
		err := until(2*time.Minute, func() bool {
			for _, name := range started {
				if !w.is(name) {
					dead = name
					return true
				}
			}
			return stage.wait()
		})
		switch {
		case dead != "":
			return fmt.Errorf("%s ended:\n%s", dead, tail(filepath.Join("logs", dead+".log")))
		case err != nil:
			return fmt.Errorf("%s not ready: %w", strings.Join(stage.start, ", "), err)
		}
		log.Printf("%s ready after %.1f s", strings.Join(stage.start, ", "), time.Since(w.born).Seconds())
		if err := stage.then(); err != nil {
			return err
		}
	}
	return nil
}

// applyCRDs installs the Gateway API, if it was asked for.
func (w *watch) applyCRDs() error {
	if !w.crds {
		return nil
	}
	for _, args := range [][]string{
		{"apply", "--server-side", "--filename=bin/crds"},
		{"wait", "--for=condition=Established", "--filename=bin/crds"},
	} {
		kubectl := exec.Command("bin/kubectl", append(args, "--kubeconfig=kubeconfig")...)
		kubectl.Env = []string{"HOME=" + w.Dir}
		if output, err := kubectl.CombinedOutput(); err != nil {
			return fmt.Errorf("kubectl %s: %w: %s", args[0], err, output)
		}
	}
	return nil
}

// writeLog writes what kubectl logs shows of every pod, as a container runtime
// would. Tests may append to it.
func writeLog() error {
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "%s stdout F line %d\n", time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z"), i+1)
	}
	return os.WriteFile("pod.log", []byte(text.String()), 0o600)
}

// tail is the end of a file, for a message.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// serve answers requests: one line in, "ok TEXT" or "error TEXT" out.
func (w *watch) serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			line, err := bufio.NewReader(connection).ReadString('\n')
			if err != nil {
				return
			}
			text, err := w.obey(strings.TrimSpace(line))
			if err != nil {
				fmt.Fprintf(connection, "error %v", err)
			} else {
				fmt.Fprintf(connection, "ok %s", text)
			}
		}()
	}
}

func (w *watch) obey(order string) (string, error) {
	if order == "down" {
		return "", w.ask(func() error { return errDown })
	}
	<-w.booted
	if w.bootErr != nil {
		return "", w.bootErr
	}
	switch order {
	case "ready":
		return fmt.Sprintf("ready in %.1f s: %d nodes, %s, kubeconfig %s/kubeconfig", time.Since(w.born).Seconds(), w.Nodes, w.server(), w.Dir), nil
	case "server":
		return w.server(), nil
	case "kill-apiserver":
		if err := w.signal(apiServer, syscall.SIGKILL); err != nil {
			return "", err
		}
		return "", until(patience, func() bool { return !w.is(apiServer) })
	case "start-apiserver":
		if err := w.start(apiServer); err != nil {
			return "", err
		}
		return "", w.api.waitReady()
	case "freeze-apiserver":
		return "", w.signal(apiServer, syscall.SIGSTOP)
	case "thaw-apiserver":
		return "", w.signal(apiServer, syscall.SIGCONT)
	}
	return "", fmt.Errorf("unknown order %q", order)
}

// tell sends an order to the guard of DIR, which must be the working
// directory, and waits for its answer.
func tell(order string) (string, error) {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	if _, err := fmt.Fprintln(connection, order); err != nil {
		return "", err
	}
	text, err := io.ReadAll(connection)
	if err != nil {
		return "", err
	}
	verdict, rest, _ := strings.Cut(string(text), " ")
	switch verdict {
	case "ok":
		return rest, nil
	case "error":
		return "", errors.New(rest)
	}
	return "", errors.New("the guard ended")
}
