package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

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
		if f.Name = strings.Trim(connectors.FileName(f.Name, 150), ". "); f.Name == "" {
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
		return complaint.Attachment{}, connectors.LargeFile(c.settings.MaxFile)
	case found.Path == "" || strings.HasPrefix(found.Path, "/") || !isPlain(found.Path):
		return complaint.Attachment{}, retry.UnreadableAnswer(
			errors.New("getFile: no path that can be fetched: does the server at base_url run with --local?"))
	}
	return c.keep(ctx, cmp.Or(m.Name, "berkas"), found.Path, found.Size)
}

func isPlain(p string) bool { return path.Clean(p) == p && !strings.HasPrefix(p, "..") }

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
	whole := connectors.Whole{From: answer.Body, Size: size, Most: c.settings.MaxFile}
	return whole.Keep(ctx, c.env.Files, name)
}
