package botapi

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	mostFile = 20 << 20
	linkLife = time.Hour
)

type stored struct {
	content []byte
	folder  string
	ending  string
}

// link is where a file can be had for a while.
type link struct {
	content []byte
	until   time.Time
}

func sum(content []byte) []byte {
	whole := sha256.Sum256(content)
	return whole[:6]
}

// getFile: https://core.telegram.org/bots/api#getfile
func (s *Server) getFile(body *json.Decoder) answer {
	var ask struct {
		ID string `json:"file_id"`
	}
	if err := body.Decode(&ask); err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.stored[ask.ID]
	if f == nil {
		return refuse(http.StatusBadRequest, "Bad Request: invalid file_id")
	}
	if len(f.content) > mostFile {
		return refuse(http.StatusBadRequest, "Bad Request: file is too big")
	}
	path := fmt.Sprintf("%s/file_%d%s", f.folder, len(s.links)+1, f.ending)
	s.links[path] = link{f.content, s.Now().Add(linkLife)}
	return grant(Fields{"file_id": ask.ID, "file_unique_id": fmt.Sprintf("AgAD%x", sum(f.content)), "file_size": len(f.content), "file_path": path})
}

func (s *Server) download(w http.ResponseWriter, path string) {
	s.mu.Lock()
	found, ok := s.links[path]
	gone := !ok || !s.Now().Before(found.until)
	s.mu.Unlock()
	if gone {
		refuse(http.StatusNotFound, "Not Found").write(w)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(found.content)
}
