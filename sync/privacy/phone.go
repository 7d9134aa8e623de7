package privacy

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	saidPhone = regexp.MustCompile(`(?i)\b(?:hp|wa|telp|tlp|tel|telpon|telepon|phone|ponsel|handphone|whatsapp|fax|sms|cp|kontak|hubungi|call)(?:nya)?[\s.:=#(-]*(?:(?:no|nomor|nomer|nya|saya|kami|aktif|di|ke)\b[\s.:=#(-]*)*$`)

	mobile   = regexp.MustCompile(`^08[1-35-9]`)
	unzeroed = regexp.MustCompile(`^8[1-35-9]`)
	areaCode = regexp.MustCompile(`^0(?:21|22|24|31|61|2[3-9]\d|3[2-9]\d|[45]\d\d|6[2-5]\d|7\d\d|9\d\d)$`)
	landline = regexp.MustCompile(`^0(?:21|22|24|31|61|2[3-9]\d|3[2-9]\d|[45]\d\d|6[2-5]\d|7\d\d|9\d\d)[1-9]\d{4,7}$`)
)

// phone finds a phone number that begins with the i-th group.
func (d digits) phone(i int) (s span, next int) {
	for _, form := range []func(int) int{d.international, d.mobile, d.landline, d.announced} {
		if next := form(i); next > 0 {
			return d.phoneSpan(i, next), next
		}
	}
	return span{}, 0
}

// mobile: 0812 3456 7890. A first group of two digits would be a day, an hour or a house.
func (d digits) mobile(i int) int {
	n, next := d.run(i, 10, 13)
	if next == 0 || !mobile.MatchString(n) {
		return 0
	}
	digitByDigit := next-i == len(n)
	if len(d.groups[i].n) < 3 && !digitByDigit {
		return 0
	}
	return next
}

// international: +62 812 3456 7890, +62 773 31234, 62812…, 0062 812…, and any +number without dots, which would be a
// coordinate.
func (d digits) international(i int) int {
	first, plus := d.groups[i].n, d.plus(i)
	if strings.HasPrefix(first, "62") || strings.HasPrefix(first, "0062") {
		return d.indonesian(i, plus >= 0)
	}
	if plus < 0 || plus+1 != d.groups[i].start {
		return 0
	}
	_, next := d.run(i, 9, 15)
	for _, g := range d.groups[i:max(i, next-1)] {
		if g.joint == dot {
			return 0
		}
	}
	return next
}

func (d digits) indonesian(i int, plus bool) int {
	const most = 16 // 00, 62, (0) and twelve digits, though never all of them
	for _, least := range []int{12, 11} {
		if n, next := d.run(i, least, most); next > 0 {
			if rest := national(n); unzeroed.MatchString(rest) && len(rest) >= 9 && len(rest) <= 12 {
				return next
			}
		}
	}
	if n, next := d.run(i, 10, most); next > 0 && plus && len(national(n)) <= 12 {
		return next
	}
	return 0
}

func national(n string) string {
	n = strings.TrimPrefix(strings.TrimPrefix(n, "00"), "62")
	return strings.TrimPrefix(n, "0")
}

// landline: (0773) 31234, 0773-312345, 021 555 1234, 0773/31234; in one run only where it is too long for a tracking id.
func (d digits) landline(i int) int {
	first := d.groups[i]
	if landline.MatchString(first.n) && (len(first.n) > 10 || d.said(saidPhone, i)) {
		return i + 1
	}
	if !areaCode.MatchString(first.n) || first.joint == apart {
		return 0
	}
	n, next := d.run(i+1, 5, 8)
	if next == 0 || n[0] == '0' {
		return 0
	}
	return next
}

// announced: "hp 812 3456 7890", whose zero a spreadsheet lost.
func (d digits) announced(i int) int {
	if !unzeroed.MatchString(d.groups[i].n) || !d.said(saidPhone, i) {
		return 0
	}
	_, next := d.run(i, 9, 12)
	return next
}

// phoneSpan takes the plus sign along, and an opening bracket that is closed inside the number.
func (d digits) phoneSpan(i, next int) span {
	s := span{start: d.groups[i].start, end: d.groups[next-1].end, kind: Phone}
	if at := d.plus(i); at >= 0 {
		s.start = at
	}
	inside := d.text[s.start:s.end]
	if strings.Count(inside, ")") > strings.Count(inside, "(") && strings.HasSuffix(d.text[:s.start], "(") {
		s.start--
	}
	return s
}

// plus returns where the plus sign before the i-th group stands, -1 when there is none.
func (d digits) plus(i int) int {
	const reach = 8
	start := d.groups[i].start
	from := max(0, start-reach)
	before := strings.TrimRightFunc(d.text[from:start], func(r rune) bool { return r == ' ' || r == '(' || unicode.Is(unicode.Cf, r) })
	if !strings.HasSuffix(before, "+") {
		return -1
	}
	return from + len(before) - 1
}
