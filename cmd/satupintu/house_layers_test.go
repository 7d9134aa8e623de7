package main_test

import (
	"fmt"
	"slices"
	"strings"
)

// layers are the house's lines, from the top: each may import only what stands in a line above its own. A folder that
// ends in /* stands for each of its subfolders; folders below a named one belong to it.
var layers = [][]string{
	{"config", "sync/complaint", "sync/retry", "sync/pace"},
	{"sync/dedup", "sync/route", "sync/calendar", "sync/privacy", "connectors", "sync/national", "sync/workbook"},
	{"connectors/*", "sync/national/*", "sync/store"},
	{"sync/relay", "sync/reconcile"},
	{"sync/server"},
	{"cmd/satupintu", "deploy"}, // deploy holds nothing but tests of what lies there
}

// kinds are the folders whose subfolders stand a line below them.
var kinds = []string{"connectors/", "sync/national/"}

// unit is the named part of the house a folder belongs to, and its line; ok is false where there is none.
func unit(folder string) (name string, line int, ok bool) {
	for _, kind := range kinds {
		if rest, below := strings.CutPrefix(folder, kind); below {
			first, _, _ := strings.Cut(rest, "/")
			return kind + first, lineOf(kind + "*"), true
		}
	}
	for line, names := range layers {
		for _, name := range names {
			if folder == name || strings.HasPrefix(folder, name+"/") {
				return name, line, true
			}
		}
	}
	return "", 0, false
}

func lineOf(name string) int {
	return slices.IndexFunc(layers, func(names []string) bool { return slices.Contains(names, name) })
}

func importsGoOneWay(h house) []string {
	var found []string
	for _, s := range h.files {
		if _, _, ok := unit(s.folder()); !ok {
			found = append(found, h.at(s.ast.Package, "%s stands in no line of the house: see layers in house_layers_test.go", s.folder()))
			continue
		}
		for target, spec := range s.ours() {
			if wrong := wrongImport(s, target); wrong != "" {
				found = append(found, h.at(spec.Pos(), "%s", wrong))
			}
		}
	}
	slices.Sort(found)
	return found
}

func wrongImport(s source, target string) string {
	from, fromLine, _ := unit(s.folder())
	to, toLine, ok := unit(target)
	switch {
	case !ok:
		return fmt.Sprintf("imports %s, which stands in no line of the house", target)
	case from == simulator && to != simulator && !strings.HasSuffix(s.path, "_test.go"):
		return "the simulator imports " + target + ": it must share no code with what it is there to test"
	case slices.Contains(suites, target):
		if s.isTest() {
			return ""
		}
		return "imports the suite " + target + " outside a test"
	case to == simulator && from != simulator:
		if s.isTest() || from == "cmd/satupintu" {
			return ""
		}
		return "imports the simulator outside a test"
	case from == to:
		return ""
	case toLine == fromLine:
		return fmt.Sprintf("%s imports its sibling %s", from, to)
	case toLine > fromLine:
		return fmt.Sprintf("%s imports %s, which stands below it", from, to)
	}
	return ""
}
