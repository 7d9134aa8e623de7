package deploy

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/sync/relay"
)

// unit is a systemd unit's settings, each with its values in order.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	settings := map[string][]string{}
	for line := range strings.Lines(text(t, "systemd/satupintu.service")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("%q is no setting", line)
		}
		settings[key] = append(settings[key], value)
	}
	return settings
}

const installed = "/usr/local/bin/satupintu"

func TestTheUnitCallsTheGatewayAsItCanBeCalled(t *testing.T) {
	u := unit(t)
	for _, key := range []string{"ExecStartPre", "ExecStart"} {
		if len(u[key]) != 1 {
			t.Fatalf("%s: %v", key, u[key])
		}
		words := strings.Fields(u[key][0])
		if words[0] != installed || !slices.Contains(words, "/etc/satupintu/gateway.yaml") {
			t.Errorf("%s=%s", key, u[key][0])
		}
		if err := takes(t, words[1:]...); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, gone := range [][]string{{"run", "--no-such-flag"}, {"queue", "no-such-order"}, {"no-such-command"}} {
		if err := takes(t, gone...); err == nil {
			t.Errorf("this test would not see that %v is gone", gone)
		}
	}
}

func TestTheUnitGivesTheGatewayTheTimeItTakesToStop(t *testing.T) {
	stop, err := time.ParseDuration(unit(t)["TimeoutStopSec"][0])
	if err != nil || stop < relay.Grace+10*time.Second {
		t.Errorf("systemd kills after %s (%v); requests under way get %s, and listeners and the store are closed after", stop, err, relay.Grace)
	}
}

func TestTheUnitIsHardened(t *testing.T) {
	u := unit(t)
	for key, want := range map[string]string{
		"User": "satupintu", "Restart": "always", "ExecReload": "/bin/kill -HUP $MAINPID", "StateDirectory": "satupintu",
		"UMask": "0077", "ProtectSystem": "strict", "ProtectHome": "yes", "NoNewPrivileges": "yes", "PrivateTmp": "yes",
		"CapabilityBoundingSet": "", "MemoryDenyWriteExecute": "yes", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
	} {
		if !slices.Equal(u[key], []string{want}) {
			t.Errorf("%s=%v, want %s", key, u[key], want)
		}
	}
	if !strings.Contains(text(t, "systemd/satupintu.service"), "\n#LoadCredential=") {
		t.Error("the unit does not show how credentials are handed over")
	}
	if !strings.Contains(text(t, "systemd/satupintu.sysusers"), "\nu satupintu ") {
		t.Error("nobody makes the user satupintu")
	}
}

func TestTheServiceCanWriteWhereItsConfigurationSays(t *testing.T) {
	var cfg struct{ Store struct{ DSN, Files string } }
	readYAML(t, "systemd/gateway.yaml", &cfg)
	for _, path := range []string{strings.TrimPrefix(cfg.Store.DSN, "sqlite:"), cfg.Store.Files} {
		if filepath.Dir(path) != "/var/lib/"+unit(t)["StateDirectory"][0] {
			t.Errorf("%s is not in the state directory", path)
		}
	}
}

func TestSystemdFindsNothingWrongWithTheUnit(t *testing.T) {
	analyze := need(t, "systemd-analyze", "systemd")
	folder := t.TempDir()
	path := filepath.Join(folder, "satupintu.service")
	write(t, path, strings.ReplaceAll(text(t, "systemd/satupintu.service"), installed, gateway(t)))
	said, err := run(t, analyze, "verify", path)
	if about := regexp.MustCompile(`(?m)^.*satupintu.*$`).FindString(said); err != nil || about != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, said)
	}
}
