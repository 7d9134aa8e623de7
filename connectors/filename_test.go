package connectors_test

import (
	"strings"
	"testing"

	"github.com/satupintu/satupintu/connectors"
)

func TestAFileNameIsOnePartWithoutHiddenSigns(t *testing.T) {
	for written, want := range map[string]string{
		"jalan rusak.jpg":                      "jalan rusak.jpg",
		`C:\foto\..\jalan.jpg`:                 "jalan.jpg",
		"../../etc/passwd":                     "passwd",
		"surat\u202egpj.exe":                   "suratgpj.exe",
		"a\x00\nb.png ":                        "ab.png",
		"..":                                   "",
		"foto/":                                "",
		"":                                     "",
		"\xff\xfe.jpg":                         "\ufffd.jpg",
		strings.Repeat("é", 100) + "laut.webp": strings.Repeat("é", 5) + "laut.webp",
	} {
		if got := connectors.FileName(written, 20); got != want {
			t.Errorf("FileName(%q) = %q, want %q", written, got, want)
		}
	}
}
