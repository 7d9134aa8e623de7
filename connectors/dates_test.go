package connectors

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func wib() *time.Location  { return time.FixedZone("WIB", 7*3600) }
func wita() *time.Location { return time.FixedZone("WITA", 8*3600) }

func TestTimesAreReadAsChannelsWriteThem(t *testing.T) {
	afternoon := time.Date(2026, 1, 3, 14, 5, 0, 0, wib())
	midnight := time.Date(2026, 1, 3, 0, 0, 0, 0, wib())
	for written, want := range map[string]time.Time{
		"2026-01-03T14:05:00+07:00":         afternoon,
		"2026-01-03T07:05:00Z":              afternoon,
		"2026-01-03T14:05:00.000+0700":      afternoon,
		"2026-01-03T14:05":                  afternoon,
		"2026-01-03 14:05":                  afternoon,
		"2026-01-03 14:05:00":               afternoon,
		"2026-01-03 14:05:00.25":            afternoon.Add(250 * time.Millisecond),
		"2026-01-03 14:05:00+07":            afternoon,
		"2026-01-03 07:05:00 UTC":           afternoon,
		"2026/01/03 14:05":                  afternoon,
		"2026-01-03":                        midnight,
		"03-01-2026 14:05":                  afternoon,
		"03-01-2026 14:05:00":               afternoon,
		"03/01/2026, 14.05":                 afternoon,
		"3/1/26 14:05":                      afternoon,
		"3.1.2026 14:05":                    afternoon,
		"2 Jan 2026":                        midnight.AddDate(0, 0, -1),
		"3 Jan 2026":                        midnight,
		"3 Januari 2026 14.05":              afternoon,
		"3 Januari 2026 14.05.00 WIB":       afternoon,
		"3 Januari 2026 pukul 15.05 WITA":   afternoon,
		"3 Januari 2026 jam 16:05 WIT":      afternoon,
		"Sabtu, 3 Januari 2026, 14:05":      afternoon,
		"Jum'at, 2 Januari 2026":            midnight.AddDate(0, 0, -1),
		"  3   Januari\t2026  14.05 ":       afternoon,
		"Saturday, January 3, 2026 2:05 PM": afternoon,
		"January 3, 2026 02:05pm":           afternoon,
		"3-Jan-26":                          midnight,
		"17-Agu-25":                         time.Date(2025, 8, 17, 0, 0, 0, 0, wib()),
		"17-Agt-1999":                       time.Date(1999, 8, 17, 0, 0, 0, 0, wib()),
		"17 Agustus 69":                     time.Date(1969, 8, 17, 0, 0, 0, 0, wib()),
		"3 Jan 2026 12:00 AM":               midnight,
		"3 Jan 2026 12:00 PM":               midnight.Add(12 * time.Hour),
		"Sat, 3 Jan 2026 14:05:00 +0700":    afternoon,
		"Sat Jan 03 2026 14:05:00 GMT+0700 (Western Indonesia Time)": afternoon,
		"20260103":                              midnight,
		"20260103140500":                        afternoon,
		"46025":                                 midnight,
		"46025.5868055556":                      afternoon,
		strconv.FormatInt(afternoon.Unix(), 10): afternoon,
		strconv.FormatInt(afternoon.Unix(), 10) + ".5": afternoon.Add(500 * time.Millisecond),
		strconv.FormatInt(afternoon.UnixMilli(), 10):   afternoon,
		strconv.FormatInt(afternoon.UnixMicro(), 10):   afternoon,
		strconv.FormatInt(afternoon.UnixNano(), 10):    afternoon,
		"29 Februari 2024":                             time.Date(2024, 2, 29, 0, 0, 0, 0, wib()),
		"3 Jan 2026 23.59.59":                          time.Date(2026, 1, 3, 23, 59, 59, 0, wib()),
	} {
		got, err := ParseTime(written, nil, wib())
		if err != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v, %v; want %v", written, got, err, want)
		}
	}
}

func TestEveryMonthIsKnownByItsIndonesianAndEnglishNames(t *testing.T) {
	names := [12]string{
		"Jan Januari January", "Feb Peb Februari Pebruari February", "Mar Mrt Maret March", "Apr April", "Mei May", "Jun Juni June",
		"Jul Juli July", "Agu Agt Ags Agust Agustus Aug August", "Sep Sept September", "Okt Oct Oktober October",
		"Nov Nop November Nopember", "Des Dec Desember December",
	}
	for i, month := range names {
		want := time.Date(2026, time.Month(i+1), 5, 0, 0, 0, 0, wib())
		for name := range strings.FieldsSeq(month) {
			for _, written := range []string{"5 " + name + " 2026", "05-" + strings.ToUpper(name) + "-26", "5 " + strings.ToLower(name) + ". 2026"} {
				if got, err := ParseTime(written, nil, wib()); err != nil || !got.Equal(want) {
					t.Errorf("ParseTime(%q) = %v, %v; want %v", written, got, err, want)
				}
			}
		}
	}
}

func TestWhatIsNoTimeIsRefusedWithoutBeingRepeated(t *testing.T) {
	for _, written := range []string{
		"", "  ", "kemarin", "31-02-2026", "1/31/2026", "29 Februari 2025", "0-1-2026", "3 Jan 2026 24:00", "3 Jan 2026 14:60", "3 Jan 2026 13:00 PM",
		"3 Foo 2026", "3 Jan", "Jan 2026", "14:05", "2026", "202601", "12345678", "99999999999999999999", "-1767423900", "3 Jan 2026 14:05 XYZ",
		"3/1/2614:05", "0001-01-01", "9999-12-31", "2026-13-01", "3 Jan 2026 lalu", "1.5e9", "\x00", strings.Repeat("3 Jan 2026 ", 50),
	} {
		got, err := ParseTime(written, nil, wib())
		if err == nil {
			t.Errorf("ParseTime(%q) = %v, want an error", written, got)
			continue
		}
		if len(written) > 4 && strings.Contains(err.Error(), written) {
			t.Errorf("ParseTime(%q): the error repeats what it read: %v", written, err)
		}
	}
}

func TestWithLayoutsOnlyTheseAreTried(t *testing.T) {
	want := time.Date(2026, 8, 17, 14, 5, 0, 0, wib())
	for _, c := range []struct {
		written string
		layouts []string
	}{
		{"17-08-2026 14:05", []string{"02-01-2006 15:04"}},
		{"08/17/2026 14:05", []string{"2006-01-02 15:04", "01/02/2006 15:04"}},
		{"17 Agustus 2026 14.05", []string{"2 January 2006 15.04"}},
		{"17-AGU-26 14:05", []string{"02-Jan-06 15:04"}},
		{"Senin, 17 Agu 2026 14:05", []string{"Monday, 2 Jan 2006 15:04"}},
		{"17-08-2026 14:05 WIB", []string{"02-01-2006 15:04 MST"}},
		{"17-08-2026 16:05 WIT", []string{"02-01-2006 15:04 MST"}},
		{"17-08-2026 14:05 +07:00", []string{"02-01-2006 15:04 -07:00"}},
	} {
		if got, err := ParseTime(c.written, c.layouts, wib()); err != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q, %q) = %v, %v", c.written, c.layouts, got, err)
		}
	}
	for _, c := range [][2]string{{"2026-08-17 14:05", "02-01-2006 15:04"}, {"17-08-2026 14:05 PST", "02-01-2006 15:04 MST"}, {"31-02-2026", "02-01-2006"}} {
		if got, err := ParseTime(c[0], []string{c[1]}, wib()); err == nil {
			t.Errorf("ParseTime(%q, %q) = %v, want an error", c[0], c[1], got)
		}
	}
}

func TestATimeWithoutAZoneIsLocal(t *testing.T) {
	for _, written := range []string{"03-01-2026 14:05", "2026-01-03T14:05:00", "46025.5868055556", "20260103140500"} {
		west, err1 := ParseTime(written, nil, wib())
		east, err2 := ParseTime(written, nil, wita())
		if err1 != nil || err2 != nil || west.Sub(east) != time.Hour {
			t.Errorf("%q: %v (%v) in WIB, %v (%v) in WITA; want an hour between them", written, west, err1, east, err2)
		}
	}
}

func TestWhatThisWritesItReads(t *testing.T) {
	layouts := []string{time.RFC3339Nano, "2006-01-02 15:04:05-0700", "02-01-2006 15:04:05 -07:00", "2 January 2006 15.04.05 -0700", time.RFC1123Z}
	rapid.Check(t, func(t *rapid.T) {
		second := rapid.Int64Range(-2_000_000_000, 7_000_000_000).Draw(t, "second")
		layout := rapid.SampledFrom(layouts).Draw(t, "layout")
		at := time.Unix(second, 0).In(wita())
		if got, err := ParseTime(at.Format(layout), nil, wib()); err != nil || !got.Equal(at) {
			t.Fatalf("ParseTime(%q) = %v, %v", at.Format(layout), got, err)
		}
	})
}

// The short way to read what programs write reads it as the long way does, zone and all, and nothing the long way would not.
func TestTheShortWayReadsAsTheLongWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-2_000_000_000, 7_000_000_000).Draw(t, "second"), 0)
		zone := rapid.SampledFrom([]*time.Location{time.UTC, wib(), wita(), time.FixedZone("", -12_600), time.FixedZone("", 0)}).Draw(t, "zone")
		written := []byte(at.In(zone).Format(time.RFC3339))
		if place := rapid.IntRange(-1, len(written)-1).Draw(t, "place"); place >= 0 {
			written[place] = rapid.SampledFrom([]byte("0123456789:-+TtZz ,.")).Draw(t, "byte")
		}
		short, read := parseRFC3339(string(written))
		if !read {
			return
		}
		long, ok := parseWords(string(written), wita())
		if !ok || !short.Equal(long) || short.String() != long.String() {
			t.Errorf("%s is %v, and %v the long way (%t)", written, short, long, ok)
		}
	})
	if _, read := parseRFC3339("2026-01-03T14:05:00+08:00"); !read {
		t.Error("what programs write is read the long way")
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"3 Januari 2026 14.05 WITA", "17-Agu-25", "46025.5", "1767423900000", "2026-01-03T14:05:00.1+07:00", "Jum'at, 2/1/26 1:02 pm", "", "\xff"} {
		f.Add(seed, "02-01-2006 15:04")
	}
	f.Fuzz(func(t *testing.T, written, layout string) {
		for _, layouts := range [][]string{nil, {layout}} {
			at, err := ParseTime(written, layouts, wib())
			if err == nil && (at.Year() < 1900 || at.Year() > 2199) {
				t.Errorf("ParseTime(%q, %q) = %v", written, layouts, at)
			}
		}
	})
}
