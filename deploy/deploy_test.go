// Package deploy holds no program: it tests that what stands in this folder fits the gateway it is to run. A metric that is
// renamed, a flag that goes, a file that moves: the tests fail here, not on somebody's machine at night.
package deploy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"
)

// need returns the path of a tool that may be missing; package is what Debian calls it.
func need(t *testing.T, tool, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err == nil {
		return path
	}
	if os.Getenv("SATUPINTU_TEST") == "all" {
		t.Fatalf("%s is not here: apt-get install %s", tool, pkg)
	}
	t.Skipf("%s is not here (apt-get install %s): this is not tested", tool, pkg)
	return ""
}

// run runs a program and returns what it said.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(said), err
}

// build makes the gateway once for all tests, in the folder that TestMain makes.
var build = sync.OnceValues(func() (string, error) {
	program := filepath.Join(os.Getenv(buildFolder), "satupintu")
	if said, err := exec.Command("go", "build", "-o", program, "../cmd/satupintu").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
	return program, nil
})

const buildFolder = "SATUPINTU_DEPLOY_TEST_FOLDER"

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "satupintu-deploy-*")
	if err == nil {
		err = os.Setenv(buildFolder, folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// gateway is the program under test.
func gateway(t *testing.T) string {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatalf("build the gateway: %v", err)
	}
	return program
}

// takes says whether the gateway takes the command and flags of a line; it is asked for help, so that nothing runs.
func takes(t *testing.T, args ...string) error {
	t.Helper()
	said, err := run(t, gateway(t), append(args, "--help")...)
	if err != nil {
		return fmt.Errorf("%v: %s", err, said)
	}
	command := "satupintu " + args[0]
	if slices.Contains([]string{"queue", "connectors"}, args[0]) && len(args) > 1 {
		command += " " + args[1]
	}
	if _, usage, _ := strings.Cut(said, "Usage:\n  "); !strings.HasPrefix(usage, command) {
		return fmt.Errorf("there is no command %s", command)
	}
	return nil
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// readYAML reads a file into a value; keys the value does not know are passed over, a key given twice is an error.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// stringsIn walks a decoded document and calls f with each string in it, keys included.
func stringsIn(value any, f func(string)) {
	switch v := value.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			stringsIn(e, f)
		}
	case map[string]any:
		for k, e := range v {
			f(k)
			stringsIn(e, f)
		}
	}
}

func exists(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return errors.New(path + " is empty")
	}
	return err
}
