package privacy

import (
	"regexp"
	"strings"
	"time"
)

const cardLength = 16

var (
	saidKK  = regexp.MustCompile(`(?i)(?:\bkk|\bkartu\s+keluarga)(?:nya)?[\s.:=#(-]*(?:(?:no|nomor|nomer|nya|saya|kami|adalah)\b[\s.:=#(-]*)*$`)
	saidNIK = regexp.MustCompile(`(?i)\b(?:nik|ktp|nomor\s+induk\s+kependudukan)(?:nya)?[\s.:=#(-]*(?:(?:no|nomor|nomer|nya|saya|kami|adalah)\b[\s.:=#(-]*)*$`)
)

// card finds a 16-digit number that begins with the i-th group: in one run, or in groups that look like one number.
func (r Redactor) card(d digits, i int) (s span, next int) {
	n, next := d.cardRun(i)
	if next == 0 {
		return span{}, 0
	}
	isKK := d.said(saidKK, i)
	isNIK := !isKK && d.said(saidNIK, i)
	plausible := plausibleNIK(n)
	if next > i+1 && !isKK && !isNIK && !(plausible && d.uniform(i, next)) {
		return span{}, 0
	}
	s = span{start: d.groups[i].start, end: d.groups[next-1].end}
	switch {
	case isKK && r.kk:
		s.kind = KK
	case r.nik && (plausible || isNIK):
		s.kind = NIK
	case r.kk:
		s.kind = KK
	default:
		return span{}, 0
	}
	return s, next
}

func (d digits) cardRun(i int) (n string, next int) {
	n = d.groups[i].n
	for next = i + 1; len(n) < cardLength && next < len(d.groups); next++ {
		if by := d.groups[next-1].joint; by != blank && by != dash && by != dot {
			return "", 0
		}
		n += d.groups[next].n
	}
	if len(n) != cardLength {
		return "", 0
	}
	return n, next
}

// uniform says that groups i to next are all joined in the same way, as the groups of one number are and neighbouring
// numbers seldom.
func (d digits) uniform(i, next int) bool {
	for _, g := range d.groups[i : next-1] {
		if g.joint != d.groups[i].joint {
			return false
		}
	}
	return true
}

// plausibleNIK checks the parts of a NIK: province, regency and district of registration, date of birth as DDMMYY with
// 40 added to a woman's day, and a sequence number. A family card's number is made alike, with its date of issue.
func plausibleNIK(n string) bool {
	if !strings.Contains(" 11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96 ", " "+n[:2]+" ") {
		return false
	}
	regency, district, sequence := n[2:4], n[4:6], n[12:]
	if regency == "00" || regency > "79" || district == "00" || sequence == "0000" {
		return false
	}
	date := []byte(n[6:12])
	if date[0] >= '4' {
		date[0] -= 4
	}
	// The year's century is not known; any two digits may be a leap year.
	_, err := time.Parse("02012006", string(date[:4])+"2000")
	return err == nil
}
