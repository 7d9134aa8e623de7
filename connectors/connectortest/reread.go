package connectortest

import (
	"errors"

	"github.com/satupintu/satupintu/connectors"
)

func rereadPromises() []promise {
	return []promise{
		{"reread: what is kept of a complaint becomes the same complaint", whenPolled(rereadsTheSame)},
		{"reread: what cannot be read becomes none", rereadsNoJunk},
	}
}

// rereadsTheSame reads complaints again as if each had been set aside, under the settings that took them in.
func rereadsTheSame(s *session, c connectors.Connector) {
	s.add(3)
	for _, want := range s.poll(c, "").Complaints {
		page, err := s.reread(c, want.Raw.Body)
		if err != nil || len(page.Complaints) != 1 || len(page.SetAside) > 0 {
			s.t.Errorf("what is kept of complaint %q becomes %d complaints, %d set aside, %v", want.SourceID, len(page.Complaints), len(page.SetAside), err)
			continue
		}
		got := page.Complaints[0]
		if got.SourceID != want.SourceID || got.ContentHash() != want.ContentHash() {
			s.t.Errorf("what is kept of complaint %q becomes another, with the id %q", want.SourceID, got.SourceID)
		}
		s.wantFit(got)
	}
}

func rereadsNoJunk(s *session) {
	c := s.open()
	for _, raw := range []string{"", "\x00", "[]", "{}", "null", `{"id":`, `[{"id":{}}]`} {
		page, err := s.reread(c, []byte(raw))
		if len(page.Complaints) > 0 || err == nil && len(page.SetAside) == 0 {
			s.t.Errorf("%q, of which nothing can be read, becomes %d complaints, %d set aside, %v", raw, len(page.Complaints), len(page.SetAside), err)
		}
		if err != nil && !errors.Is(err, connectors.ErrNotKept) {
			s.t.Errorf("%q, of which nothing can be read, gives %v, which is no ErrNotKept: nothing that lies behind it is read", raw, err)
		}
	}
}

func (s *session) reread(c connectors.Connector, raw []byte) (connectors.Page, error) {
	s.t.Helper()
	page, err := c.Reread.Reread(s.ctx, connectors.NewPatience(s.patience), connectors.SetAside{Where: "kept", Raw: raw})
	s.note("", err)
	for _, aside := range page.SetAside {
		s.note(aside.Detail, nil)
	}
	return page, err
}
