package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/dedup/trial"
)

const (
	inventedComplaints = "testdata/duplicates-complaints.csv"
	inventedPairs      = "testdata/duplicates-pairs.csv"
)

// called runs a command in this process.
func called(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestTheCommandsOfDuplicatesSayWhatTheyMeasured(t *testing.T) {
	cost := regexp.MustCompile(`(?m)^\d+ complaints a second on one core(.*; )-?[\d.]+ MB of memory$`) // differs from run to run
	for name, args := range map[string][]string{
		"duplicates-eval.txt":       {"eval", "--complaints", inventedComplaints, "--pairs", inventedPairs},
		"duplicates-folds.txt":      {"eval", "--complaints", inventedComplaints, "--pairs", inventedPairs, "--folds", "3"},
		"duplicates-replay.txt":     {"replay", "--complaints", inventedComplaints, "--sample", "20"},
		"duplicates-sturdiness.txt": {"sturdiness", "--complaints", inventedComplaints, "--cases", "40"},
	} {
		t.Run(name, func(t *testing.T) {
			_, out, errOut := called(t, append([]string{"duplicates"}, args...)...)
			golden(t, name, []byte(cost.ReplaceAllString(out, "N complaints a second on one core$1 M MB of memory")+errOut))
		})
	}
}

func TestTextsAreShownOnlyWhereTheyAreAskedFor(t *testing.T) {
	for _, args := range [][]string{
		{"eval", "--complaints", inventedComplaints, "--pairs", inventedPairs, "--review-above", "1"}, // so that some answers are wrong
		{"replay", "--complaints", inventedComplaints},
	} {
		for _, more := range [][]string{nil, {"--json"}} {
			all := append(append([]string{"duplicates"}, args...), more...)
			code, out, errOut := called(t, all...)
			if code != exitOK || strings.Contains(out+errOut, "asjid") || strings.Contains(out+errOut, "Dermaga") {
				t.Errorf("%v: exit %d, a text is shown:\n%s%s", all, code, out, errOut)
			}
		}
		code, out, _ := called(t, append(append([]string{"duplicates"}, args...), "--texts")...)
		if code != exitOK || !strings.Contains(out, "ermaga lama") {
			t.Errorf("%v --texts: exit %d\n%s", args, code, out)
		}
	}
}

func TestFiguresForProgramsAreThoseForPeople(t *testing.T) {
	_, out, _ := called(t, "duplicates", "eval", "--complaints", inventedComplaints, "--pairs", inventedPairs, "--json")
	var p struct {
		Methods []struct {
			Name string
			Link struct {
				Recall struct{ Hits, Of int }
			}
		}
		Judgements []struct{ A, B, Label, Answer string }
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil || len(p.Judgements) != 15 || len(p.Methods) != 5 || p.Methods[2].Link.Recall.Of != 7 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, j := range p.Judgements {
		if j.Label == "different" && j.Answer == "link" {
			t.Errorf("%s and %s are two matters and are linked", j.A, j.B)
		}
	}
}

func TestAMissedTargetIsAFailure(t *testing.T) {
	row := func(kind string, met bool) trial.SturdinessRow {
		return trial.SturdinessRow{Suite: trial.Suites()[0], Kind: kind, Met: met}
	}
	if err := missed([]trial.SturdinessRow{row("typos", false), row(trial.AllKinds, true)}); err != nil {
		t.Errorf("one kind below is no failure: %v", err)
	}
	if err := missed([]trial.SturdinessRow{row("typos", true), row(trial.AllKinds, false)}); err == nil || !strings.Contains(err.Error(), "1 of the suites") {
		t.Error(err)
	}
}

func TestWrongCallsOfDuplicatesSayWhatIsWrong(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "aduan.csv")
	if err := os.WriteFile(broken, []byte("id,text,reported_at\n1,lampu mati,besok\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"eval", exitUsage, "--complaints is missing"},
		{"eval --complaints " + inventedComplaints, exitUsage, "--pairs is missing"},
		{"eval --folds 1", exitUsage, "--folds must be 0, or 2 and more"},
		{"eval --review-above 2", exitUsage, "--review-above must be from 0 to 1"},
		{"eval --region 21.03", exitUsage, "--region-codes and --region belong together"},
		{"eval --complaints " + broken + " --pairs " + inventedPairs, exitFailed, "aduan.csv:2:14: reported_at: not a time"},
		{"eval --complaints none.csv --pairs x", exitFailed, "none.csv"},
		{"eval --model " + broken, exitFailed, "aduan.csv: read a model of duplicates"},
		{"replay --window 0s", exitUsage, "--window must be above zero"},
		{"replay --sample -1", exitUsage, "--sample must not be below 0"},
		{"sturdiness --cases 0", exitUsage, "--cases must be above 0"},
		{"fit --pairs x", exitUsage, "--complaints, --pairs and --out belong together"},
		{"fit --switch --back", exitUsage, "either --switch or --back"},
		{"fits", exitUsage, `unknown command "fits"`},
	} {
		code, _, errOut := called(t, append([]string{"duplicates"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(errOut, c.want) {
			t.Errorf("%s: exit %d: %s", c.args, code, errOut)
		}
	}
}

func TestFittingOnPairsWritesAModelThatCanBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "model.json")
	code, out, errOut := called(t, "duplicates", "fit", "--complaints", inventedComplaints, "--pairs", inventedPairs, "--out", file)
	if code != exitOK || !strings.Contains(out, "a person looks from") {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	m, err := fromFile(file, func(f *os.File) (*dedup.Model, error) { return dedup.ReadModel(f) })
	if err != nil || !strings.HasPrefix(m.Note, "fitted on 15 labelled pairs") {
		t.Errorf("%+v, %v", m, err)
	}
	if code, out, errOut = called(t, "duplicates", "eval", "--complaints", inventedComplaints, "--pairs", inventedPairs, "--model", file); code != exitOK {
		t.Errorf("exit %d: %s%s", code, out, errOut)
	}
}

func TestAGeneratedSectionIsReplacedAndNothingElse(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	const before = "# Page\n<!-- pairs: generated -->\nold\n<!-- /pairs -->\nrest\n"
	if err := os.WriteFile(page, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := intoSection(page, "pairs", "| new |\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if want := strings.Replace(before, "old", "| new |", 1); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if err := intoSection(page, "sturdiness", "x"); err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Error(err)
	}
}

func TestThePageHasTheSectionsThatAreGenerated(t *testing.T) {
	page, err := os.ReadFile("../../docs/duplicates.md")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(copied, page, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pairs", "sturdiness"} {
		if err := intoSection(copied, name, "| x |\n"); err != nil {
			t.Error(err)
		}
	}
	for _, c := range duplicatesCommand().Commands() {
		if !strings.Contains(string(page), "`satupintu duplicates "+c.Name()) {
			t.Errorf("docs/duplicates.md says nothing of duplicates %s", c.Name())
		}
	}
}
