package connectors

import (
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/satupintu/satupintu/config"
)

type reachSettings struct {
	Since Reach `yaml:"since" doc:"how far back"`
}

func (*reachSettings) Validate() error { return nil }

func decodeReach(t *testing.T, text string) (Reach, error) {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte("since: "+text), &node); err != nil {
		t.Fatal(err)
	}
	settings := reachSettings{UsualReach()}
	err := config.Decode(node.Content[0], &settings, config.Place{File: "gateway.yaml"}).Err()
	return settings.Since, err
}

func TestHowFarBackIsASpanADayOrAll(t *testing.T) {
	now := time.Date(2026, 1, 31, 14, 5, 0, 0, wib())
	for text, want := range map[string]time.Time{
		"7d": now.Truncate(time.Hour).AddDate(0, 0, -7), "1y": now.Truncate(time.Hour).AddDate(0, 0, -365), "0": now.Truncate(time.Hour),
		"2026-01-05": time.Date(2026, 1, 5, 0, 0, 0, 0, wib()), `"2026-01-05"`: time.Date(2026, 1, 5, 0, 0, 0, 0, wib()), "all": {},
	} {
		r, err := decodeReach(t, text)
		if got := r.Begin(now, wib()).Time(); err != nil || !got.Equal(want) || r.String() != strings.Trim(text, `"`) && text != "0" && text != "1y" {
			t.Errorf("%s: %s, %s, %v; want %s", text, r, got, err, want)
		}
	}
	for _, text := range []string{"semua", "-7d", "2026-13-01", "[7d]", "31-01-2026", "7d 3", "''"} {
		if r, err := decodeReach(t, text); err == nil {
			t.Errorf("%s is read as %s", text, r)
		}
	}
}

func TestAFirstReadingBeginsAnewOnlyWhenItReachesFurther(t *testing.T) {
	now := time.Date(2026, 1, 31, 14, 5, 0, 0, wib())
	week := UsualReach().Begin(now, wib())
	for _, tt := range []struct {
		r     Reach
		wider bool
	}{
		{UsualReach(), false}, {Reach{Back: config.Duration(time.Hour)}, false}, {Reach{Day: "2026-01-30"}, false},
		{Reach{Back: config.Duration(8 * 24 * time.Hour)}, true}, {Reach{Day: "2025-01-30"}, true}, {Reach{All: true}, true},
	} {
		begun, wider := tt.r.Wider(week, wib())
		if wider != tt.wider || wider && (begun == nil) != tt.r.All {
			t.Errorf("%s: %+v, %v", tt.r, begun, wider)
		}
		if again, twice := tt.r.Wider(begun, wib()); wider && twice {
			t.Errorf("%s: it begins anew again, %+v", tt.r, again)
		}
		if _, wider := tt.r.Wider(nil, wib()); wider {
			t.Errorf("%s: what was read from its beginning is read again", tt.r)
		}
	}
}
