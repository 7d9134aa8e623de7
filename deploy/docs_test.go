package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	anchor = regexp.MustCompile(`<a id="([a-z-]+)"></a>`)
	link   = regexp.MustCompile(`\]\(([^)#]*)#?([^)]*)\)`)
)

func anchorsOf(t *testing.T, path string) []string {
	t.Helper()
	var found []string
	for _, m := range anchor.FindAllStringSubmatch(text(t, path), -1) {
		if slices.Contains(found, m[1]) {
			t.Errorf("%s has the anchor %s twice", path, m[1])
		}
		found = append(found, m[1])
	}
	return found
}

const (
	guide     = "../docs/operating.md"
	guideInID = "../docs/operating.id.md"
)

func TestTheGuideIsTheSameInBothLanguages(t *testing.T) {
	english, indonesian := anchorsOf(t, guide), anchorsOf(t, guideInID)
	if len(english) == 0 || !slices.Equal(english, indonesian) {
		t.Errorf("sections:\n%v\n%v", english, indonesian)
	}
	if a, b := commands(t, guide), commands(t, guideInID); !slices.Equal(a, b) {
		t.Errorf("commands:\n%s\n\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	for _, heading := range []string{"\n## ", "\n### ", "\n| "} {
		count := strings.Count(text(t, guide), heading)
		if got := strings.Count(text(t, guideInID), heading); got != count || count == 0 {
			t.Errorf("%q: %d in English, %d in Indonesian", heading, count, got)
		}
	}
}

// commands are the lines of a guide's shell blocks, without comments and without what stands in <…>, which is translated.
func commands(t *testing.T, path string) []string {
	t.Helper()
	var lines []string
	inside := false
	for line := range strings.Lines(text(t, path)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside:
			line, _, _ = strings.Cut(line, " # ")
			line = regexp.MustCompile(`"[^"]* [^"]*"`).ReplaceAllString(line, `"…"`)
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

var called = regexp.MustCompile("(?:^|[ `])satupintu ((?:run|check|preview|queue|import|audit|connectors|version|simulate|demo)\\b[^`|;&]*)")

func TestEveryCommandOfTheGuideCanBeCalled(t *testing.T) {
	tried := map[string]bool{}
	try := func(where, line string) {
		for _, m := range called.FindAllStringSubmatch(line, -1) {
			words := callOf(m[1])
			if key := strings.Join(words, " "); !tried[key] {
				tried[key] = true
				if err := takes(t, words...); err != nil {
					t.Errorf("%s: satupintu %s: %v", where, key, err)
				}
			}
		}
	}
	for _, path := range []string{guide, guideInID} {
		for _, line := range commands(t, path) {
			try(path, line)
		}
		for _, m := range regexp.MustCompile("`(satupintu [^`]+)`").FindAllStringSubmatch(text(t, path), -1) {
			try(path, m[1])
		}
	}
	for _, a := range alerts(t) {
		try(a.Alert, a.Annotations["description"])
	}
	if len(tried) < 15 {
		t.Errorf("only %d commands were found", len(tried))
	}
}

// callOf is a command line without what a shell would do to it.
func callOf(line string) []string {
	line = regexp.MustCompile(`"[^"]*"`).ReplaceAllString(line, "words")
	line, _, _ = strings.Cut(line, ">")
	return strings.Fields(line)
}

func TestLinksOfTheGuidesLeadSomewhere(t *testing.T) {
	for _, path := range []string{guide, guideInID, "../docs/metrics.md"} {
		for _, m := range link.FindAllStringSubmatch(text(t, path), -1) {
			file, to := m[1], m[2]
			if strings.Contains(file, "://") {
				continue
			}
			target := path
			if file != "" {
				target = "../docs/" + file
			}
			if err := exists(target); err != nil {
				t.Errorf("%s: %v", path, err)
			} else if to != "" && !slices.Contains(anchorsOf(t, target), to) {
				t.Errorf("%s: %s has no anchor %s", path, target, to)
			}
		}
	}
}

// described is a row of the table in docs/metrics.md.
type described struct {
	kind           string
	labels, alerts []string
}

var inTicks = regexp.MustCompile("`([^`]+)`")

func ticked(cell string) []string {
	var found []string
	for _, m := range inTicks.FindAllStringSubmatch(cell, -1) {
		found = append(found, m[1])
	}
	slices.Sort(found)
	return found
}

func tableOfMetrics(t *testing.T) map[string]described {
	t.Helper()
	rows := map[string]described{}
	for line := range strings.Lines(text(t, "../docs/metrics.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 || !strings.HasPrefix(strings.TrimSpace(cells[0]), "`satupintu_") {
			continue
		}
		if strings.TrimSpace(cells[3]) == "" {
			t.Errorf("%s: its meaning is missing", cells[0])
		}
		rows[ticked(cells[0])[0]] = described{strings.TrimSpace(cells[1]), ticked(cells[2]), ticked(cells[4])}
	}
	return rows
}

func TestEveryMetricIsDescribedAsItIsAndNoOther(t *testing.T) {
	known, rows := metrics(t), tableOfMetrics(t)
	for name, m := range known {
		row, ok := rows[name]
		if !ok {
			t.Errorf("docs/metrics.md does not describe %s", name)
			continue
		}
		var labels []string
		for label := range m.labels {
			labels = append(labels, label)
		}
		slices.Sort(labels)
		if row.kind != m.kind || !slices.Equal(row.labels, labels) {
			t.Errorf("%s is a %s with %v; docs/metrics.md says %s with %v", name, m.kind, labels, row.kind, row.labels)
		}
		if uses := alertsThatUse(t, known, name); !slices.Equal(uses, row.alerts) {
			t.Errorf("%s is used by %v; docs/metrics.md says %v", name, uses, row.alerts)
		}
	}
	for name := range rows {
		if _, ok := known[name]; !ok {
			t.Errorf("docs/metrics.md describes %s, which there is not", name)
		}
	}
}

func alertsThatUse(t *testing.T, known map[string]metric, name string) []string {
	t.Helper()
	var uses []string
	for _, a := range alerts(t) {
		for _, m := range selector.FindAllStringSubmatch(a.Expr, -1) {
			if baseName(known, m[1]) == name && !slices.Contains(uses, a.Alert) {
				uses = append(uses, a.Alert)
			}
		}
	}
	slices.Sort(uses)
	return uses
}

func TestEveryValueOfALabelIsExplained(t *testing.T) {
	words := text(t, "../docs/metrics.md")
	for name, m := range metrics(t) {
		for label, values := range m.labels {
			if slices.Contains(openLabels, label) {
				continue
			}
			for _, value := range values {
				if !strings.Contains(words, "`"+value+"`") {
					t.Errorf("docs/metrics.md does not explain %s{%s=%q}", name, label, value)
				}
			}
		}
	}
}
