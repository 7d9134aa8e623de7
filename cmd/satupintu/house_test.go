package main_test

import (
	"os"
	"strings"
	"testing"
)

// The rules this house is built by, held against the tree as it is. Each is tried on a tree that breaks it in
// house_broken_test.go.
func TestHouse(t *testing.T) {
	h := readHouse(t, os.DirFS("../.."))
	for name, rule := range rules() {
		t.Run(name, func(t *testing.T) {
			if found := rule(h); len(found) > 0 {
				t.Error("\n" + strings.Join(found, "\n"))
			}
		})
	}
}

// rules are the house's, by name. Each returns what breaks it, as "file:line: what is wrong".
func rules() map[string]func(house) []string {
	return map[string]func(house) []string{
		"imports go one way only":         importsGoOneWay,
		"nothing lies about at the top":   nothingLiesAboutAtTheTop,
		"sync holds no Go files":          syncHoldsNoGoFiles,
		"every connector is in catalogue": everyConnectorIsInTheCatalogue,
		"no init functions":               noInitFunctions,
		"no package without a subject":    noPackageWithoutASubject,
		"tests do not sleep":              testsDoNotSleep,
		"no panic outside tests":          noPanicOutsideTests,
		"no abandoned scheduler":          noAbandonedScheduler,
	}
}
