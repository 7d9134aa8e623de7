package relay

import (
	"fmt"
	"mime"
	"path"
	"regexp"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// attached is the files of a complaint as the platform is told of them: by number, because a name that a citizen gave may say who
// he is, and no words of a text hide it.
func attached(files []complaint.Attachment) []complaint.Attachment {
	var all []complaint.Attachment
	for i, file := range files {
		file.Name = fmt.Sprintf("lampiran-%d%s", i+1, extension(file))
		all = append(all, file)
	}
	return all
}

// ending is what may stand behind the last dot of a name for the kind of the file. What is all digits says something else.
var ending = regexp.MustCompile(`^[0-9]{0,4}[A-Za-z][A-Za-z0-9]{0,4}$`)

const longestEnding = 5

// extension is that of a file's name, else that of its media type, with its dot; empty when neither has one.
func extension(file complaint.Attachment) string {
	_, after, dotted := strings.Cut(path.Ext(file.Name), ".")
	if !dotted || len(after) > longestEnding || !ending.MatchString(after) {
		after = endingOf(file.Type)
	}
	if after == "" {
		return ""
	}
	return "." + strings.ToLower(after)
}

// endingOf is the usual ending of a media type's files: mostly the second half of its name.
func endingOf(declared string) string {
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil {
		return ""
	}
	switch kind {
	case "image/jpeg":
		return "jpg"
	case "text/plain":
		return "txt"
	case "audio/mpeg":
		return "mp3"
	case "application/msword":
		return "doc"
	case "video/quicktime":
		return "mov"
	}
	if _, half, _ := strings.Cut(kind, "/"); len(half) <= longestEnding && ending.MatchString(half) {
		return half
	}
	return ""
}
