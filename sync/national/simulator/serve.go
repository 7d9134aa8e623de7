package simulator

import (
	"io"
	"net/http"
	"strconv"
)

// ServeHTTP serves one request. A client that is to get no answer gets its connection closed; where that cannot be done
// (HTTP/2, a recorder) it gets a 502 that says so.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, s.options.MaxBody+1))
	if err != nil { // the client went away in the middle: nothing was carried out
		cut(w)
		return
	}
	origin := "http://" + r.Host
	if r.TLS != nil {
		origin = "https://" + r.Host
	}
	out, err := s.exchange(r.Context(), &request{
		method: r.Method, path: r.URL.Path, origin: origin, query: r.URL.Query(), header: r.Header, body: body,
	})
	if err != nil {
		cut(w)
		return
	}
	write(w, out)
}

func write(w http.ResponseWriter, a answer) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone is not our failure
}

func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		write(w, plainAnswer(http.StatusBadGateway, "text/plain", "the simulator cannot close this kind of connection\n"))
		return
	}
	_ = conn.Close()
}
