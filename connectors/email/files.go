package email

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// keep puts a mail's files into the store, each once, and says which were left out and why. An error is the store's.
func (c *connector) keep(ctx context.Context, files []file) (kept []complaint.Attachment, left []string, err error) {
	for _, f := range files {
		if len(kept) >= c.settings.MaxFiles {
			left = append(left, nameOf(f)+" (terlalu banyak berkas)")
			continue
		}
		content := decode(f.encoding, f.body, int(c.settings.MaxFile))
		if reason := c.unfit(f, content); reason != "" {
			left = append(left, nameOf(f)+" ("+reason+")")
			continue
		}
		attachment, err := c.env.Files.Put(ctx, nameOf(f), bytes.NewReader(content))
		if err != nil {
			return nil, nil, fmt.Errorf("keep a file of a mail: %w", err)
		}
		same := func(a complaint.Attachment) bool { return a.SHA256 == attachment.SHA256 && a.SHA256 != "" } // a preview keeps nothing
		if !slices.ContainsFunc(kept, same) {
			kept = append(kept, attachment)
		}
	}
	return kept, left, nil
}

func (c *connector) unfit(f file, content []byte) string {
	switch {
	case f.cut || int64(len(content)) > int64(c.settings.MaxFile):
		return "terlalu besar"
	case len(content) == 0:
		return "kosong atau rusak"
	}
	return ""
}

// nameOf is a file's name as it may stand anywhere, with an ending.
func nameOf(f file) string {
	if name := strings.Trim(connectors.FileName(f.name, 150), ". "); name != "" {
		return name
	}
	return "lampiran" + ending(f.kind)
}

func ending(kind string) string {
	switch kind {
	case "image/jpeg":
		return ".jpg"
	case "image/png", "image/gif", "image/webp", "image/heic", "video/mp4", "application/pdf":
		return "." + kind[strings.IndexByte(kind, '/')+1:]
	case "message/rfc822":
		return ".eml"
	case "text/plain":
		return ".txt"
	}
	return ""
}
