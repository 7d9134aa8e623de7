package email

import (
	"regexp"
	"strings"
)

// The lines that mailers put before the letter they answer. Compiled patterns never change.
var (
	attribution = regexp.MustCompile(`(?i)^(pada\b.*\b(menulis|wrote)|on\b.*\b(wrote|menulis)|.{0,120}<\S+@\S+>\s*(menulis|wrote))\s*:$`)
	separator   = regexp.MustCompile(`(?i)^(-{2,}\s*(original message|pesan asli|reply message|balas)\s*-{2,}|_{20,})$`)
	oldHeader   = regexp.MustCompile(`(?i)^\*?(from|dari|sent|dikirim|date|tanggal|to|kepada|subject|subjek|perihal|cc)\*?\s*:`)
	answering   = regexp.MustCompile(`(?i)^\s*(re|bls|balas)\s*(\[\d+\])?\s*:`)
	prefixes    = regexp.MustCompile(`(?i)^\s*((re|bls|balas|fw|fwd|trs|terusan)\s*(\[\d+\])?\s*:\s*)+`)
)

// fresh is what an answer says itself, without the letters it answers. Of one that says nothing outside its quotations
// all is left; what is passed on (Fwd) is not touched by its caller.
func fresh(text string) string {
	lines := strings.Split(text, "\n")
	var kept []string
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if oldLetterBegins(lines[i:]) {
			break
		}
		if n := attributionLines(lines[i:]); n > 0 {
			i += n - 1
			continue
		}
		if !strings.HasPrefix(line, ">") {
			kept = append(kept, lines[i])
		}
	}
	own := tidy(strings.Join(kept, "\n"))
	if own == "" {
		return text
	}
	return own
}

// oldLetterBegins finds the head that some mailers repeat of the answered letter, which then follows unquoted.
func oldLetterBegins(lines []string) bool {
	if begins := strings.TrimSpace(lines[0]); strings.HasPrefix(begins, "-") || strings.HasPrefix(begins, "_") {
		if !separator.MatchString(begins) {
			return false
		}
		rest := lines[1:]
		for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" {
			rest = rest[1:]
		}
		return headLines(rest) >= 2
	}
	return headLines(lines) >= 3
}

// headLines counts the lines of such a head, up to the three that make one.
func headLines(lines []string) int {
	n := 0
	for n < len(lines) && n < 3 && strings.Contains(lines[n], ":") && oldHeader.MatchString(strings.TrimSpace(lines[n])) {
		n++
	}
	return n
}

// attributionLines is how many lines say who wrote the quotation that follows them; zero when none follows.
func attributionLines(lines []string) int {
	joined := ""
	for n := 1; n <= 3 && n < len(lines); n++ {
		line := strings.TrimSpace(lines[n-1])
		if line == "" || strings.HasPrefix(line, ">") {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + line)
		if !strings.HasSuffix(joined, ":") || !attribution.MatchString(joined) {
			continue
		}
		for _, next := range lines[n:] {
			if next = strings.TrimSpace(next); next != "" {
				if strings.HasPrefix(next, ">") {
					return n
				}
				return 0
			}
		}
		return n // nothing follows
	}
	return 0
}

// bareSubject is a subject without the marks of answering and passing on.
func bareSubject(subject string) string {
	return strings.TrimSpace(prefixes.ReplaceAllString(subject, ""))
}
