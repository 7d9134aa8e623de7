// Package botapi simulates Telegram's Bot API for one bot, as far as a complaint channel meets it, with its quirks and,
// when told so, its faults. It is written from Telegram's documentation and shares no code with what it is there to test.
// Only tests import it.
//
// What it holds to, as Telegram does:
//
//   - An update waits for at most a day. getUpdates confirms what lies before its offset; an offset that lies further than
//     ten beyond the last id is answered from the earliest update. After a quiet week the ids begin anew, elsewhere.
//   - A second getUpdates ends the first with 409; a webhook excludes getUpdates, and ends one that waits.
//   - Updates are posted to a webhook in order within each chat, again and again after anything but a 2xx.
//   - A file's link lives for an hour; nothing above 20 MiB is handed out; a file has another file_id each time it is sent.
//   - A group that became a supergroup has another id, and each message to the former is answered with it; what was said before
//     has no id in the new one.
//   - Nobody is written to who never wrote to the bot, or who blocked it.
package botapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is the Bot API of one bot. It is an http.Handler.
type Server struct {
	Token string
	Now   func() time.Time // time.Now unless set before use

	mu      sync.Mutex
	changed chan struct{} // closed and made anew whenever something waits
	ended   chan struct{} // ended tells a waiting getUpdates why, by endedBy
	endedBy string
	lastID  int64
	lastAt  time.Time
	waiting []waitingUpdate
	allowed []string
	hook    webhook
	chats   map[int64]*chat
	stored  map[string]*stored
	links   map[string]link
	sent    []Sent
	faults  map[string][]Fault
	calls   map[string]int
}

// New makes the Bot API of the bot that has this token.
func New(token string) *Server {
	return &Server{
		Token: token, Now: time.Now, changed: make(chan struct{}), lastID: 731_000_000,
		chats: map[int64]*chat{}, stored: map[string]*stored{}, links: map[string]link{},
		faults: map[string][]Fault{}, calls: map[string]int{},
	}
}

// answer is the envelope of every method.
type answer struct {
	OK          bool        `json:"ok"`
	Result      any         `json:"result,omitempty"`
	Code        int         `json:"error_code,omitempty"`
	Description string      `json:"description,omitempty"`
	Parameters  *parameters `json:"parameters,omitempty"`
}

type parameters struct {
	RetryAfter int   `json:"retry_after,omitempty"`
	MovedTo    int64 `json:"migrate_to_chat_id,omitempty"`
}

func refuse(code int, description string) answer { return answer{Code: code, Description: description} }

func grant(result any) answer { return answer{OK: true, Result: result} }

func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	if a.Code != 0 {
		w.WriteHeader(a.Code)
	}
	_ = json.NewEncoder(w).Encode(a) // whoever asked may have gone
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	path, isFile := strings.CutPrefix(path, "file/")
	token, rest, _ := strings.Cut(strings.TrimPrefix(path, "bot"), "/")
	known := strings.HasPrefix(path, "bot") && token == s.Token
	method := rest
	if isFile {
		method = "file"
	}
	switch {
	case !known && strings.Contains(token, ":"):
		refuse(http.StatusUnauthorized, "Unauthorized").write(w)
	case !known:
		refuse(http.StatusNotFound, "Not Found").write(w)
	case s.misbehaves(method, w, r):
	case isFile:
		s.download(w, rest)
	default:
		s.call(r, method).write(w)
	}
}

func (s *Server) call(r *http.Request, method string) answer {
	decoder := json.NewDecoder(r.Body)
	switch method {
	case "getMe":
		return grant(map[string]any{"id": 7000000001, "is_bot": true, "first_name": "Aduan Natuna", "username": "AduanNatunaBot", "can_join_groups": true})
	case "getUpdates":
		return s.getUpdates(r.Context(), decoder)
	case "setWebhook":
		return s.setWebhook(decoder)
	case "deleteWebhook":
		return s.deleteWebhook()
	case "getWebhookInfo":
		return s.webhookInfo()
	case "getFile":
		return s.getFile(decoder)
	case "sendMessage":
		return s.sendMessage(decoder)
	}
	return refuse(http.StatusNotFound, "Not Found: method not found")
}

// Calls is how often a method was called; "file" are the downloads.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}
