package connectors

import (
	"bytes"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

var errText = errors.New("it is a text, a web page or data, and no photo, film, sound or document: it may tell of other people")

// RefuseText refuses text, HTML, JSON, XML and the like where a record names a photo: a citizen may have typed the name, and what
// lies there may be the whole list, which we may read and he may not. The first bytes say what a body is, and where they show
// neither a text nor a file of a kind that is known, what the server calls it (declared, its Content-Type): scripts send
// photos as text/html. Photos, films, sounds, PDF and office documents pass.
func RefuseText(body []byte, declared string) error {
	shown := http.DetectContentType(body)
	switch {
	case bytes.HasPrefix(body, []byte("%PDF-")), bytes.HasPrefix(body, []byte(`{\rtf`)):
		return nil
	case strings.HasPrefix(shown, "text/"), isLetters(body):
		return errText
	case showsFile.MatchString(shown):
		return nil
	}
	if kind, _, _ := strings.Cut(declared, ";"); calledText.MatchString(kind) {
		return errText
	}
	return nil
}

// Compiled patterns never change. The second knows application/vnd.openxmlformats-… for what it is, a document.
var (
	showsFile  = regexp.MustCompile(`^(image|video|audio)/|^application/(ogg|zip)$`)
	calledText = regexp.MustCompile(`(?i)^\s*(text|message|multipart)/|json|yaml|javascript|ecmascript|html|csv|urlencoded|[/+]xml`)
)

// isLetters says whether a body begins with a letter and goes on without bytes that no text has. Some files are known by
// letters alone, a bitmap by BM, and so is a text that begins with them.
func isLetters(body []byte) bool {
	const shows = 512 // bytes by which a media type is known
	for _, b := range body[:min(len(body), shows)] {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\n\f\r\x1b"), rune(b)) {
			return false
		}
	}
	return len(body) > 0 && body[0] < 0x80
}
