package dedup

import (
	"slices"
	"strings"
	"testing"

	"github.com/satupintu/satupintu/sync/complaint"
)

func TestMentionsAreReferencesAndAnnouncedTrackingIDs(t *testing.T) {
	const ref = complaint.Ref("SP-1KAZ5T8M3Q0X4RD")
	for text, want := range map[string]struct {
		ref   complaint.Ref
		track string
	}{
		"SP-1KAZ5T8M3Q0X4RD sudah ada?":                {ref: ref},
		"Sp-1kaz5t8m3q0x4rd gimana min":                {ref: ref}, // as a telephone's keyboard capitalises it
		"laporan sp1kaz5t8m3q0x4rd":                    {ref: ref},
		"Bagaimana laporan nomor 7212345?":             {track: "7212345"},
		"tiket 72123":                                  {track: "72123"},
		"Harga beras 25000 sejak 2019":                 {},
		"Lampu di simpang Sedanau mati":                {},
		"SP-1KAZ5T8M3Q0X4R":                            {},
		"sp-1kaz5t8m3q0x4rdd dan laporan 721234567890": {},
	} {
		refs, tracks, rest := Mentions(text)
		if upper := strings.ToUpper(rest); want.ref != "" && strings.Contains(upper, "X4RD") {
			t.Errorf("%q without its reference is %q", text, rest)
		}
		if want.ref == "" && len(refs) > 0 || want.ref != "" && !slices.Equal(refs, []complaint.Ref{want.ref}) {
			t.Errorf("%q mentions %v", text, refs)
		}
		if want.track == "" && len(tracks) > 0 || want.track != "" && !slices.Equal(tracks, []string{want.track}) {
			t.Errorf("%q mentions the tracking ids %v", text, tracks)
		}
	}
}
