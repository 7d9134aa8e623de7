package botapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const (
	retention = 24 * time.Hour
	quietWeek = 7 * 24 * time.Hour
	mostLimit = 100
	mostWait  = 50 * time.Second
)

// waitingUpdate is an update that was not confirmed.
type waitingUpdate struct {
	id    int64
	chat  int64
	body  json.RawMessage
	until time.Time

	due   time.Time // of the webhook
	delay time.Duration
	fails int
}

func (s *Server) wants(kind string) bool {
	return len(s.allowed) == 0 || slices.Contains(s.allowed, kind)
}

func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) expire() {
	now := s.Now()
	s.waiting = slices.DeleteFunc(s.waiting, func(u waitingUpdate) bool { return !now.Before(u.until) })
}

// Waiting is how many updates were not confirmed.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	return len(s.waiting)
}

// getUpdates: https://core.telegram.org/bots/api#getupdates
func (s *Server) getUpdates(ctx context.Context, body *json.Decoder) answer {
	ask := struct {
		Offset  int64     `json:"offset"`
		Limit   int       `json:"limit"`
		Timeout int       `json:"timeout"`
		Allowed *[]string `json:"allowed_updates"`
	}{Limit: mostLimit}
	if err := body.Decode(&ask); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	}
	s.mu.Lock()
	if s.hook.URL != "" {
		s.mu.Unlock()
		return refuse(http.StatusConflict, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	}
	s.endPoll("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
	ended := make(chan struct{})
	s.ended = ended
	if ask.Allowed != nil {
		s.allowed = *ask.Allowed
	}
	s.mu.Unlock()
	limit := min(max(ask.Limit, 1), mostLimit)
	timer := time.NewTimer(min(max(time.Duration(ask.Timeout)*time.Second, 0), mostWait))
	defer timer.Stop()
	for {
		found, changed := s.from(ask.Offset, limit)
		if len(found) > 0 || ask.Timeout <= 0 {
			return grant(found)
		}
		select {
		case <-changed:
		case <-ended:
			return s.endedPoll()
		case <-timer.C:
			return grant(found)
		case <-ctx.Done():
			return grant(found)
		}
	}
}

// endPoll ends a getUpdates that waits.
func (s *Server) endPoll(because string) {
	if s.ended != nil {
		s.endedBy = because
		close(s.ended)
		s.ended = nil
	}
}

func (s *Server) endedPoll() answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return refuse(http.StatusConflict, s.endedBy)
}

// from confirms what lies before an offset and returns what comes from there.
func (s *Server) from(offset int64, limit int) (found []json.RawMessage, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	switch {
	case offset < 0:
		s.waiting = s.waiting[max(0, len(s.waiting)+int(offset)):]
	case offset <= s.lastID+10: // one beyond is not believed
		s.waiting = slices.DeleteFunc(s.waiting, func(u waitingUpdate) bool { return u.id < offset })
	}
	found = []json.RawMessage{}
	for _, u := range s.waiting[:min(limit, len(s.waiting))] {
		found = append(found, u.body)
	}
	return found, s.changed
}
