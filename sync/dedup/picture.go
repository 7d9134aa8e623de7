package dedup

import (
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"time"
)

// What a picture may cost. Whoever complains may send anything, also what was made to be slow or large to unpack.
const (
	MostPictureBytes  = 20 << 20
	mostPicturePoints = 40_000_000
	mostPictureTime   = 5 * time.Second
)

// Pictures are the media types ReadLook reads.
func Pictures() []string { return []string{"image/jpeg", "image/png", "image/gif"} }

// ReadLook is the Look of a picture of one of the Pictures, as it lies in a file; of a moving one, of its first image. What
// is broken, too large, too slow to unpack or of another type has none.
func ReadLook(mediaType string, file io.ReadSeeker) (look string) {
	defer func() {
		if recover() != nil { // a decoder failed on what somebody sent: that picture has no look
			look = ""
		}
	}()
	decodeConfig, decode := decoders(mediaType)
	if decode == nil {
		return ""
	}
	bounded := func() io.Reader {
		return &hurried{from: io.LimitReader(file, MostPictureBytes), by: time.Now().Add(mostPictureTime)}
	}
	size, err := decodeConfig(bounded())
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > mostPicturePoints/size.Height {
		return ""
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return ""
	}
	picture, err := decode(bounded())
	if err != nil {
		return ""
	}
	return Look(picture)
}

func decoders(mediaType string) (func(io.Reader) (image.Config, error), func(io.Reader) (image.Image, error)) {
	switch mediaType {
	case "image/jpeg":
		return jpeg.DecodeConfig, jpeg.Decode
	case "image/png":
		return png.DecodeConfig, png.Decode
	case "image/gif":
		return gif.DecodeConfig, gif.Decode
	}
	return nil, nil
}

// hurried breaks off when its time is over: a small file can hold a day's work for a decoder.
type hurried struct {
	from io.Reader
	by   time.Time
}

var errSlow = errors.New("the picture takes too long to unpack")

func (h *hurried) Read(p []byte) (int, error) {
	if time.Now().After(h.by) {
		return 0, errSlow
	}
	return h.from.Read(p)
}
