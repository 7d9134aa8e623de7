package main_test

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

const catalogue = "cmd/satupintu/catalog.go"

// atTheTop is what stands there, and what is made there and kept by nobody: see .gitignore.
var atTheTop = []string{
	"cmd", "connectors", "sync", "config", "deploy", "docs", "bench", "go.mod", "go.sum", "README.md", "Makefile", "LICENSE",
	"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "satupintu", "dist", "coverage.out",
}

func nothingLiesAboutAtTheTop(h house) []string {
	var found []string
	for _, name := range h.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(atTheTop, name) {
			found = append(found, name+": it has no place at the top of the project")
		}
	}
	return found
}

func syncHoldsNoGoFiles(h house) []string {
	var found []string
	for _, s := range h.files {
		if s.folder() == "sync" || strings.TrimSuffix(s.ast.Name.Name, "_test") == "sync" {
			found = append(found, h.at(s.ast.Package, `a package of ours would be named sync: "sync" is the standard library's`))
		}
	}
	return found
}

func everyConnectorIsInTheCatalogue(h house) []string {
	listed := map[string]bool{}
	for _, s := range h.files {
		if s.path != catalogue {
			continue
		}
		for folder, spec := range s.ours() {
			listed[folder] = spec.Name == nil || spec.Name.Name != "_"
		}
	}
	var found []string
	seen := map[string]bool{}
	for _, s := range h.files {
		folder := s.folder()
		if path.Dir(folder) != "connectors" || slices.Contains(suites, folder) || listed[folder] || seen[folder] {
			continue
		}
		seen[folder] = true
		found = append(found, h.at(s.ast.Package, "%s is not in %s: nobody can configure it", folder, catalogue))
	}
	return found
}

func noInitFunctions(h house) []string {
	var found []string
	for _, s := range h.files {
		for _, decl := range s.ast.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				found = append(found, h.at(f.Pos(), "an init function runs before anyone can say no: call it where it is wanted"))
			}
		}
	}
	return found
}

func noPackageWithoutASubject(h house) []string {
	vague := []string{"util", "common", "helpers", "types", "models", "manager", "service"}
	var found []string
	for _, s := range h.files {
		name := strings.TrimSuffix(s.ast.Name.Name, "_test")
		if slices.Contains(vague, name) || slices.Contains(vague, path.Base(s.folder())) {
			found = append(found, h.at(s.ast.Package, "package %s says nothing about what is in it", name))
		}
	}
	return found
}

func testsDoNotSleep(h house) []string {
	var found []string
	for _, s := range h.files {
		name := s.localName("time")
		if !s.isTest() || name == "" {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "Sleep" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
					found = append(found, h.at(n.Pos(), "a test sleeps: use testing/synctest, or wait for what is to happen"))
				}
			}
			return true
		})
	}
	return found
}

func noPanicOutsideTests(h house) []string {
	var found []string
	for _, s := range h.files {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "panic" {
				found = append(found, h.at(n.Pos(), "panics: return an error"))
			}
			return true
		})
	}
	return found
}

func noAbandonedScheduler(h house) []string {
	var found []string
	for _, s := range h.files {
		for name, spec := range s.imports() {
			if name == "github.com/robfig/cron" || strings.HasPrefix(name, "github.com/robfig/cron/") {
				found = append(found, h.at(spec.Pos(), "robfig/cron is no longer kept: use github.com/netresearch/go-cron"))
			}
		}
	}
	return found
}
