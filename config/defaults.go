package config

import (
	"fmt"
	"time"
)

// Default is the configuration of an empty file: whatever a file leaves out is as it is here. What has no default
// (region.code, store.dsn, national.kind, the fallback agency, the connectors) is empty.
func Default() (*Config, error) {
	wib, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		return nil, fmt.Errorf("load the default time zone: %w", err)
	}
	return &Config{
		Region: Region{Timezone: Timezone{wib}},
		Store:  Store{Files: "files", S3: S3{Timeout: span(2 * time.Minute)}},
		Server: Server{Listen: "127.0.0.1:8311", Metrics: "127.0.0.1:9311", MaxBody: 25 << 20},
		National: National{
			Rate: 5, Concurrency: 4, Timeout: span(2 * time.Minute),
			Sync: Sync{Fresh: span(5 * time.Minute), Old: span(3 * time.Hour)},
		},
		Delivery: Delivery{
			Backoff:     Backoff{First: span(30 * time.Second), Max: span(6 * time.Hour), Factor: 2, Jitter: 0.2},
			GiveUpAfter: span(30 * day),
			Settle:      span(5 * time.Minute),
			Breaker:     Breaker{Failures: 5, OpenFor: span(time.Minute)},
			Lease:       span(30 * time.Second),
		},
		Dedup: Dedup{Window: span(90 * day), Mode: "link", ReviewWait: span(4 * time.Hour)},
		SLA: SLA{
			Verify: span(3 * day), Respond: span(5 * day), Information: span(5 * day),
			Ordinary: span(14 * day), Supervised: span(60 * day), Autoclose: span(10 * day),
		},
		Privacy: Privacy{Retention: span(5 * year), Redact: []string{"nik", "kk", "phone", "email"}},
		Texts:   Texts{Language: "id"},
	}, nil
}

func span(d time.Duration) Duration { return Duration(d) }
