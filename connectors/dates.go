package connectors

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time as channels write it. With layouts (Go's) only those are tried, in order. Without, it reads:
//
//	2026-01-03T14:05:00+07:00        RFC 3339, with or without zone, seconds and fraction
//	2026-01-03 14:05, 2026/01/03     year first
//	03-01-2026 14:05, 3/1/26         day first, always: 01/03/2026 is the first of March
//	3 Januari 2026 pukul 14.05 WITA  Indonesian and English months, long and short; 17-Agu-25; January 3, 2026 2:05 PM
//	1767423900, 1767423900000        Unix seconds, milliseconds, microseconds, nanoseconds
//	20260103, 20260103140500         digits alone
//	46025.586806                     a spreadsheet's day number (between 20000 and 100000)
//
// A year of two digits is 1969 to 2068. A time without a zone is in zone; WIB, WITA and WIT are known whatever zone is.
// The error never carries s.
func ParseTime(s string, layouts []string, zone *time.Location) (time.Time, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return time.Time{}, errors.New("is blank where a time is expected")
	}
	if len(s) > 200 {
		return time.Time{}, errors.New("is a long text where a time is expected")
	}
	at, err := parseAny(s, layouts, zone)
	if err != nil {
		return time.Time{}, err
	}
	if year := at.Year(); year < 1900 || year > 2199 {
		return time.Time{}, errors.New("is a time outside the years 1900 to 2199")
	}
	return at, nil
}

func parseAny(s string, layouts []string, zone *time.Location) (time.Time, error) {
	for _, layout := range layouts {
		if at, ok := parseLayout(s, layout, zone); ok {
			return at, nil
		}
	}
	if len(layouts) > 0 {
		return time.Time{}, fmt.Errorf("is not a time written as %s", strings.Join(layouts, " or "))
	}
	if at, ok := parseRFC3339(s); ok {
		return at, nil
	}
	if at, ok := parseNumber(s, zone); ok {
		return at, nil
	}
	if at, ok := parseWords(s, zone); ok {
		return at, nil
	}
	return time.Time{}, errors.New("is not a time that can be read; give its layout in map, such as 02-01-2006 15:04")
}

// parseRFC3339 reads what most programs write, to the second, as parseWords would and in a tenth of the time.
func parseRFC3339(s string) (time.Time, bool) {
	if len(s) != len("2006-01-02T15:04:05Z") && len(s) != len("2006-01-02T15:04:05+07:00") {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Nanosecond() != 0 {
		return time.Time{}, false
	}
	if strings.HasSuffix(s, "Z") {
		return at.UTC(), true
	}
	_, offset := at.Zone()
	return at.In(time.FixedZone("", offset)), true
}

// parseLayout tries one layout. The month and weekday names of s may be Indonesian.
func parseLayout(s, layout string, zone *time.Location) (time.Time, bool) {
	layout = strings.Join(strings.Fields(layout), " ")
	if head, named := strings.CutSuffix(layout, "MST"); named {
		// time.Parse takes an abbreviation it does not know for UTC.
		i := strings.LastIndexByte(s, ' ') + 1
		known, ok := zoneOf(s[i:])
		if !ok {
			return time.Time{}, false
		}
		s, layout, zone = strings.TrimSpace(s[:i]), strings.TrimSpace(head), known
	}
	long := strings.Contains(layout, "January")
	s = word.ReplaceAllStringFunc(s, func(w string) string {
		if month, ok := monthOf(w); ok {
			return cutName(month.String(), long)
		}
		if day, ok := weekdayOf(w); ok {
			return cutName(day.String(), strings.Contains(layout, "Monday"))
		}
		return w
	})
	at, err := time.ParseInLocation(layout, s, zone)
	return at, err == nil
}

func cutName(name string, long bool) string {
	if long {
		return name
	}
	return name[:3]
}

func parseNumber(s string, zone *time.Location) (time.Time, bool) {
	if !digits.MatchString(s) {
		return time.Time{}, false
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return time.Time{}, false
	}
	whole, _, _ := strings.Cut(s, ".")
	whole = strings.TrimLeft(whole, "0")
	switch at, err := time.ParseInLocation("20060102150405", whole, zone); {
	case whole == s && len(whole) == 14 && err == nil:
		return at, true
	case n >= 20_000 && n < 100_000:
		return spreadsheetDay(n, zone), true
	case whole == s && len(whole) == 8:
		day, err := time.ParseInLocation("20060102", whole, zone)
		return day, err == nil
	}
	return unix(whole, n)
}

func unix(whole string, n float64) (time.Time, bool) {
	i, err := strconv.ParseInt(whole, 10, 64)
	switch length := len(whole); {
	case err != nil || length < 9:
		return time.Time{}, false
	case length <= 11:
		return time.UnixMilli(int64(math.Round(n * 1000))).UTC(), true
	case length <= 13:
		return time.UnixMilli(i).UTC(), true
	case length <= 16:
		return time.UnixMicro(i).UTC(), true
	default:
		return time.Unix(0, i).UTC(), true
	}
}

// spreadsheetDay reads days since 30 December 1899, as spreadsheets count them from March 1900 on.
func spreadsheetDay(n float64, zone *time.Location) time.Time {
	day, part := math.Modf(n)
	seconds := int(math.Round(part * 24 * 60 * 60))
	return time.Date(1899, 12, 30+int(day), 0, 0, seconds, 0, zone)
}

// The shapes of a written date, each with the time of day and zone that may follow. Compiled patterns never change.
var (
	digits    = regexp.MustCompile(`^\d{5,19}(?:\.\d{1,12})?$`)
	word      = regexp.MustCompile(`[\pL']+`)
	yearFirst = regexp.MustCompile(`^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})` + timeOfDay)
	dayFirst  = regexp.MustCompile(`^(?P<d>\d{1,2})(?:st|nd|rd|th)?(?: ?[-/.] ?| )(?P<m>\d{1,2}|\pL+)\.?(?: ?[-/.,] ?| )(?P<y>\d{4}|\d{2})` + timeOfDay)
	monthWord = regexp.MustCompile(`^(?P<m>\pL+)\.?[ -](?P<d>\d{1,2})(?:st|nd|rd|th)?(?:, ?| )(?P<y>\d{4})` + timeOfDay)
	weekday   = regexp.MustCompile(`^([\pL']+)[.,]* +`)
)

const timeOfDay = `(?:(?:T|, ?| - | )(?:(?i:pukul|pkl\.?|jam) ?)?(?P<h>\d{1,2})[:.](?P<i>\d{2})(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9})\d*)?)?` +
	` ?(?P<p>(?i:am|pm))? ?(?P<z>(?i:WIB|WITA|WIT|Z)|(?i:UTC|GMT)?[+-]\d{2}:?(?:\d{2})?|(?i:UTC|GMT))?(?: \([^()]*\))?)?$`

func parseWords(s string, zone *time.Location) (time.Time, bool) {
	if found := weekday.FindStringSubmatch(s); found != nil {
		if _, ok := weekdayOf(found[1]); ok {
			s = s[len(found[0]):]
		}
	}
	for _, shape := range []*regexp.Regexp{yearFirst, dayFirst, monthWord} {
		found := shape.FindStringSubmatch(s)
		if found == nil {
			continue
		}
		part := make(map[string]string, len(found))
		for i, name := range shape.SubexpNames() {
			part[name] = found[i]
		}
		return assemble(part, zone)
	}
	return time.Time{}, false
}

func assemble(part map[string]string, zone *time.Location) (time.Time, bool) {
	year, month, day := number(part["y"]), time.Month(number(part["m"])), number(part["d"])
	if named, ok := monthOf(part["m"]); ok {
		month = named
	}
	if len(part["y"]) == 2 {
		year += 1900
		if year < 1969 {
			year += 100
		}
	}
	hour, ok := hourOf(part["h"], part["p"])
	minute, second := number(part["i"]), number(part["s"])
	if !ok || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	if part["z"] != "" {
		if zone, ok = zoneOf(part["z"]); !ok {
			return time.Time{}, false
		}
	}
	nano := number((part["f"] + "000000000")[:9])
	at := time.Date(year, month, day, hour, minute, second, nano, zone)
	same := month >= time.January && month <= time.December && day >= 1 && day <= daysIn(year, month)
	return at, same
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func hourOf(text, half string) (int, bool) {
	hour := number(text)
	if half == "" {
		return hour, hour <= 23
	}
	if hour < 1 || hour > 12 {
		return 0, false
	}
	hour %= 12
	if strings.EqualFold(half, "pm") {
		hour += 12
	}
	return hour, true
}

// number reads digits; anything else is 0.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func zoneOf(name string) (*time.Location, bool) {
	name = strings.ToUpper(name)
	switch name {
	case "WIB":
		return time.FixedZone("WIB", 7*3600), true
	case "WITA":
		return time.FixedZone("WITA", 8*3600), true
	case "WIT":
		return time.FixedZone("WIT", 9*3600), true
	case "Z", "UTC", "GMT":
		return time.UTC, true
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "UTC"), "GMT")
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if at, err := time.Parse(layout, name); err == nil {
			_, offset := at.Zone()
			return time.FixedZone("", offset), true
		}
	}
	return nil, false
}

func monthOf(name string) (time.Month, bool) {
	switch strings.ToLower(name) {
	case "jan", "januari", "january":
		return time.January, true
	case "feb", "peb", "februari", "pebruari", "february":
		return time.February, true
	case "mar", "mrt", "maret", "march":
		return time.March, true
	case "apr", "april":
		return time.April, true
	case "mei", "may":
		return time.May, true
	case "jun", "juni", "june":
		return time.June, true
	case "jul", "juli", "july":
		return time.July, true
	case "agu", "agt", "ags", "agust", "agustus", "aug", "august":
		return time.August, true
	case "sep", "sept", "september":
		return time.September, true
	case "okt", "oct", "oktober", "october":
		return time.October, true
	case "nov", "nop", "november", "nopember":
		return time.November, true
	case "des", "dec", "desember", "december":
		return time.December, true
	}
	return 0, false
}

func weekdayOf(name string) (time.Weekday, bool) {
	switch strings.ReplaceAll(strings.ToLower(name), "'", "") {
	case "minggu", "ahad", "min", "sunday", "sun":
		return time.Sunday, true
	case "senin", "sen", "monday", "mon":
		return time.Monday, true
	case "selasa", "sel", "tuesday", "tue":
		return time.Tuesday, true
	case "rabu", "rab", "wednesday", "wed":
		return time.Wednesday, true
	case "kamis", "kam", "thursday", "thu":
		return time.Thursday, true
	case "jumat", "jum", "friday", "fri":
		return time.Friday, true
	case "sabtu", "sab", "saturday", "sat":
		return time.Saturday, true
	}
	return 0, false
}
