package email

import (
	"regexp"
	"slices"
	"strings"
)

// The lines that mailers put before the letter they answer. Compiled patterns never change.
var (
	attribution = regexp.MustCompile(`(?i)^(pada\b.*\b(menulis|wrote)|on\b.*\b(wrote|menulis)|.{0,120}<\S+@\S+>\s*(menulis|wrote))\s*:$`)
	separator   = regexp.MustCompile(`(?i)^(-{2,}\s*(original message|pesan asli|reply message|balas)\s*-{2,}|_{20,})$`)
	oldHeader   = regexp.MustCompile(`(?i)^\*?(from|dari|sent|dikirim|date|tanggal|to|kepada|subject|subjek|perihal|cc)\*?\s*:`)
	oldWriter   = regexp.MustCompile(`(?i)^\*?(from|dari)\*?\s*:`)
	oldAddress  = regexp.MustCompile(`(?i)^\*?(from|dari|to|kepada)\*?\s*:.*[^\s<>@]@[^\s<>@]+\.[^\s<>@]`)
	oldTime     = regexp.MustCompile(`(?i)^\*?(sent|dikirim|date|tanggal)\*?\s*:.*[^\d.:]\d{1,2}(:\d\d(:\d\d)?|\.\d\d)($|[^\d.:])`)
	answering   = regexp.MustCompile(`(?i)^\s*(re|bls|balas)\s*(\[\d+\])?\s*:`)
	prefixes    = regexp.MustCompile(`(?i)^\s*((re|bls|balas|fw|fwd|trs|terusan)\s*(\[\d+\])?\s*:\s*)+`)
)

// fresh is what an answer says itself, without the letters it answers. Of one that says nothing outside its quotations
// all is left; what is passed on (Fwd) is not touched by its caller.
func fresh(text string) string {
	lines := strings.Split(text, "\n")
	var kept []string
	within := false // a head
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if oldLetterBegins(lines[i:], within) {
			break
		}
		within = isHeadLine(line)
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

// oldLetterBegins finds the head that some mailers repeat of the answered letter, which then follows unquoted. A letter's own head
// may look alike (Tanggal, Perihal, Dari): in doubt it is the writer's, whose words must not be lost. Within a head none begins, but
// below a line that parts it off.
func oldLetterBegins(lines []string, within bool) bool {
	begins := strings.TrimSpace(lines[0])
	if !strings.HasPrefix(begins, "-") && !strings.HasPrefix(begins, "_") {
		return !within && oldWriter.MatchString(begins) && isMailers(headOf(lines))
	}
	if !separator.MatchString(begins) {
		return false
	}
	rest := lines[1:]
	for len(rest) > 0 && strings.TrimSpace(rest[0]) == "" {
		rest = rest[1:]
	}
	head := headOf(rest)
	return len(head) >= 2 && (begins[0] == '-' || oldWriter.MatchString(head[0])) // people draw lines as well
}

// isMailers says that a head which begins with its writer is not a person's: it gives an address, and the time of day beside the
// date, as every mailer does.
func isMailers(head []string) bool {
	return len(head) >= 3 && slices.ContainsFunc(head, oldAddress.MatchString) && slices.ContainsFunc(head, oldTime.MatchString)
}

func isHeadLine(line string) bool { return strings.Contains(line, ":") && oldHeader.MatchString(line) }

const mostHead = 10 // lines of a head that are looked at

// headOf is the lines of such a head that a text begins with.
func headOf(lines []string) []string {
	var head []string
	for _, line := range lines[:min(len(lines), mostHead)] {
		if line = strings.TrimSpace(line); !isHeadLine(line) {
			break
		}
		head = append(head, line)
	}
	return head
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
