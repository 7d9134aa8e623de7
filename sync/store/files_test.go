package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

func TestFilesAreKeptOnceByContent(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "files")
	files, err := store.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	png := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 100_000)...)
	first, err := files.Put(t.Context(), "jalan.txt", bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	second, err := files.Put(t.Context(), "lain.png", iotest.OneByteReader(bytes.NewReader(png)))
	if err != nil {
		t.Fatal(err)
	}
	if first.SHA256 != second.SHA256 || first.Type != "image/png" || first.Size != int64(len(png)) || second.Name != "lain.png" {
		t.Errorf("%+v, %+v", first, second)
	}
	opened, err := files.Open(t.Context(), first.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if got, err := io.ReadAll(opened); err != nil || !bytes.Equal(got, png) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if n := countFiles(t, folder); n != 1 {
		t.Errorf("%d files of one content", n)
	}
}

func TestAPictureIsKeptWithWhatItLooksLike(t *testing.T) {
	files, err := store.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, 180, 160))
	for i := range picture.Pix {
		x, y := i%180/20, i/180/20
		picture.Pix[i] = uint8((x*53 + y*31) % 200)
	}
	var content bytes.Buffer
	if err := png.Encode(&content, picture); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content.Bytes())
	for name, c := range map[string]struct {
		content []byte
		look    string
	}{
		"lampu.png":  {content.Bytes(), dedup.Look(picture)},
		"rusak.png":  {content.Bytes()[:len(content.Bytes())/2], ""},
		"surat.txt":  {[]byte("Lampu di Ranai mati"), ""},
		"kosong.png": {nil, ""},
	} {
		a, err := files.Put(t.Context(), name, bytes.NewReader(c.content))
		if err != nil || a.Look != c.look || a.Size != int64(len(c.content)) {
			t.Errorf("%s: %+v, %v; want the look %q", name, a, err, c.look)
		}
		if name == "lampu.png" && a.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("it is kept under %s", a.SHA256)
		}
	}
	if dedup.Look(picture) == "" {
		t.Error("the picture of this test looks like nothing")
	}
}

func TestAFileThatBreaksOffIsNotKept(t *testing.T) {
	folder := t.TempDir()
	files, err := store.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, came := range []int{0, 10, 1000} {
		for _, dead := range []error{errors.New("the line went dead"), io.ErrUnexpectedEOF} {
			broken := io.MultiReader(strings.NewReader(strings.Repeat("x", came)), iotest.ErrReader(dead))
			if _, err := files.Put(t.Context(), "a", broken); !errors.Is(err, dead) || errors.Is(err, store.ErrShelf) {
				t.Errorf("after %d bytes half a file was kept, %v", came, err)
			}
		}
	}
	if n := countFiles(t, folder); n != 0 {
		t.Errorf("%d files left behind", n)
	}
}

func TestOnlyNamesOfAttachmentsAreOpened(t *testing.T) {
	files, err := store.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../../etc/passwd", strings.Repeat("g", 64), strings.Repeat("a", 63)} {
		if _, err := files.Open(t.Context(), name); err == nil || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := store.OpenFiles("s3://bucket/prefix"); err == nil {
		t.Error("a bucket was taken for a folder")
	}
}

func TestAFileIsGoneOnlyWhereItsFolderIsThere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "files")
	files, err := store.OpenFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := files.Put(t.Context(), "a", strings.NewReader("Jalan di Sedanau rusak"))
	if err != nil {
		t.Fatal(err)
	}
	away := func(when string) {
		t.Helper()
		if _, err := files.Open(t.Context(), kept.SHA256); err == nil || errors.Is(err, fs.ErrNotExist) || retry.Of(err).Verdict != retry.Transient {
			t.Errorf("%s: %v", when, err)
		}
	}
	if err := os.Remove(filepath.Join(folder, kept.SHA256[:2], kept.SHA256)); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Open(t.Context(), kept.SHA256); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one that is not there: %v", err)
	}
	if err := os.Remove(filepath.Join(folder, kept.SHA256[:2])); err != nil {
		t.Fatal(err)
	}
	away("where nothing is mounted on the folder")
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	away("without the folder")
	if _, err := files.Put(t.Context(), "a", strings.NewReader("Lampu di Ranai mati")); !errors.Is(err, store.ErrShelf) {
		t.Errorf("put without the folder: %v", err)
	}
}

func countFiles(t *testing.T, folder string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
