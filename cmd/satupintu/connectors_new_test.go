package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateSkeleton = flag.Bool("update-skeleton", false, "write anew what the tests of fresh skeletons say")

const ourModule = "github.com/satupintu/satupintu"

// skeletons are one of each sort.
func skeletons() []skeleton {
	return []skeleton{
		{Kind: "sirene", Module: ourModule, Poll: true},
		{Kind: "lonceng", Module: ourModule, Receive: true},
		{Kind: "beduk", Module: ourModule, Poll: true, Receive: true},
		{Kind: "radio", Module: ourModule, Poll: true, Messages: true},
		{Kind: "orari", Module: ourModule, Receive: true, Messages: true},
	}
}

// A fresh skeleton compiles, vets clean, and passes connectortest but for the promises that say what to fill in: the golden
// file is what its author sees.
func TestASkeletonPassesButForWhatItSaysToFillIn(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles five packages")
	}
	shop := newWorkshop(t)
	for _, s := range skeletons() {
		files, err := s.files()
		must(t, err)
		shop.add(files)
	}
	if said, err := shop.run("vet", "./..."); err != nil {
		t.Fatalf("go vet: %v\n%s", err, said)
	}
	said, _ := shop.run("test", "-json", "-count=1", "./...") // it fails, as it should
	got := inLines(t, said)
	for line := range strings.Lines(got) {
		if strings.Contains(line, "FAIL") {
			t.Errorf("it fails and does not say what to fill in: %s", line)
		}
	}
	const golden = "testdata/skeleton/fresh.txt"
	if *updateSkeleton {
		must(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	must(t, err)
	if got != string(want) {
		t.Errorf("what fresh skeletons say has changed: read it, and run with -update-skeleton\n%s", got)
	}
}

// What the skeleton holds beside what is to be filled in is right: filled in for an invented channel, it passes whole.
func TestASkeletonThatIsFilledInPassesWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a package")
	}
	s := skeleton{Kind: "pengeras", Module: ourModule, Poll: true, Receive: true}
	files, err := s.files()
	must(t, err)
	suite := "connectors/pengeras/suite_test.go"
	for _, name := range []string{"ask", "decode", "check", "tell"} {
		fillInFunction(t, files, name)
	}
	files[suite], err = os.ReadFile("testdata/skeleton/far.go.txt")
	must(t, err)
	for path, text := range files {
		if bytes.Contains(text, []byte("fillIn(")) && !bytes.Contains(text, []byte("func fillIn(")) {
			t.Errorf("%s still has something to fill in", path)
		}
	}
	shop := newWorkshop(t)
	shop.add(files)
	if said, err := shop.run("test", "-count=1", "./..."); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}

// fillInFunction puts the body of testdata/skeleton/NAME.go.txt in the place of a line that says what to fill in. The first
// line of the file is a part of that line; those that begin with import name what the body needs.
func fillInFunction(t *testing.T, files map[string][]byte, name string) {
	t.Helper()
	text, err := os.ReadFile("testdata/skeleton/" + name + ".go.txt")
	must(t, err)
	line, body, _ := strings.Cut(string(text), "\n")
	var imports string
	for strings.HasPrefix(body, "import ") {
		var one string
		one, body, _ = strings.Cut(body, "\n")
		imports += one + "\n"
	}
	place := regexp.MustCompile(`(?m)^.*` + regexp.QuoteMeta(strings.TrimPrefix(line, "// ")) + `.*$`)
	found := 0
	for path, source := range files {
		if place.Match(source) && strings.HasSuffix(path, ".go") {
			found++
			source = place.ReplaceAllLiteral(source, []byte(body))
			files[path] = bytes.Replace(source, []byte("\nimport ("), []byte("\n"+imports+"import ("), 1)
		}
	}
	if found != 1 {
		t.Fatalf("%q stands in %d files of the skeleton, want 1", line, found)
	}
}

// workshop is a module of its own beside the source, so that nothing is written into it.
type workshop struct {
	t   *testing.T
	dir string
}

func newWorkshop(t *testing.T) workshop {
	t.Helper()
	root, err := filepath.Abs("../..")
	must(t, err)
	w := workshop{t, t.TempDir()}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	must(t, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	must(t, err)
	ours := fmt.Sprintf("module natuna.example/workshop\n\nrequire %s v0.0.0\n\nreplace %[1]s => %q\n", ourModule, root)
	w.add(map[string][]byte{"go.mod": bytes.Replace(mod, []byte("module "+ourModule+"\n"), []byte(ours), 1), "go.sum": sum})
	return w
}

func (w workshop) add(files map[string][]byte) {
	w.t.Helper()
	for path, text := range files {
		path = filepath.Join(w.dir, filepath.FromSlash(path))
		must(w.t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(w.t, os.WriteFile(path, text, 0o644))
	}
}

func (w workshop) run(arguments ...string) ([]byte, error) {
	w.t.Helper()
	c := exec.Command("go", arguments...)
	c.Dir = w.dir
	return c.CombinedOutput()
}

var toFillIn = regexp.MustCompile(`(fill in|not tried): .*`)

// inLines is, for each package, each promise with what its author reads: ok, ok and what was not tried, or what is to be
// filled in.
func inLines(t *testing.T, events []byte) string {
	t.Helper()
	type event struct{ Action, Package, Test, Output string }
	said := map[string]string{} // the first thing to fill in, by package and test
	var lines []string
	scan := bufio.NewScanner(bytes.NewReader(events))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var e event
		if json.Unmarshal(scan.Bytes(), &e) != nil {
			t.Fatalf("go test says %s", scan.Bytes())
		}
		_, promise, ok := strings.Cut(e.Test, "/")
		if !ok {
			continue
		}
		key := filepath.Base(e.Package) + ": " + strings.ReplaceAll(promise, "_", " ")
		switch e.Action {
		case "output":
			if said[key] == "" {
				said[key] = toFillIn.FindString(e.Output)
			}
		case "pass":
			lines = append(lines, strings.TrimSpace(key+": ok "+said[key])+"\n")
		case "fail":
			if !strings.HasPrefix(said[key], "fill in") {
				said[key] = "FAIL"
			}
			lines = append(lines, key+": "+said[key]+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestASkeletonIsWrittenOnceAndSaysWhatComesNext(t *testing.T) {
	dir := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "connectors"), 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "docs"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.org/pintu\n\ngo 1.26\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "connectors", "connectors.go"), []byte("package connectors\n"), 0o644))

	code, out, said := callNew(t, "sirene", "--poll", "--dir", dir)
	if code != exitOK || !strings.Contains(out, `"example.org/pintu/connectors/sirene"`) || !strings.Contains(out, "sirene.Definition(),") {
		t.Errorf("%d: %s%s", code, out, said)
	}
	written, err := filepath.Glob(filepath.Join(dir, "*", "sirene*", "*"))
	must(t, err)
	if _, err := os.Stat(filepath.Join(dir, "docs", "sirene.md")); err != nil || len(written) != 4 {
		t.Errorf("wrote %q, %v", written, err)
	}
	if code, _, said := callNew(t, "sirene", "--poll", "--dir", dir); code != exitFailed || !strings.Contains(said, "is there already: nothing was written") {
		t.Errorf("a second time: %d: %s", code, said)
	}
	must(t, os.WriteFile(filepath.Join(dir, "docs", "radio.md"), []byte("# Radio\n"), 0o644))
	if code, _, _ := callNew(t, "radio", "--poll", "--dir", dir); code != exitFailed {
		t.Errorf("beside a page of the same name: %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "connectors", "radio")); err == nil {
		t.Error("something was written beside a page of the same name")
	}
}

func TestASkeletonIsRefusedThatCouldNotBe(t *testing.T) {
	for _, row := range []struct {
		arguments string
		code      int
		says      string
	}{
		{"sirene", exitUsage, "--poll, --receive, or both"},
		{"sirene --messages", exitUsage, "--poll, --receive, or both"},
		{"Sirene --poll", exitUsage, "lower-case letters and digits"},
		{"../sirene --poll", exitUsage, "lower-case letters and digits"},
		{"s --poll", exitUsage, "2 to 20"},
		{"range --poll", exitUsage, "means something else"},
		{"string --poll", exitUsage, "means something else"},
		{"config --poll", exitUsage, "means something else"},
		{"webhook --poll", exitUsage, "is there already"},
		{"sirene --poll --dir testdata", exitFailed, "is not the source of Satu Pintu"},
	} {
		code, _, said := callNew(t, strings.Fields(row.arguments)...)
		if code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("%s: %d %s, want %d and %q", row.arguments, code, said, row.code, row.says)
		}
	}
}

func callNew(t *testing.T, arguments ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = execute(t.Context(), append([]string{"connectors", "new"}, arguments...), &stdout, &stderr)
	return code, fmt.Sprint(&stdout), fmt.Sprint(&stderr)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
