package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/store"
)

// What the configuration and the database say of duplicates reaches what compares them.
func TestTheEngineIsMadeOfConfigurationAndModelInUse(t *testing.T) {
	folder := t.TempDir()
	codes := filepath.Join(folder, "codes.csv")
	if err := os.WriteFile(codes, []byte("kode,nama\n21.03,KABUPATEN NATUNA\n21.03.07,Bunguran Barat\n21.03.07.2002,Sedanau\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + filepath.Join(folder, "satupintu.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var log strings.Builder
	b := &base{store: s, log: slog.New(slog.NewTextHandler(&log, nil))}
	cfg, err := config.Default()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Region.Code, cfg.Region.Codes = "21.03", config.Path(codes)
	cfg.Dedup.Window, cfg.Dedup.ReviewAbove, cfg.Dedup.WrongTaps = config.Duration(24*time.Hour), 0.4, true
	o, err := b.engineOptions(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if o.Window != 24*time.Hour || o.ReviewAbove != 0.4 || !o.WrongTaps || o.Gazetteer == nil || o.Model != nil {
		t.Errorf("options are %+v", o)
	}

	model := *dedup.ShippedModel()
	model.ReviewAbove = 0.21
	use(t, s, &model)
	if o, err = b.engineOptions(t.Context(), cfg); err != nil || o.Model == nil || o.Model.ReviewAbove != 0.21 {
		t.Errorf("with a model in use: %+v, %v", o.Model, err)
	}

	cfg.Region.Codes = config.Path(filepath.Join(folder, "none.csv"))
	if _, err := b.engineOptions(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "region.codes") {
		t.Errorf("without the file of codes: %v", err)
	}
}

func use(t *testing.T, s *store.Store, m *dedup.Model) {
	t.Helper()
	var text bytes.Buffer
	if err := m.Write(&text); err != nil {
		t.Fatal(err)
	}
	number, err := s.SaveModel(t.Context(), text.String(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UseModel(t.Context(), number); err != nil {
		t.Fatal(err)
	}
}
