package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

// anyCall stands for every call in --fault.
const anyCall = "any"

// faultHelp lists the calls, the faults and the options of --fault.
func faultHelp() string {
	var calls, faults []string
	for _, call := range simulator.Calls() {
		calls = append(calls, string(call))
	}
	for _, fault := range simulator.KnownFaults() {
		if fault != simulator.Refused {
			faults = append(faults, string(fault))
		}
	}
	return "--fault CALL:FAULT[:CHANCE][,OPTION=VALUE…], such as create:500_after:0.05 or file:slow,delay=3s,every=4\n" +
		"  CALL     " + anyCall + ", " + strings.Join(calls, ", ") + "\n" +
		"  FAULT    " + strings.Join(faults[:len(faults)/2], ", ") + ",\n           " + strings.Join(faults[len(faults)/2:], ", ") + "\n" +
		"           (_after: carried out, and then the answer is lost; _before: not carried out; late: carried out though nobody waits)\n" +
		"  CHANCE   above 0 and at most 1; without one, every call meets it\n" +
		"  OPTION   skip=N leave the first N alone; every=N then each Nth; next=N at most N times; word=W only with this word;\n" +
		"           retry_after=5s of 429 and 503; delay=3s of slow and late; message=TEXT of 422; xml=true for the API manager's own\n"
}

// parseFault reads one --fault.
func parseFault(text string) (simulator.Rule, error) {
	var rule simulator.Rule
	head, options, more := strings.Cut(text, ",")
	parts := strings.Split(head, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return rule, errors.New("want CALL:FAULT[:CHANCE], such as create:500_after:0.05")
	}
	if parts[0] != anyCall {
		rule.Call = simulator.Call(parts[0])
	}
	if parts[0] == "" {
		return rule, errors.New("the call is missing; " + anyCall + " stands for every call")
	}
	rule.Fault = simulator.Fault(parts[1])
	if len(parts) == 3 {
		chance, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || !(chance > 0 && chance <= 1) {
			return rule, fmt.Errorf("the chance %q is not above 0 and at most 1", parts[2])
		}
		rule.Chance = chance
	}
	if more {
		if err := readFaultOptions(&rule, options); err != nil {
			return rule, err
		}
	}
	if rule.Fault == simulator.Refused {
		return rule, errors.New("what is served cannot refuse connections; stop the simulator instead")
	}
	return rule, simulator.New(simulator.Options{}).AddRule(rule)
}

func readFaultOptions(rule *simulator.Rule, options string) error {
	for _, option := range strings.Split(options, ",") {
		key, value, _ := strings.Cut(option, "=")
		var err error
		switch key {
		case "skip":
			rule.Skip, err = strconv.Atoi(value)
		case "every":
			rule.Every, err = strconv.Atoi(value)
		case "next":
			rule.Next, err = strconv.Atoi(value)
		case "word":
			rule.Word = value
		case "retry_after":
			rule.RetryAfter, err = time.ParseDuration(value)
		case "delay":
			rule.Delay, err = time.ParseDuration(value)
		case "message":
			rule.Message = value
		case "xml":
			rule.XML, err = strconv.ParseBool(value)
		default:
			return fmt.Errorf("the option %q is not one of skip, every, next, word, retry_after, delay, message, xml", key)
		}
		if err != nil {
			return fmt.Errorf("the option %s cannot have the value %q", key, value)
		}
	}
	return nil
}

// parseLatency reads 50ms, or 20ms-400ms.
func parseLatency(text string) (simulator.Latency, error) {
	least, most, ranged := strings.Cut(text, "-")
	if !ranged {
		most = least
	}
	var l simulator.Latency
	var err error
	if l.Min, err = time.ParseDuration(least); err == nil {
		l.Max, err = time.ParseDuration(most)
	}
	switch {
	case err != nil:
		return l, errors.New("want a time such as 50ms, or a range such as 20ms-400ms")
	case l.Max < l.Min:
		return l, errors.New("the range ends before it begins")
	}
	return l, nil
}

// basePath is a path as the simulator takes it: with a slash before it and none behind.
func basePath(base string) string {
	if base = strings.Trim(base, "/"); base == "" {
		return ""
	}
	return "/" + base
}
