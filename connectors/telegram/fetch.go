package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// files are a message's files other than a photo, each once, with a name of ours where the sender gave none: files on
// Telegram's servers have another name each time.
func (m *message) files() []file {
	document := m.Document
	if m.Animation != nil {
		document = nil
	}
	var all []file
	for _, one := range []struct {
		*file
		word, ending string
	}{
		{document, "berkas", ""}, {m.Animation, "animasi", ".mp4"}, {m.Video, "video", ".mp4"}, {m.Audio, "audio", ""},
		{m.Voice, "suara", ".ogg"}, {m.VideoNote, "video", ".mp4"},
	} {
		if one.file == nil {
			continue
		}
		f := *one.file
		if f.Name = nameOf(f.Name); f.Name == "" {
			f.Name = m.nameFor(one.word, one.ending)
		}
		all = append(all, f)
	}
	return all
}

// nameFor tells the files of several messages apart.
func (m *message) nameFor(word, ending string) string {
	return fmt.Sprintf("%s-%d%s", word, m.ID, ending)
}

// media is what must be fetched of a message. Of a photo it is the largest size that may be kept.
func (c *connector) media(m *message) []connectors.Media {
	var media []connectors.Media
	if photo := largest(m.Photo, int64(c.settings.MaxFile)); photo.ID != "" {
		media = append(media, connectors.Media{ID: photo.ID, Name: m.nameFor("foto", ".jpg"), Type: "image/jpeg"})
	}
	if m.Sticker != nil && m.Sticker.ID != "" {
		// A still one's type, and no name: so the gateway knows a sticker, which says nothing yet. Moving ones are no other.
		media = append(media, connectors.Media{ID: m.Sticker.ID, Type: "image/webp"})
	}
	for _, f := range m.files() {
		if f.ID != "" {
			media = append(media, connectors.Media{ID: f.ID, Name: f.Name, Type: complaint.CleanText(f.Type)})
		}
	}
	return media
}

// largest is the largest size of a photo that has at most so many bytes. Where none has, it is the smallest, and Fetch
// says that it is too large.
func largest(sizes []file, most int64) file {
	var best, least file
	for _, size := range sizes {
		if least.ID == "" || size.area() < least.area() {
			least = size
		}
		if size.Size <= most && (best.ID == "" || size.area() > best.area()) {
			best = size
		}
	}
	if best.ID == "" {
		return least
	}
	return best
}

func (f file) area() float64 { return float64(f.Width) * float64(f.Height) }

// Fetch implements connectors.Fetcher. Links run out after an hour, so each fetch asks for a new one.
func (c *connector) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	var found struct {
		Path string `json:"file_path"`
		Size int64  `json:"file_size"`
	}
	ask := struct {
		ID string `json:"file_id"`
	}{m.ID}
	if err := c.calls.call(ctx, "getFile", ask, &found); err != nil {
		return complaint.Attachment{}, err
	}
	switch {
	case found.Size > int64(c.settings.MaxFile):
		return complaint.Attachment{}, errTooLarge(c.settings)
	case found.Path == "" || strings.HasPrefix(found.Path, "/") || !isPlain(found.Path):
		return complaint.Attachment{}, retry.UnreadableAnswer(
			errors.New("getFile: no path that can be fetched: does the server at base_url run with --local?"))
	}
	return c.keep(ctx, cmp.Or(m.Name, "berkas"), found.Path, found.Size)
}

func isPlain(p string) bool { return path.Clean(p) == p && !strings.HasPrefix(p, "..") }

func errTooLarge(s *Settings) error {
	return retry.Never(fmt.Errorf("the file is larger than max_file, %s", s.MaxFile))
}

// keep downloads a file into the store.
func (c *connector) keep(ctx context.Context, name, path string, size int64) (complaint.Attachment, error) {
	answer, err := c.files.open(ctx, path)
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("download: %w", err)
	}
	defer answer.Body.Close()
	if answer.ContentLength >= 0 {
		size = answer.ContentLength
	}
	whole := &wholeFile{from: answer.Body, size: size, most: int64(c.settings.MaxFile)}
	kept, err := c.env.Files.Put(ctx, name, whole)
	switch {
	case errors.Is(whole.err, errLarge):
		return complaint.Attachment{}, errTooLarge(c.settings)
	case whole.err != nil:
		return complaint.Attachment{}, retry.FromTransport(fmt.Errorf("download: %w", whole.err), true)
	case err != nil:
		return complaint.Attachment{}, later(fmt.Errorf("keep a file: %w", err))
	}
	return kept, nil
}

var (
	errLarge = errors.New("it is too large")
	errCut   = errors.New("it breaks off")
)

// wholeFile reads a file and ends well only when all of it came. An error stays: whoever reads on gets it again.
type wholeFile struct {
	from io.Reader
	read int64
	size int64 // what was announced; below 1: nothing was
	most int64
	err  error // but for io.EOF
}

func (w *wholeFile) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.from.Read(p)
	w.read += int64(n)
	switch {
	case w.read > w.most:
		w.err = errLarge
	case err == io.EOF && w.read < w.size:
		w.err = errCut
	case err != nil && err != io.EOF:
		w.err = fmt.Errorf("%w: %w", errCut, err)
	default:
		return n, err
	}
	return 0, w.err
}

// nameOf is a file's name as it may stand anywhere: the last part of what the sender wrote, without signs that hide or
// turn text, at most 150 bytes of its end.
func nameOf(written string) string {
	const most = 150
	name := written[strings.LastIndexAny(written, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, complaint.CleanText(name))
	for len(name) > most {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	return strings.Trim(name, ". ")
}
