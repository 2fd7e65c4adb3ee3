// harness starts, watches and ends one throw-away Kubernetes cluster: a real
// control plane with fake nodes, all on a loopback address of its own.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

const usage = `usage:
  harness up [--parent PID] [--crds] [--exec] DIR [NODES]
  harness down DIR
  harness ctl DIR kill-apiserver | start-apiserver | freeze-apiserver | thaw-apiserver
  harness ctl DIR user NAME [GROUP...]
  harness load [--faults] DIR PODS SERVICES`

// errUsage asks for the usage text instead of a message.
var errUsage = errors.New("usage")

func init() {
	// A child's death signal is bound to the thread that forked it. The first
	// goroutine forks every child, and its thread must live as long as we do.
	runtime.LockOSThread()
}

func main() {
	commands := map[string]func([]string) error{
		"up": up, "down": down, "ctl": ctl, "load": load, "guard": guard,
	}
	err := errUsage
	if len(os.Args) > 1 {
		if run, ok := commands[os.Args[1]]; ok {
			err = run(os.Args[2:])
		}
	}
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
