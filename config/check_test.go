package config

import (
	"strings"
	"testing"
)

func TestChecksOfTheWhole(t *testing.T) {
	tests := []struct{ name, add, want string }{
		{"same listeners", "server: { listen: 127.0.0.1:8000, metrics: 127.0.0.1:8000 }", "server.metrics: 127.0.0.1:8000 is the address of server.listen too: want two"},
		{"one listener everywhere", "server: { listen: ':8000', metrics: 127.0.0.1:8000 }", "server.metrics: 127.0.0.1:8000 is the address of server.listen too"},
		{"everywhere in IPv6", "server: { listen: '[::]:8000', metrics: 10.0.0.1:8000 }", "is the address of server.listen too"},
		{"two hosts", "server: { listen: 10.0.0.1:8000, metrics: 127.0.0.1:8000 }", ""},
		{"free ports", "server: { listen: 127.0.0.1:0, metrics: 127.0.0.1:0 }", ""},
		{"no port", "server: { listen: ranai }", `server.listen: want an address such as 127.0.0.1:8311, not "ranai"`},
		{"odd port", "server: { metrics: ':70000' }", `server.metrics: want a port from 0 to 65535, not "70000"`},
		{"cert alone", "server: { tls: { cert: gateway.yaml } }", "server.tls: cert and key go together"},
		{"missing cert", "server: { tls: { cert: tiada.pem, key: tiada.key } }", "server.tls.cert: cannot read "},
		{"no body", "server: { max_body: 0 }", "server.max_body: must be above zero"},
		{"missing users", "users: tiada.yaml", "users: cannot read "},
		{"users is a folder", "users: .", "it is not a file"},
		{"bucket", "store: { dsn: sqlite:a.db, files: s3:// }", `store.files: want s3://bucket/prefix, not "s3://"`},
		{"other cloud", "store: { dsn: sqlite:a.db, files: gs://ember }", `store.files: want a folder or s3://bucket/prefix, not "gs://ember"`},
		{"no files", "store: { dsn: sqlite:a.db, files: '' }", "store.files: must not be empty"},
		{"SQLite with s3", "store: { dsn: sqlite:a.db, files: s3://ember/natuna }", ""},
		{"backoff", "delivery: { backoff: { first: 2h, max: 1h } }", "delivery.backoff.max: 1h is less than delivery.backoff.first, 2h"},
		{"first", "delivery: { backoff: { first: 0s } }", "delivery.backoff.first: must be above zero"},
		{"factor", "delivery: { backoff: { factor: 0.5 } }", "delivery.backoff.factor: must be 1 or more, not 0.5"},
		{"jitter", "delivery: { backoff: { jitter: 1.1 } }", "delivery.backoff.jitter: must be from 0 to 1, not 1.1"},
		{"negative jitter", "delivery: { backoff: { jitter: -0.1 } }", "delivery.backoff.jitter: must be from 0 to 1"},
		{"give up", "delivery: { give_up_after: 0 }", "delivery.give_up_after: must be above zero"},
		{"failures", "delivery: { breaker: { failures: 0 } }", "delivery.breaker.failures: must be 1 or more, not 0"},
		{"open", "delivery: { breaker: { open_for: 0s } }", "delivery.breaker.open_for: must be above zero"},
		{"lease", "delivery: { lease: 4s }", "delivery.lease: must be 5s or more, not 4s"},
		{"settle", "delivery: { settle: 3m }", "delivery.settle: 3m is less than twice national.timeout, 2m"},
		{"timeout", "national: { kind: manual, timeout: 0s }", "national.timeout: must be 100ms or more, not 0s"},
		{"attempts", "delivery: { max_attempts: -1 }", "delivery.max_attempts: must be 0 (age alone decides) or more, not -1"},
		{"negative duration", "delivery: { lease: -1s }", `delivery.lease: a duration cannot be negative: "-1s"`},
		{"concurrency", "national: { kind: manual, concurrency: 0 }", "national.concurrency: must be 1 or more, not 0"},
		{"rate", "national: { kind: manual, rate: 0/s }", `national.rate: a rate must be above zero, not "0/s"`},
		{"bare rate", "national: { kind: manual, rate: 5 }", `national.rate: want a rate such as 5/s, 300/m or 1000/h, not "5"`},
		{"fresh", "national: { kind: manual, sync: { fresh: 0 } }", "national.sync.fresh: must be above zero"},
		{"sync", "national: { kind: manual, sync: { fresh: 4h } }", "national.sync.old: 3h is less than national.sync.fresh, 4h"},
		{"retention", "privacy: { retention: 1h }", "privacy.retention: must be 1d or more, not 1h"},
		{"redact", "privacy: { redact: [nik, nama] }", `privacy.redact[1]: want nik, kk, phone or email, not "nama"`},
		{"half a working day", "sla: { respond: 12h }", "sla.respond: is counted in whole working days, such as 3d, not 12h"},
		{"window", "dedup: { window: 0 }", "dedup.window: must be above zero; to look for no duplicates, write mode: off"},
		{"mode off", "dedup: { mode: off }", ""},
		{"wait", "dedup: { review_wait: 0 }", "dedup.review_wait: must be above zero"},
		{"review", "dedup: { review_above: 1.5 }", "dedup.review_above: must be from 0 to 1, not 1.5"},
		{"empty rule", "routing: { fallback: { agency: a }, rules: [{ when: {}, to: { agency: b } }] }", "routing.rules[0].when: an empty condition matches everything"},
		{"empty lists", "routing: { fallback: { agency: a }, rules: [{ when: { text: [] }, to: { agency: b } }] }", "routing.rules[0].when: an empty condition"},
		{"empty word", "routing: { fallback: { agency: a }, rules: [{ when: { text: [pju, ' '] }, to: { agency: b } }] }", "routing.rules[0].when.text[1]: an empty word matches everything"},
		{"handed to itself", "routing: { fallback: { agency: a, hand_over: a } }", "routing.fallback.hand_over: is the agency itself"},
		{"a rule hands to itself", "routing: { fallback: { agency: a }, rules: [{ when: { text: [pju] }, to: { agency: b, hand_over: b } }] }", "routing.rules[0].to.hand_over: is the agency itself"},
		{"no condition", "routing: { fallback: { agency: a }, rules: [{ to: { agency: b } }] }", `routing.rules[0]: missing required key "when"`},
		{"misspelt condition", "routing: { fallback: { agency: a }, rules: [{ when: { txt: [pju] }, to: { agency: b } }] }", `routing.rules[0].when: unknown key "txt"; did you mean "text"?`},
		{"class", "routing: { fallback: { agency: a }, rules: [{ when: { class: [saran] }, to: { agency: b } }] }", `routing.rules[0].when.class[0]: want supervised, ordinary, aspiration or information, not "saran"`},
		{"source", "routing: { fallback: { agency: a }, rules: [{ when: { source: [satuu] }, to: { agency: b } }] }", `routing.rules[0].when.source[0]: no connector is called "satuu"; did you mean "satu"?`},
		{"unknown source", "routing: { fallback: { agency: a }, rules: [{ when: { source: [midai] }, to: { agency: b } }] }", `no connector is called "midai"`},
		{"no connectors", "connectors: []", "connectors: no connectors: list at least one"},
		{"connectors of another type", "connectors: portal", `connectors: want a list, not "portal"`},
		{"twice", "connectors: [{ name: a, kind: b }, { name: a, kind: c }]", `connectors[1].name: "a" is the name of another connector already: `},
		{"long name", "connectors: [{ name: " + strings.Repeat("a", 41) + ", kind: b }]", "connectors[0].name: want at most 40 lower-case letters"},
		{"longest name", "connectors: [{ name: " + strings.Repeat("a", 40) + ", kind: b }]", ""},
		{"dash first", "connectors: [{ name: -a, kind: b }]", "connectors[0].name: want at most 40"},
		{"number for a name", "connectors: [{ name: 311, kind: b }]", ""},
		{"no name", "connectors: [{ kind: b }]", `connectors[0]: missing required key "name"`},
		{"empty name", "connectors: [{ name: '', kind: b }]", "connectors[0].name: must not be empty"},
		{"rate", "connectors: [{ name: a, kind: b, rate: 0/s }]", "connectors[0].rate: a rate must be above zero, not"},
		{"every", "connectors: [{ name: a, kind: b, every: 10ms }]", "connectors[0].every: must be 1s or more, not 10ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, problems := parseIn(t, replaceSection(test.add))
			got := lines(problems)
			if test.want == "" {
				if got != "" {
					t.Fatalf("refused: %s", got)
				}
				return
			}
			if !strings.Contains(got, ": "+test.want) && !strings.Contains(got, test.want) {
				t.Fatalf("got %s\nwant %s", got, test.want)
			}
			most := 1
			if test.name == "missing cert" { // and its key
				most = 2
			}
			if len(problems) > most {
				t.Errorf("one mistake, %d messages:\n%s", len(problems), got)
			}
		})
	}
}

// replaceSection is the minimal file with one section written otherwise.
func replaceSection(section string) string {
	key, _, _ := strings.Cut(section, ":")
	var text strings.Builder
	skipping := false
	for line := range strings.Lines(minimal) {
		if !strings.HasPrefix(line, " ") {
			skipping = strings.HasPrefix(line, key+":")
		}
		if !skipping {
			text.WriteString(line)
		}
	}
	return text.String() + section + "\n"
}
