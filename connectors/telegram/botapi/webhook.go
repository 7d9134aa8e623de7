package botapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The waits between the posts of one update.
const (
	firstDelay = time.Second
	mostDelay  = time.Minute
	mostAsked  = time.Hour
)

type webhook struct {
	URL       string
	Secret    string
	errorAt   time.Time
	errorSays string
}

// setWebhook: https://core.telegram.org/bots/api#setwebhook
// Where Telegram wants https, an address of this machine may do without.
func (s *Server) setWebhook(body *json.Decoder) answer {
	var ask struct {
		URL     string    `json:"url"`
		Secret  string    `json:"secret_token"`
		Allowed *[]string `json:"allowed_updates"`
		Drop    bool      `json:"drop_pending_updates"`
	}
	if err := body.Decode(&ask); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	}
	if ask.URL == "" {
		return s.deleteWebhook()
	}
	if at, err := url.Parse(ask.URL); err != nil || at.Scheme != "https" && at.Hostname() != "127.0.0.1" && at.Hostname() != "localhost" {
		return refuse(http.StatusBadRequest, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endPoll("Conflict: terminated by setWebhook request")
	s.hook = webhook{URL: ask.URL, Secret: ask.Secret}
	if ask.Allowed != nil {
		s.allowed = *ask.Allowed
	}
	if ask.Drop {
		s.waiting = nil
	}
	s.wake()
	return answer{OK: true, Result: true, Description: "Webhook was set"}
}

func (s *Server) deleteWebhook() answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = webhook{}
	return answer{OK: true, Result: true, Description: "Webhook was deleted"}
}

func (s *Server) webhookInfo() answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	info := Fields{"url": s.hook.URL, "has_custom_certificate": false, "pending_update_count": len(s.waiting)}
	if !s.hook.errorAt.IsZero() {
		info["last_error_date"], info["last_error_message"] = s.hook.errorAt.Unix(), s.hook.errorSays
	}
	return grant(info)
}

// Post posts updates to the webhook until the context ends, as Telegram does: those of one chat in order, each again until
// it is answered with a 2xx or a day is over.
func (s *Server) Post(ctx context.Context, transport http.RoundTripper) {
	for ctx.Err() == nil {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		next := s.PostOnce(ctx, transport)
		wait := time.Hour
		if !next.IsZero() {
			wait = max(next.Sub(s.Now()), 0)
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// PostOnce posts every update that is due, and returns when the next one is; zero when none waits.
func (s *Server) PostOnce(ctx context.Context, transport http.RoundTripper) (next time.Time) {
	for {
		u, hook, due := s.dueUpdate()
		if u.id == 0 || ctx.Err() != nil {
			return due
		}
		asked, err := post(ctx, transport, hook, u.body)
		s.posted(u.id, err, asked)
	}
}

// dueUpdate is an update to post now: the first of a chat, where its time has come. Where there is none, due is when there
// will be.
func (s *Server) dueUpdate() (u waitingUpdate, hook webhook, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	if s.hook.URL == "" {
		return waitingUpdate{}, s.hook, time.Time{}
	}
	seen, now := map[int64]bool{}, s.Now()
	for _, u := range s.waiting {
		if seen[u.chat] {
			continue
		}
		seen[u.chat] = true
		if !u.due.After(now) {
			return u, s.hook, time.Time{}
		}
		if due.IsZero() || u.due.Before(due) {
			due = u.due
		}
	}
	return waitingUpdate{}, s.hook, due
}

func post(ctx context.Context, transport http.RoundTripper, hook webhook, body []byte) (asked time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if hook.Secret != "" {
		request.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.Secret)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode/100 == 2 {
		return 0, nil
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	asked = min(time.Duration(seconds)*time.Second, mostAsked)
	return asked, fmt.Errorf("Wrong response from the webhook: %s", response.Status)
}

// posted drops an update that was taken, and sets the time of one that was not.
func (s *Server) posted(id int64, err error, asked time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.waiting, func(u waitingUpdate) bool { return u.id == id })
	switch {
	case i < 0:
	case err == nil:
		s.waiting = slices.Delete(s.waiting, i, i+1)
	default:
		s.hook.errorAt, s.hook.errorSays = s.Now(), err.Error()
		u := &s.waiting[i]
		u.delay = max(2*u.delay, firstDelay)
		if u.delay > mostDelay {
			u.delay = mostDelay + rand.N(mostDelay)
		}
		u.due = s.Now().Add(max(u.delay, asked))
		u.fails++
	}
}
