package botapi

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Fault is one way in which a method misbehaves.
type Fault struct {
	Status      int    // answer with it, and do nothing
	Description string // Telegram's words; when empty, words that are none of Telegram's
	RetryAfter  int    // seconds, with 429
	Body        string // in place of Telegram's JSON, such as a provider's page
	Hang        bool   // never answer; ends when the caller goes
	Lost        bool   // of a method: do what was asked, and lose the answer
	Cut         int    // of a download: break off after so many bytes

	always bool
}

// Fail makes the next calls of a method misbehave, one after the other. The method "file" is the download.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Always makes every call of a method misbehave in one way; a zero Fault ends that.
func (s *Server) Always(method string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault.always = true
	s.faults[method] = nil
	if fault != (Fault{always: true}) {
		s.faults[method] = []Fault{fault}
	}
}

func (s *Server) nextFault(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method]++
	line := s.faults[method]
	if len(line) == 0 {
		return Fault{}
	}
	if !line[0].always {
		s.faults[method] = line[1:]
	}
	return line[0]
}

// misbehaves says whether a fault has taken the call's place.
func (s *Server) misbehaves(method string, w http.ResponseWriter, r *http.Request) bool {
	f := s.nextFault(method)
	switch {
	case f.Hang:
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the caller goes
		<-r.Context().Done()
	case f.Lost:
		s.call(r, method).write(httptest.NewRecorder())
		hangUp(w)
	case f.Cut > 0:
		w.Header().Set("Content-Length", strconv.Itoa(f.Cut+1))
		_, _ = w.Write(make([]byte, f.Cut))
		hangUp(w)
	case f.Body != "":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(max(f.Status, 200))
		_, _ = w.Write([]byte(f.Body))
	case f.Status != 0:
		f.answer().write(w)
	default:
		return false
	}
	return true
}

func (f Fault) answer() answer {
	a := refuse(f.Status, f.Description)
	if a.Description == "" {
		a.Description = fmt.Sprintf("Fault %d", f.Status)
	}
	if f.RetryAfter > 0 {
		a.Parameters = &parameters{RetryAfter: f.RetryAfter}
	}
	return a
}

// hangUp breaks the connection off, where there is one.
func hangUp(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	if connection, _, err := control.Hijack(); err == nil {
		_ = connection.Close()
	}
}
