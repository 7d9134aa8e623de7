package connectors_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// reading is a file store that reads a file again where it broke off, as one with retries of its own does.
type reading struct{ full error }

func (s reading) Put(_ context.Context, name string, r io.Reader) (complaint.Attachment, error) {
	for range 2 {
		if body, err := io.ReadAll(r); err == nil {
			return complaint.Attachment{Name: name, Size: int64(len(body))}, s.full
		}
	}
	return complaint.Attachment{}, errors.New("it cannot be read")
}

func TestAFileIsKeptOnlyWhenAllOfItCame(t *testing.T) {
	for name, c := range map[string]struct {
		file    connectors.Whole
		full    error
		verdict retry.Verdict
		says    string
	}{
		"whole":        {connectors.Whole{From: strings.NewReader("abc"), Size: 3, Most: 3}, nil, 0, ""},
		"of no length": {connectors.Whole{From: strings.NewReader("abc"), Size: -1, Most: 3}, nil, 0, ""},
		"cut":          {connectors.Whole{From: strings.NewReader("abc"), Size: 4, Most: 10}, nil, retry.Uncertain, "breaks off"},
		"broken":       {connectors.Whole{From: io.MultiReader(strings.NewReader("abc"), broken{}), Most: 10}, nil, retry.Uncertain, "breaks off"},
		"too large":    {connectors.Whole{From: strings.NewReader("abcdefghijk"), Most: 10}, nil, retry.Permanent, "larger than max_file, 10"},
		"a full store": {connectors.Whole{From: strings.NewReader("abc"), Most: 3}, errors.New("no space left"), retry.Transient, "no space left"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, err := c.file.Keep(t.Context(), reading{c.full}, "foto.jpg")
			switch {
			case c.says == "" && (err != nil || kept.Name != "foto.jpg" || kept.Size != 3):
				t.Errorf("kept %+v, %v", kept, err)
			case c.says != "" && (err == nil || retry.Of(err).Verdict != c.verdict || !strings.Contains(err.Error(), c.says) || kept.Name != ""):
				t.Errorf("kept %+v, %v (%s)", kept, err, retry.Of(err).Verdict)
			}
		})
	}
}
