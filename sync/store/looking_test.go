package store

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"testing/synctest"
	"time"
)

// A picture that another one keeps from being unpacked does not keep its sender waiting.
func TestAPictureWhoseTurnDoesNotComeIsKeptWithoutALook(t *testing.T) {
	files, err := OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var sent bytes.Buffer
	if err := png.Encode(&sent, image.NewGray(image.Rect(0, 0, 90, 80))); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		files.looking = make(chan struct{}, 1) // the bubble's own
		files.looking <- struct{}{}            // somebody unpacks another one
		began := time.Now()
		kept, err := files.Put(t.Context(), "lampu.png", &sent)
		if err != nil || kept.Look != "" || kept.SHA256 == "" {
			t.Errorf("kept %+v, %v", kept, err)
		}
		if waited := time.Since(began); waited != turnToLook {
			t.Errorf("it was waited for %s, want %s", waited, turnToLook)
		}
	})
}
