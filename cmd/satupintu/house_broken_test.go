package main_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// tree is a made-up module: each file's path and what stands in it after the package clause.
type tree map[string]string

func (files tree) read(t *testing.T) house {
	t.Helper()
	root := fstest.MapFS{}
	for name, body := range files {
		if !strings.Contains(body, "package ") {
			body = "package x\n" + body
		}
		root[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return readHouse(t, root)
}

func imports(folder string) string { return `import _ "` + module + "/" + folder + `"` + "\n" }

// sound is a tree that breaks no rule, and uses every exception there is.
func sound() tree {
	return tree{
		"config/config.go":                      "",
		"config/config_test.go":                 "package config_test\n" + imports("config"),
		"sync/complaint/complaint.go":           `import _ "sync"`,
		"sync/dedup/dedup.go":                   imports("sync/complaint"),
		"sync/national/national.go":             imports("config") + imports("sync/complaint"),
		"sync/national/lapor/lapor.go":          imports("sync/national") + imports("sync/retry"),
		"sync/national/lapor/lapor_test.go":     imports("sync/national/nationaltest") + imports("sync/national/simulator"),
		"sync/national/nationaltest/suite.go":   imports("sync/national") + imports("sync/national/simulator"),
		"sync/national/simulator/simulator.go":  `import _ "net/http"`,
		"sync/retry/retry.go":                   "",
		"bench/go.mod":                          "module " + module + "/bench",
		"bench/main.go":                         "func init() { panic(1) }", // another module's, and none of ours
		"sync/store/store.go":                   imports("sync/complaint") + imports("sync/store/rows"),
		"sync/store/rows/rows.go":               "",
		"sync/store/storetest/suite.go":         imports("sync/store"),
		"sync/store/store_test.go":              "package store_test\n" + imports("sync/store") + imports("sync/store/storetest"),
		"sync/relay/relay.go":                   imports("sync/store") + imports("sync/national"),
		"sync/relay/relay_test.go":              imports("sync/national/simulator") + imports("connectors/webhook"),
		"sync/server/server.go":                 imports("sync/relay"),
		"connectors/connectors.go":              imports("config"),
		"connectors/connectortest/suite.go":     imports("connectors"),
		"connectors/webhook/webhook.go":         imports("connectors"),
		"connectors/webhook/webhook_test.go":    imports("connectors/connectortest") + `import "time"` + "\nvar _ = time.Second\nfunc f() { panic(1) }",
		"connectors/webhook/testdata/broken.go": "this is no Go",
		"cmd/satupintu/main.go":                 imports("sync/server") + imports("sync/national/simulator"),
		"cmd/satupintu/catalog.go":              `import "` + module + `/connectors/webhook"`,
		"cmd/satupintu/.hidden/util/util.go":    "package util",
		"sync/complaint/init.go":                "type t struct{}\nfunc (t) init() {}\nfunc (t) panic() {}",
		"sync/complaint/sleep.go":               `import "time"` + "\nfunc wait() { time.Sleep(1) }",
	}
}

func TestASoundTreeBreaksNoRule(t *testing.T) {
	h := sound().read(t)
	for name, rule := range rules() {
		if found := rule(h); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// broken is one file that, put into the sound tree, breaks a rule.
type broken struct {
	rule, file, body string
	want             string // in the finding, after the file's name; empty: nothing is found
}

func brokenTrees() []broken {
	return []broken{
		{"imports go one way only", "config/a.go", imports("sync/complaint"), "config imports its sibling sync/complaint"},
		{"imports go one way only", "sync/complaint/a.go", imports("sync/dedup"), "sync/complaint imports sync/dedup, which stands below it"},
		{"imports go one way only", "sync/complaint/a_test.go", imports("sync/dedup"), "sync/complaint imports sync/dedup, which stands below it"},
		{"imports go one way only", "sync/dedup/a.go", imports("sync/privacy"), "sync/dedup imports its sibling sync/privacy"},
		{"imports go one way only", "sync/dedup/a_test.go", imports("sync/privacy"), "sync/dedup imports its sibling sync/privacy"},
		{"imports go one way only", "connectors/a.go", imports("sync/national"), "connectors imports its sibling sync/national"},
		{"imports go one way only", "connectors/a.go", imports("connectors/webhook"), "connectors imports connectors/webhook, which stands below it"},
		{"imports go one way only", "connectors/webhook/a.go", imports("connectors/sms"), "connectors/webhook imports its sibling connectors/sms"},
		{"imports go one way only", "connectors/webhook/a.go", imports("sync/store"), "connectors/webhook imports its sibling sync/store"},
		{"imports go one way only", "connectors/webhook/inner/a.go", imports("connectors/sms"), "connectors/webhook imports its sibling connectors/sms"},
		{"imports go one way only", "sync/national/lapor/a.go", imports("sync/national/manual"), "sync/national/lapor imports its sibling sync/national/manual"},
		{"imports go one way only", "sync/national/simulator/a.go", imports("sync/national"), "the simulator imports sync/national"},
		{"imports go one way only", "sync/national/simulator/a.go", imports("config"), "the simulator imports config"},
		{"imports go one way only", "sync/relay/a.go", imports("sync/national/simulator"), "imports the simulator outside a test"},
		{"imports go one way only", "sync/store/a.go", imports("sync/store/storetest"), "imports the suite sync/store/storetest outside a test"},
		{"imports go one way only", "cmd/satupintu/a.go", imports("connectors/connectortest"), "imports the suite connectors/connectortest outside a test"},
		{"imports go one way only", "connectors/connectortest/a.go", imports("connectors/webhook"), "connectors/connectortest imports its sibling connectors/webhook"},
		{"imports go one way only", "sync/relay/a.go", imports("sync/server"), "sync/relay imports sync/server, which stands below it"},
		{"imports go one way only", "sync/relay/a_test.go", imports("sync/server"), "sync/relay imports sync/server, which stands below it"},
		{"imports go one way only", "sync/server/a.go", imports("cmd/satupintu"), "sync/server imports cmd/satupintu, which stands below it"},
		{"imports go one way only", "sync/relay/a.go", imports("sync/attic"), "imports sync/attic, which stands in no line of the house"},
		{"imports go one way only", "sync/attic/a.go", "", "sync/attic stands in no line of the house"},
		{"imports go one way only", "root.go", "", "stands in no line of the house"},

		{"nothing lies about at the top", "profile", "", "has no place"},
		{"nothing lies about at the top", "notes.md", "", "has no place"},
		{"nothing lies about at the top", ".golangci.yml", "", ""},

		{"sync holds no Go files", "sync/a.go", "package relay", "would be named sync"},
		{"sync holds no Go files", "sync/a_test.go", "package sync_test", "would be named sync"},
		{"sync holds no Go files", "sync/relay/a.go", "package sync", "would be named sync"},

		{"every connector is in catalogue", "connectors/sms/sms.go", "", "connectors/sms is not in cmd/satupintu/catalog.go"},
		{"every connector is in catalogue", "connectors/webhook/a.go", "", ""},

		{"no init functions", "sync/relay/a.go", "func init() {}", "an init function"},
		{"no init functions", "sync/relay/a_test.go", "func init() {}", "an init function"},

		{"no package without a subject", "sync/relay/util/a.go", "package util", "package util says nothing"},
		{"no package without a subject", "sync/relay/a.go", "package common", "package common says nothing"},
		{"no package without a subject", "sync/relay/a_test.go", "package helpers_test", "package helpers says nothing"},
		{"no package without a subject", "sync/types/a.go", "package kind", "package kind says nothing"},
		{"no package without a subject", "sync/relay/a.go", "package models", "package models says nothing"},
		{"no package without a subject", "sync/relay/a.go", "package manager", "package manager says nothing"},
		{"no package without a subject", "sync/relay/a.go", "package service", "package service says nothing"},

		{"tests do not sleep", "sync/relay/a_test.go", "import \"time\"\nfunc f() { time.Sleep(1) }", "a test sleeps"},
		{"tests do not sleep", "sync/relay/a_test.go", "import clock \"time\"\nvar f = clock.Sleep", "a test sleeps"},
		{"tests do not sleep", "sync/store/storetest/a.go", "import \"time\"\nfunc f() { time.Sleep(1) }", "a test sleeps"},

		{"no panic outside tests", "sync/relay/a.go", "func f() { defer func() { panic(1) }() }", "panics"},
		{"no panic outside tests", "sync/store/storetest/a.go", "func f() { panic(1) }", "panics"},

		{"no abandoned scheduler", "sync/relay/a.go", `import _ "github.com/robfig/cron/v3"`, "robfig/cron"},
		{"no abandoned scheduler", "sync/relay/a_test.go", `import _ "github.com/robfig/cron"`, "robfig/cron"},
	}
}

func TestEachRuleFindsWhatBreaksIt(t *testing.T) {
	for _, tt := range brokenTrees() {
		t.Run(tt.rule+"/"+tt.file, func(t *testing.T) {
			files := sound()
			files[tt.file] = tt.body
			found := rules()[tt.rule](files.read(t))
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("found %q", found)
				}
				return
			}
			if len(found) != 1 || !strings.HasPrefix(found[0], tt.file+":") || !strings.Contains(found[0], tt.want) {
				t.Errorf("found %q\nwant one of %s: %s", found, tt.file, tt.want)
			}
		})
	}
}

func TestACatalogueThatListsNothingIsFound(t *testing.T) {
	for name, catalog := range map[string]string{"none": "-", "empty": "", "blank import": imports("connectors/webhook")} {
		files := sound()
		files[catalogue] = catalog
		if catalog == "-" {
			delete(files, catalogue)
		}
		if found := everyConnectorIsInTheCatalogue(files.read(t)); len(found) != 1 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

func TestEveryRuleIsTriedOnATreeThatBreaksIt(t *testing.T) {
	tried := map[string]bool{}
	for _, b := range brokenTrees() {
		tried[b.rule] = tried[b.rule] || b.want != ""
	}
	for name := range rules() {
		if !tried[name] {
			t.Errorf("%q is tried on no broken tree", name)
		}
	}
}
