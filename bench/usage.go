package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is what processes have used since they began.
type usage struct {
	CPU     time.Duration `json:"cpu"`
	Written int64         `json:"written"` // bytes the kernel was given for disks
}

func (u usage) minus(o usage) usage { return usage{u.CPU - o.CPU, u.Written - o.Written} }

// ownUsage is this process's.
func ownUsage() (usage, error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}, err
	}
	written, err := writtenBy(os.Getpid())
	return usage{time.Duration(r.Utime.Nano() + r.Stime.Nano()), written}, err
}

// treeUsage is a process's with all its descendants, the ended ones among them: the kernel adds those to their parents.
func treeUsage(root int) (usage, error) {
	var sum usage
	if root == 0 {
		return sum, nil
	}
	parents, err := parentsOf()
	if err != nil {
		return sum, err
	}
	for pid, p := range parents {
		if !descends(parents, pid, root) {
			continue
		}
		written, err := writtenBy(pid)
		if err != nil {
			continue // it has just ended, and its parent has it
		}
		sum.CPU += p.cpu
		sum.Written += written
	}
	return sum, nil
}

type process struct {
	parent int
	cpu    time.Duration
}

func descends(all map[int]process, pid, root int) bool {
	for ; pid > 1; pid = all[pid].parent {
		if pid == root {
			return true
		}
	}
	return false
}

func parentsOf() (map[int]process, error) {
	found, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	all := map[int]process{}
	for _, path := range found {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		pid, p, err := readStat(stat)
		if err != nil {
			return nil, err
		}
		all[pid] = p
	}
	return all, nil
}

// tick is the kernel's unit in /proc/PID/stat, which is the same on every Linux that Go runs on.
const tick = time.Second / 100

// readStat reads /proc/PID/stat: the parent, and the time used by the process and by its children that ended.
func readStat(stat []byte) (pid int, p process, err error) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < 0 {
		return 0, p, fmt.Errorf("read a process's state: %q", stat)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(string(stat[:open]))); err != nil {
		return 0, p, err
	}
	fields := strings.Fields(string(stat[end+1:]))
	if len(fields) < 15 {
		return 0, p, fmt.Errorf("read a process's state: %q", stat)
	}
	if p.parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, p, err
	}
	for _, field := range fields[11:15] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, p, err
		}
		p.cpu += time.Duration(ticks) * tick
	}
	return pid, p, nil
}

func writtenBy(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return 0, err
	}
	return valueOf(string(text), "write_bytes:")
}

// peakMemory is the most memory this process has held, in bytes.
func peakMemory() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	kib, err := valueOf(string(text), "VmHWM:")
	return kib * 1024, err
}

func valueOf(text, name string) (int64, error) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		}
	}
	return 0, fmt.Errorf("the kernel does not say %s", name)
}
