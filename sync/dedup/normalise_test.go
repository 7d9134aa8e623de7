package dedup

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestNormaliseMakesTheSameWordsEqual(t *testing.T) {
	const want = "lampu jalan di ranai no 12 mati"
	for _, typed := range []string{
		"lampu jalan di ranai no 12 mati",
		"Lampu jalan, di Ranai (No. 12) MATI!!!",
		"  lampu\tjalan\r\ndi Ranai\n\nno 12  mati ",
		`lampu jalan\ndi Ranai\r\nno 12 mati\n`,
		"ｌａｍｐｕ jalan di Ranai no １２ mati",
		"*lampu jalan* di _Ranai_ no 12 mati 🙏🏽",
		"lampu\u200bjalan di Ra\u00adnai no \u202a12\u202c mati",
		"lampu jalan… di Ranai – no 12 – mati",
	} {
		if got := Normalise(typed); got != want {
			t.Errorf("Normalise(%q) = %q", typed, got)
		}
	}
}

func TestNormaliseKeepsWhatMakesAnotherMatter(t *testing.T) {
	seen := map[string]string{}
	for _, text := range []string{
		"lampu mati no 12", "lampu mati no 1 2", "lampu mati no 21", "lampu mati no 12a", "lampu mati",
		"mati lampu no 12", "lampu mati rt 12", "lampu  mati no 112",
	} {
		n := Normalise(text)
		if other, clash := seen[n]; clash {
			t.Errorf("%q and %q are both %q", text, other, n)
		}
		seen[n] = text
	}
}

func TestNormaliseToNothing(t *testing.T) {
	for _, text := range []string{"", " ", "...", "\n", `\n`, `\n\n`, "🙏🙏", "—!?", "\u200b\u200d\ufe0f"} {
		if got := Normalise(text); got != "" {
			t.Errorf("Normalise(%q) = %q", text, got)
		}
	}
}

func TestNormaliseTwiceIsNormaliseOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkNormalised(t, rapid.String().Draw(t, "text")) })
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"Lampu\\nmati", "İßΐ", "\u0345\u0301", "\u1fb3\u0345", "℃№½ﬁ", "Ꭰꭰ", "\xff\xfe", "a\u200d\u0301", "\uff3cn"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkNormalised(t, text) })
}

type fataler interface{ Fatalf(string, ...any) }

func checkNormalised(t fataler, text string) {
	once := Normalise(text)
	if twice := Normalise(once); twice != once {
		t.Fatalf("%+q: once %+q, twice %+q", text, once, twice)
	}
	if strings.TrimSpace(once) != once || strings.Contains(once, "  ") || strings.ContainsFunc(once, unicode.IsPunct) {
		t.Fatalf("%+q: left over in %+q", text, once)
	}
	if swapped := Normalise(" " + text + "\n!"); swapped != once {
		t.Fatalf("%+q: blanks and signs around it make %+q of %+q", text, swapped, once)
	}
}

// The way that is short for ASCII and the long one for the rest lead to the same: a sign that only the long one takes,
// and that folding leaves alone, changes nothing before it.
func TestNormaliseIsTheSameForASCIIBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~\t\n]{0,60}`).Draw(t, "text")
		if short, long := Normalise(text), strings.TrimSuffix(Normalise(text+" é"), "é"); short != strings.TrimSpace(long) {
			t.Fatalf("Normalise(%q) = %q, beside another letter %q", text, short, long)
		}
	})
}
