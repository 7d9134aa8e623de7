package main

import (
	"os"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

func TestTheExampleConfigurationsAreInOrder(t *testing.T) {
	t.Setenv("PORTAL_SECRET", "rahasia-portal-natuna")
	t.Setenv("OPENSID_DSN", "mysql://satupintu:rahasia@127.0.0.1:3306/opensid")
	for _, secret := range []string{"WA_SECRET", "WA_TOKEN", "WA_VERIFY"} {
		t.Setenv(secret, "rahasia")
	}
	t.Setenv("SATUPINTU_KEY", strings.Repeat("0123456789abcdef", 4))
	for _, file := range []string{"gateway.example.yaml", "try.yaml"} {
		p, err := loadPlan("../../docs/" + file)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(p.connectors) != len(p.Connectors) || p.platform == nil {
			t.Errorf("%s: %d of %d connectors have settings", file, len(p.connectors), len(p.Connectors))
		}
	}
}

func TestThePreviewOfTheTrialReadsItsSheet(t *testing.T) {
	rows, _, err := preview(t.Context(), "../../docs/try.yaml", "counter", 10)
	if err != nil || len(rows) != 2 || rows[1].Complaint == nil || localTime(rows[1].Complaint.ReportedAt) != "2025-08-17 00:00" {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestTheReferenceOfConnectorsIsUpToDate(t *testing.T) {
	page, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != connectors.Reference(connectorKinds()) {
		t.Error("docs/connectors.md is stale: run make docs")
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	for _, line := range strings.Split(connectors.Reference(connectorKinds()), "\n") {
		if strings.HasPrefix(line, "| `") && strings.HasSuffix(line, "|  |") {
			t.Errorf("a setting has no doc tag: %s", line)
		}
	}
}
