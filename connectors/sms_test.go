package connectors

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSMSAreCutByWhatTheyHold(t *testing.T) {
	for _, tt := range []struct {
		text    string
		unicode bool
		sizes   []int // in runes
	}{
		{"", false, []int{0}},
		{strings.Repeat("a", 160), false, []int{160}},
		{strings.Repeat("a", 161), false, []int{153, 8}},
		{strings.Repeat("€", 80), false, []int{80}},
		{strings.Repeat("€", 81), false, []int{76, 5}},
		{"“lampu” – mati…", false, []int{17}},
		{strings.Repeat("猫", 70), true, []int{70}},
		{strings.Repeat("猫", 71), true, []int{67, 4}},
		{strings.Repeat("😀", 36), true, []int{33, 3}},
		{strings.Repeat("a", 900), false, []int{153, 153, 153}},
	} {
		got := FoldSMS(tt.text, 3)
		var sizes []int
		for _, part := range got.Parts {
			sizes = append(sizes, utf8.RuneCountInString(part))
		}
		if got.Unicode != tt.unicode || !slices.Equal(sizes, tt.sizes) {
			t.Errorf("%.10s…: %v %v, want %v %v", tt.text, got.Unicode, sizes, tt.unicode, tt.sizes)
		}
	}
}

func TestATextThatIsTooLongEndsAtAWord(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 900):                       "a...",
		strings.Repeat("lampu jalan, ", 50):            "lampu jalan...",
		strings.Repeat("a", 150) + " sangatlah banyak": "a...",
	} {
		got := FoldSMS(text, 1)
		if len(got.Parts) != 1 || !strings.HasSuffix(got.Text(), want) || utf8.RuneCountInString(got.Text()) > 160 {
			t.Errorf("%.20s: %d parts, %d letters, ends in %q", text, len(got.Parts), len(got.Text()), got.Text()[max(0, len(got.Text())-20):])
		}
	}
}

// wide is how many places a part takes, counted anew.
func wide(part string, unicode bool) int {
	if unicode {
		return len(utf16.Encode([]rune(part)))
	}
	n := 0
	for _, r := range part {
		if n++; strings.ContainsRune("\f^{}\\[~]|€", r) {
			n++
		}
	}
	return n
}

func wantFolded(t interface{ Fatalf(string, ...any) }, text string, most int) {
	got := FoldSMS(text, most)
	room := map[bool][2]int{false: {160, 153}, true: {70, 67}}[got.Unicode]
	for i, part := range got.Parts {
		most := room[1]
		if len(got.Parts) == 1 {
			most = room[0]
		}
		if n := wide(part, got.Unicode); n > most || !utf8.ValidString(part) && utf8.ValidString(text) {
			t.Fatalf("part %d takes %d places of %d", i+1, n, most)
		}
	}
	if len(got.Parts) == 0 || len(got.Parts) > most {
		t.Fatalf("%d parts of at most %d", len(got.Parts), most)
	}
}

func TestSMSPartsFitAndLoseNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		letters := rapid.SampledFrom([]string{"abc {€é", "abc é猫😀"}).Draw(r, "letters")
		text := rapid.StringOfN(rapid.RuneFrom([]rune(letters)), 0, 900, -1).Draw(r, "text")
		wantFolded(r, text, rapid.IntRange(1, MostSMSParts).Draw(r, "most"))
		if got := FoldSMS(text, MostSMSParts); got.Text() != text && len(got.Parts) < MostSMSParts {
			r.Fatalf("the parts say %q", got.Text())
		}
	})
}

func FuzzFoldSMS(f *testing.F) {
	f.Add("Laporan SP-1KAZ5T8M3Q0X4RD: selesai. €", 3)
	f.Add(strings.Repeat("😀", 40), 1)
	f.Fuzz(func(t *testing.T, text string, most int) {
		wantFolded(t, text, max(1, most%MostSMSParts))
	})
}
