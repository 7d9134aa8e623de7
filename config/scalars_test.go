package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurationsAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "5m": 5 * time.Minute, "6h": 6 * time.Hour, "30d": 30 * day, "5y": 5 * year,
		"1h30m": 90 * time.Minute, "1y2d3h4m5s6ms": year + 2*day + 3*time.Hour + 4*time.Minute + 5*time.Second + 6*time.Millisecond,
		"500ms": 500 * time.Millisecond, "0": 0, "0s": 0, "292y": 292 * year,
	} {
		if got, ok := parseDuration(text); !ok || got.D() != want {
			t.Errorf("%q is %v, %v; want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "30", "soon", "-5m", "1.5h", "5 m", "5M", "5w", "30m1h", "5mm", "m", "293y", "292y365d",
		"99999999999999999999s", "1h-5m", "５m",
	} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestDurationSaysItselfAsItIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(time.Duration(rapid.Int64Range(0, int64(250*year/time.Millisecond)).Draw(t, "ms")) * time.Millisecond)
		if back, ok := parseDuration(d.String()); !ok || back != d {
			t.Fatalf("%d says %q, read as %d, %v", d, d, back, ok)
		}
	})
	for d, want := range map[time.Duration]string{
		90 * day: "90d", 90 * time.Minute: "1h30m", 0: "0s", year: "1y", 1500 * time.Microsecond: "1.5ms", -time.Second: "-1s",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestSizesAreBytes(t *testing.T) {
	for text, want := range map[string]Size{
		"25MiB": 25 << 20, "512KiB": 512 << 10, "1GiB": 1 << 30, "25MB": 25e6, "3kB": 3000, "2GB": 2e9, "17": 17, "17B": 17, "0": 0,
	} {
		if got, ok := parseSize(text); !ok || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "25 MiB", "25mib", "25M", "9223372036854775808", "8589934592GiB", "+1"} {
		if got, ok := parseSize(text); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Size(rapid.Int64Min(0).Draw(t, "bytes"))
		if back, ok := parseSize(s.String()); !ok || back != s {
			t.Fatalf("%d says %q, read as %d, %v", int64(s), s, int64(back), ok)
		}
	})
}

func TestRatesArePerSecond(t *testing.T) {
	for text, want := range map[string]float64{"5/s": 5, "300/m": 5, "1000/h": 1000.0 / 3600, "0.5/s": 0.5} {
		if got, ok := parseRate(text); !ok || float64(got) != want {
			t.Errorf("%q is %v, %v; want %v", text, float64(got), ok, want)
		}
	}
	for _, text := range []string{"", "5", "/s", "5/d", "-5/s", "5 /s", "1e9/s", "NaN/s", "5/sec"} {
		if got, ok := parseRate(text); ok {
			t.Errorf("%q is read as %v", text, float64(got))
		}
	}
	for rate, want := range map[Rate]string{5: "5/s", 0.5: "30/m", 1000.0 / 3600: "1000/h", 0.0001: "0.0001/s"} {
		if rate.String() != want {
			t.Errorf("%v is written %q, want %q", float64(rate), rate, want)
		}
	}
}

func TestDSNsOfTwoKindsAreAccepted(t *testing.T) {
	at := Place{from: &source{dir: "/srv/natuna"}}
	for text, want := range map[string]DSN{
		"sqlite:aduan.db":                                "sqlite:/srv/natuna/aduan.db",
		"sqlite:/var/lib/aduan.db":                       "sqlite:/var/lib/aduan.db",
		"sqlite:///var/lib/aduan.db":                     "sqlite:/var/lib/aduan.db",
		"postgres://natuna@db/aduan?sslmode=verify-full": "postgres://natuna@db/aduan?sslmode=verify-full",
		"postgresql://db/aduan":                          "postgresql://db/aduan",
	} {
		if got, wrong := dsn(text, false, at); wrong != "" || got != want {
			t.Errorf("%s is %s, %s; want %s", text, string(got), wrong, string(want))
		}
	}
	for text, want := range map[string]string{
		"":                                     "want sqlite:FILE or postgres",
		"mysql://natuna:rahasia@db/aduan":      "want sqlite:FILE or postgres",
		"aduan.db":                             "want sqlite:FILE or postgres",
		"sqlite:":                              "want sqlite:FILE",
		"sqlite:file:aduan.db":                 "want sqlite:FILE",
		"sqlite::memory:":                      "in memory",
		"sqlite:aduan.db?_pragma=sync(0)":      "takes no options",
		"sqlite://aduan.db":                    "without the slashes",
		"postgres://n:rahasia@db/aduan":        "a secret is never written here",
		"postgres://n@db/a?password=rahasia":   "a secret is never written here",
		"postgres://n@db/a?password=rahasia;x": "cannot be read",
		"postgres://n:rahasia@db:x/aduan":      "not a postgres",
	} {
		got, wrong := dsn(text, false, at)
		if got != "" || !strings.Contains(wrong, want) {
			t.Errorf("%s is %q, %q; want the message %q", text, string(got), wrong, want)
		}
		if strings.Contains(wrong, "rahasia") {
			t.Errorf("the message repeats the password: %s", wrong)
		}
	}
	if got, wrong := dsn("postgres://n:rahasia@db/aduan", true, at); wrong != "" || string(got) != "postgres://n:rahasia@db/aduan" {
		t.Errorf("a DSN from a secret is %q, %q", string(got), wrong)
	}
}

func TestDSNPrintsItsPasswordAsDots(t *testing.T) {
	for d, want := range map[DSN]string{
		"postgres://n:rahasia@db/aduan?sslmode=require":      "postgres://n:••••••@db/aduan?sslmode=require",
		"postgres://n@db/aduan?password=rahasia&sslmode=off": "postgres://n@db/aduan?password=••••••&sslmode=off",
		"postgres://n:rahasia@db:x/aduan":                    "••••••",
		"postgres://n@db/aduan?password=rahasia;":            "••••••",
		"postgres://n@db/aduan":                              "postgres://n@db/aduan",
		"sqlite:/srv/aduan.db":                               "sqlite:/srv/aduan.db",
	} {
		if got := d.String(); got != want {
			t.Errorf("prints %s, want %s", got, want)
		}
		for _, printed := range everyWay(t, struct{ DSN DSN }{d}, d) {
			if strings.Contains(printed, "rahasia") && !strings.HasPrefix(printed, "%!p(") {
				t.Errorf("the password prints: %s", printed)
			}
		}
	}
}

func TestTimezoneIsLoadedAndNeverNil(t *testing.T) {
	if got := (Timezone{}).Location(); got != time.UTC {
		t.Errorf("the zero zone is %v", got)
	}
	c, problems := parseIn(t, strings.Replace(minimal, `code: "21.03"`, `code: "21.03", timezone: Asia/Jayapura`, 1))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, offset := time.Unix(0, 0).In(c.Region.Timezone.Location()).Zone(); offset != 9*3600 {
		t.Errorf("WIT is %d seconds from UTC", offset)
	}
	for _, zone := range []string{"WIB", `""`, "Local", "../Jakarta", "[a]", "Asia/Ranai"} {
		_, problems := parseIn(t, strings.Replace(minimal, `code: "21.03"`, `code: "21.03", timezone: `+zone, 1))
		if !strings.Contains(fmt.Sprint(problems), "want a time zone such as") {
			t.Errorf("zone %s: %v", zone, problems)
		}
	}
}
