package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Duration is a time span as people write it: 30s, 5m, 6h, 30d, 5y (a day is 24 hours, a year 365 days), also 1h30m and
// 500ms. It is never negative.
type Duration time.Duration

const (
	day  = 24 * time.Hour
	year = 365 * day

	durationWords = "a duration such as 30s, 5m or 30d"
)

// units from the largest to the smallest; a span names each at most once, in this order.
var units = [...]struct {
	name string
	size time.Duration
}{{"y", year}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

var durationForm = regexp.MustCompile(`^(?:(\d+)y)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$`)

// D is the span as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String is the span as it is written: 30d, 1h30m.
func (d Duration) String() string {
	rest := time.Duration(d)
	if rest <= 0 || rest%time.Millisecond != 0 {
		return rest.String()
	}
	var text strings.Builder
	for _, unit := range units {
		if n := rest / unit.size; n > 0 {
			text.WriteString(strconv.FormatInt(int64(n), 10) + unit.name)
			rest -= n * unit.size
		}
	}
	return text.String()
}

// TypeName is the type's name in the reference.
func (Duration) TypeName() string { return "duration" }

// DecodeNode implements NodeDecoder.
func (d *Duration) DecodeNode(dec *Decoder, node *yaml.Node, path string) {
	text, ok := dec.Text(node, path, durationWords)
	if !ok {
		return
	}
	span, ok := parseDuration(text)
	switch {
	case ok:
		*d = span
	case strings.HasPrefix(text, "-"):
		dec.Problemf(node, path, "a duration cannot be negative: %s", quote(text))
	default:
		dec.Want(node, path, durationWords)
	}
}

func parseDuration(text string) (Duration, bool) {
	if text == "0" {
		return 0, true
	}
	numbers := durationForm.FindStringSubmatch(text)
	if numbers == nil || text == "" {
		return 0, false
	}
	var sum time.Duration
	for i, unit := range units {
		if numbers[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(numbers[i+1], 10, 64)
		if err != nil || n > int64((math.MaxInt64-sum)/unit.size) {
			return 0, false
		}
		sum += time.Duration(n) * unit.size
	}
	return Duration(sum), true
}
