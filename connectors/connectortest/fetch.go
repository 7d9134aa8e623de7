package connectortest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

func fetchPromises() []promise {
	return []promise{
		{"fetch: a file is kept whole, also the largest", whenFetching(fetchesWhole)},
		{"fetch: the same file twice is the same", whenFetching(fetchesTheSame)},
		{"fetch: a file over the limit is refused for good and not kept", whenFetching(refusesLargeFiles)},
		{"fetch: a file that is not there is refused for good", whenFetching(refusesAbsentFiles)},
		{"fetch: a channel that is busy is asked again", whenFetching(triesAgain)},
		{"fetch: a cancelled context returns promptly", whenFetching(fetchesCancelled)},
	}
}

// fileSize is the size of a usual file of the suite, in bytes.
const fileSize = 5000

func whenFetching(keeps func(s *session, c connectors.Connector)) func(*session) {
	return func(s *session) {
		c := s.open()
		if c.Fetch == nil {
			return
		}
		if s.channel.Media == nil || s.channel.MaxFile < fileSize {
			s.t.Fatalf("a channel of files needs Media and a MaxFile of at least %d bytes", fileSize)
		}
		keeps(s, c)
	}
}

func (s *session) fetch(c connectors.Connector, media connectors.Media) complaint.Attachment {
	s.t.Helper()
	got, err := c.Fetch.Fetch(s.ctx, media)
	s.note("", err)
	if err != nil {
		s.t.Fatalf("Fetch: %v", err)
	}
	return got
}

func fetchesWhole(s *session, c connectors.Connector) {
	for i, size := range []int{fileSize, s.channel.MaxFile} {
		media, content := s.channel.Media(s.t, size)
		sum := sha256.Sum256(content)
		got := s.fetch(c, media)
		if got.SHA256 != hex.EncodeToString(sum[:]) || s.files.Count() != i+1 {
			s.t.Errorf("a file of %d bytes comes as %d others; %d files are kept", size, got.Size, s.files.Count())
		}
		if got.Name == "" {
			s.t.Errorf("a file is kept without a name")
		}
	}
}

func fetchesTheSame(s *session, c connectors.Connector) {
	media, _ := s.channel.Media(s.t, fileSize)
	first := s.fetch(c, media)
	for _, again := range []connectors.Connector{c, s.open()} {
		if got := s.fetch(again, media); got != first {
			s.t.Errorf("the same file is %+v and then %+v", first, got)
		}
	}
}

// wantNoFile wants a fetch to fail, and the verdict to be permanent or not.
func (s *session) wantNoFile(c connectors.Connector, media connectors.Media, permanent bool) {
	s.t.Helper()
	got, err := c.Fetch.Fetch(s.ctx, media)
	marked := s.wantMarked(err)
	switch {
	case permanent && marked.Verdict != retry.Permanent:
		s.t.Errorf("the verdict is %s (%v): want it refused for good, or it is asked for without end", marked.Verdict, err)
	case !permanent && marked.Verdict == retry.Permanent:
		s.t.Errorf("it is refused for good (%v): want it asked for again", err)
	}
	if got != (complaint.Attachment{}) || s.files.Count() > 0 {
		s.t.Errorf("a file that cannot be had leaves %+v and %d files", got, s.files.Count())
	}
}

func refusesLargeFiles(s *session, c connectors.Connector) {
	media, _ := s.channel.Media(s.t, s.channel.MaxFile+1)
	s.wantNoFile(c, media, true)
}

func refusesAbsentFiles(s *session, c connectors.Connector) {
	s.wantNoFile(c, connectors.Media{ID: "99999999"}, true)
}

func triesAgain(s *session, c connectors.Connector) {
	if s.channel.Answer == nil {
		s.notTried("Channel.Answer is not given")
		return
	}
	media, _ := s.channel.Media(s.t, fileSize)
	for _, status := range []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
	} {
		s.channel.Answer(status)
		s.wantNoFile(c, media, false)
	}
}

func fetchesCancelled(s *session, c connectors.Connector) {
	media, _ := s.channel.Media(s.t, fileSize)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	s.within("Fetch with a cancelled context", func() {
		_, err := c.Fetch.Fetch(ctx, media)
		s.note("", err)
		if err == nil && s.files.Count() == 0 {
			s.t.Errorf("Fetch with a cancelled context says that it has the file, and has not")
		}
	})
	s.stalled("Fetch", func(ctx context.Context) error {
		_, err := c.Fetch.Fetch(ctx, media)
		return err
	})
}
