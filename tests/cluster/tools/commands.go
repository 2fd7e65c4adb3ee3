package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// up starts a guard in its own session and waits until the cluster is ready.
func up(args []string) error {
	flags := flag.NewFlagSet("up", flag.ContinueOnError)
	parent := flags.Int("parent", 0, "end the cluster when this process is gone")
	crds := flags.Bool("crds", false, "install the Gateway API")
	execs := flags.Bool("exec", false, "let kubectl exec run programs of this machine")
	if flags.Parse(args) != nil || flags.NArg() < 1 || flags.NArg() > 2 {
		return errUsage
	}
	nodes := 3
	if flags.NArg() == 2 {
		var err error
		if nodes, err = strconv.Atoi(flags.Arg(1)); err != nil || nodes < 1 || nodes > 250 {
			return errUsage
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := enter(flags.Arg(0), true); err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if len(savedPids(dir)) > 0 {
		return fmt.Errorf("%s holds a running cluster", dir)
	}
	forget(dir)
	for _, sub := range []string{"pids", "logs"} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return err
		}
	}
	// The programs of a running cluster stay the same even if the sources, and
	// with them the folder in the cache, change.
	if err := os.Symlink(filepath.Dir(self), "bin"); err != nil {
		return err
	}
	output, err := os.Create("logs/guard.log")
	if err != nil {
		return err
	}
	child := exec.Command(self, "guard", fmt.Sprintf("--nodes=%d", nodes), fmt.Sprintf("--parent=%d", *parent),
		fmt.Sprintf("--crds=%t", *crds), fmt.Sprintf("--exec=%t", *execs))
	child.Stdout, child.Stderr = output, output
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ended := make(chan struct{})
	go func() { _ = child.Wait(); close(ended) }()
	go func() {
		<-interrupted
		_ = child.Process.Signal(syscall.SIGTERM)
		<-ended
		os.Exit(1)
	}()

	err = until(10*time.Second, func() bool {
		select {
		case <-ended:
			return true
		default:
			// The file is there a moment before anybody listens.
			connection, err := net.Dial("unix", socket)
			if err == nil {
				connection.Close()
			}
			return err == nil
		}
	})
	var text string
	if err == nil {
		text, err = tell("ready")
	}
	if err != nil {
		logs := tail("logs/guard.log")
		_ = stop(dir)
		return fmt.Errorf("not started: %w\n%s", err, logs)
	}
	fmt.Println("cluster", text)
	return nil
}

// down ends a cluster. One that is down already is no error.
func down(args []string) error {
	if len(args) != 1 {
		return errUsage
	}
	if err := enter(args[0], false); err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	return stop(dir)
}

// stop asks the guard, and does its work if there is none.
func stop(dir string) error {
	living := savedPids(dir)
	guard, guarded := living["guard"]
	if _, err := tell("down"); err != nil || !guarded {
		end(living)
	} else if err := until(patience, func() bool { return !guard.alive() }); err != nil {
		end(savedPids(dir))
	}
	if left := savedPids(dir); len(left) > 0 {
		return fmt.Errorf("still running: %v", left)
	}
	_ = os.RemoveAll("pids")
	_ = os.Remove(socket)
	return nil
}

// name is what a user or group may be called, as it names a file.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:._-]*$`)

// ctl changes a running cluster.
func ctl(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	if err := enter(args[0], false); err != nil {
		return err
	}
	switch order := args[1]; {
	case order == "user" && len(args) > 2:
		for _, text := range args[2:] {
			if !name.MatchString(text) {
				return fmt.Errorf("%q cannot name a user or group", text)
			}
		}
		server, err := tell("server")
		if err != nil {
			return err
		}
		ca, err := readAuthority("pki")
		if err != nil {
			return err
		}
		file, err := filepath.Abs(args[2] + ".kubeconfig")
		if err != nil {
			return err
		}
		fmt.Println(file)
		return ca.kubeconfig(file, server, args[2], args[3:]...)
	case order != "user" && len(args) == 2:
		_, err := tell(order)
		return err
	}
	return errUsage
}

// enter makes DIR the working directory, so that everything else is relative.
func enter(dir string, create bool) error {
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return os.Chdir(dir)
}

// forget removes a cluster's state; other files in DIR stay.
func forget(dir string) {
	for _, own := range []string{"bin", "etcd", "pki", "logs", "pids", ".kube", "kubeconfig", "kwok.yaml", "pod.log", socket} {
		_ = os.RemoveAll(filepath.Join(dir, own))
	}
	users, _ := filepath.Glob(filepath.Join(dir, "*.kubeconfig"))
	for _, user := range users {
		_ = os.Remove(user)
	}
}
