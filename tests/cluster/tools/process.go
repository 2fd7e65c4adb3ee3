package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a process may take to end after SIGTERM.
const patience = 5 * time.Second

// identity names one process for good: a number alone may be used again.
type identity struct {
	pid     int
	started string // clock ticks since boot, as /proc tells them
}

// identify finds a living process. One that has ended but was not waited for
// counts as dead.
func identify(pid int) (identity, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return identity{}, false
	}
	// The name, in brackets, may hold anything; state is the first field after
	// it and the start time the twentieth.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return identity{}, false
	}
	return identity{pid, fields[19]}, true
}

func (i identity) alive() bool {
	now, ok := identify(i.pid)
	return ok && now == i
}

// savePid notes a process under DIR/pids as "PID STARTED".
func savePid(dir, name string, pid int) error {
	i, _ := identify(pid)
	return os.WriteFile(filepath.Join(dir, "pids", name), fmt.Appendf(nil, "%d %s\n", pid, i.started), 0o600)
}

// savedPids reads what savePid wrote; only the living are told.
func savedPids(dir string) map[string]identity {
	living := map[string]identity{}
	files, _ := filepath.Glob(filepath.Join(dir, "pids", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		pid, started, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		number, err := strconv.Atoi(pid)
		if i := (identity{number, started}); err == nil && i.alive() {
			living[filepath.Base(file)] = i
		}
	}
	return living
}

// end asks every process to go and, when patience is over, makes it go. The
// API server is not asked: it would wait a minute for open watches to end, and
// has nothing to lose.
func end(processes map[string]identity) {
	for name, p := range processes {
		if name == apiServer {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
			continue
		}
		_ = syscall.Kill(p.pid, syscall.SIGCONT)
		_ = syscall.Kill(p.pid, syscall.SIGTERM)
	}
	gone := func() bool {
		for _, p := range processes {
			if p.alive() {
				return false
			}
		}
		return true
	}
	if until(patience, gone) == nil {
		return
	}
	for _, p := range processes {
		if p.alive() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
	_ = until(patience, gone)
}

// until polls a condition; it fails when the time is over.
func until(limit time.Duration, met func() bool) error {
	for deadline := time.Now().Add(limit); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("not within " + limit.String())
		}
	}
	return nil
}
