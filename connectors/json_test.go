package connectors

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bodies are pieces of JSON, put together as they should be and as they should not.
func bodies() *rapid.Generator[[]byte] {
	pieces := []string{
		"{", "}", "[", "]", ":", ",", " ", "\n", "\u00a0", "\ufeff", `"`, `\`, `\"`, `\\`, `"id"`, `"a\"[{"`, `"b\\"`, `"Ranai"`, "12345678901234567890", "null", "1.5", "x",
	}
	broken := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12), func(of []string) []byte { return []byte(strings.Join(of, "")) })
	whole := rapid.Map(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())), func(of map[string][]string) []byte {
		text, err := json.MarshalIndent(of, "", " ")
		if err != nil {
			panic(err)
		}
		return text
	})
	ends := rapid.SampledFrom([]string{"", " ", "\n", "}", "{}", "\ufeff", "\u00a0", "\v"})
	return rapid.Custom(func(t *rapid.T) []byte {
		body := rapid.OneOf(broken, whole).Draw(t, "body")
		return bytes.Join([][]byte{[]byte(ends.Draw(t, "before")), body, []byte(ends.Draw(t, "after"))}, nil)
	})
}

// A body that is an object is read once as it would be in two steps.
func TestAnObjectIsReadAtOnceAsInTwoSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := bodies().Draw(t, "body")
		text, record := Object(body)
		var (
			want map[string]any
			err  error
		)
		whole, broken := JSON(body)
		if broken == nil {
			want, err = Record(whole)
		}
		if broken != nil || err != nil {
			whole, want = nil, nil
		}
		if !bytes.Equal(text, whole) || !cmp.Equal(record, want) {
			t.Errorf("%q is %q %v, want %q %v", body, text, record, whole, want)
		}
	})
	deep := []byte(`{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "}")
	if text, record := Object(deep); text != nil || record != nil {
		t.Errorf("an object that is nested too deep is read: %s", text)
	}
}

func TestDepthCountsWhatIsNotQuoted(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "1": 0, "{}": 1, `{"a":[1,{"b":[]}]}`: 4, `["[[[", {"]": "{"}]`: 2, `["\"[[", []]`: 2, `["\\", [[]]]`: 3, `["\\\"[[[["]`: 1, `["[[[[`: 1,
	} {
		if got := depth([]byte(text)); got != want {
			t.Errorf("%s is nested %d deep, want %d", text, got, want)
		}
	}
}
