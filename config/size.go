package config

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Size is a number of bytes: 512KiB, 25MiB, 1GiB, also 25MB, or plain bytes.
type Size int64

const sizeWords = "a size such as 512KiB or 25MiB"

// sizes from the largest to the smallest.
var sizes = [...]struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1}}

// String is the size as it is written: 25MiB.
func (s Size) String() string {
	for _, unit := range sizes {
		if s > 0 && int64(s)%unit.bytes == 0 && unit.name != "B" {
			return strconv.FormatInt(int64(s)/unit.bytes, 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// TypeName is the type's name in the reference.
func (Size) TypeName() string { return "size" }

// DecodeNode implements NodeDecoder.
func (s *Size) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	text, ok := d.Text(node, path, sizeWords)
	if !ok {
		return
	}
	size, ok := parseSize(text)
	if !ok {
		d.Want(node, path, sizeWords)
		return
	}
	*s = size
}

func parseSize(text string) (Size, bool) {
	factor := int64(1)
	for _, unit := range sizes {
		if number, ok := strings.CutSuffix(text, unit.name); ok {
			text, factor = number, unit.bytes
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return 0, false
	}
	return Size(int64(n) * factor), true
}

// Rate is a number of events a second: 5/s, 300/m, 1000/h. It is always above zero.
type Rate float64

const rateWords = "a rate such as 5/s, 300/m or 1000/h"

var (
	rateForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)/([smh])$`)
	periods  = [...]struct {
		name    string
		seconds float64
	}{{"s", 1}, {"m", 60}, {"h", 3600}}
)

// String is the rate as it is written, by the shortest period in which it is a whole number.
func (r Rate) String() string {
	for _, period := range periods {
		n := float64(r) * period.seconds
		if whole := math.Round(n); whole >= 1 && math.Abs(n-whole) < 1e-6 {
			return strconv.FormatFloat(whole, 'f', 0, 64) + "/" + period.name
		}
	}
	return strconv.FormatFloat(float64(r), 'g', -1, 64) + "/s"
}

// TypeName is the type's name in the reference.
func (Rate) TypeName() string { return "rate" }

// DecodeNode implements NodeDecoder.
func (r *Rate) DecodeNode(d *Decoder, node *yaml.Node, path string) {
	text, ok := d.Text(node, path, rateWords)
	if !ok {
		return
	}
	rate, ok := parseRate(text)
	switch {
	case !ok:
		d.Want(node, path, rateWords)
	case rate <= 0:
		d.Problemf(node, path, "a rate must be above zero, not %s", quote(text))
	default:
		*r = rate
	}
}

func parseRate(text string) (Rate, bool) {
	parts := rateForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	for _, period := range periods {
		if period.name == parts[2] {
			n /= period.seconds
		}
	}
	return Rate(n), err == nil
}
