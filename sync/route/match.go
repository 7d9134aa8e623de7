package route

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/satupintu/satupintu/config"
	"github.com/satupintu/satupintu/sync/complaint"
)

// condition is one given list of a rule: it holds when any entry matches.
type condition struct {
	says    string // "text has"
	entries []entry
	matches func(s subject, key string) bool
}

type entry struct {
	key  string // as it is compared; empty never matches
	said string // as it is configured, for Why
}

// subject is what rules look at, made comparable once for all of them.
type subject struct {
	category, region, source, class string
	words                           []string // title, text: blank-separated words between outer blanks
}

func subjectOf(c complaint.Complaint) subject {
	return subject{
		category: fold(c.Category),
		region:   region(c.Place.Region),
		source:   c.Source,
		class:    string(c.Class),
		words:    []string{" " + words(c.Title) + " ", " " + words(c.Text) + " "},
	}
}

func conditions(w config.When) []condition {
	var given []condition
	add := func(list []string, c condition, key func(string) string, said func(string) string) {
		for _, configured := range list {
			c.entries = append(c.entries, entry{key: key(configured), said: said(configured)})
		}
		if len(list) > 0 {
			given = append(given, c)
		}
	}
	add(w.Category, condition{says: "category is", matches: hasCategory}, fold, strconv.Quote)
	add(w.Text, condition{says: "text has", matches: hasWords}, words, strconv.Quote)
	add(w.Source, condition{says: "source is", matches: hasSource}, same, same)
	add(w.Region, condition{says: "region is in", matches: inRegion}, region, same)
	add(w.Class, condition{says: "class is", matches: hasClass}, same, same)
	return given
}

func (c condition) find(s subject) int {
	for i, e := range c.entries {
		if e.key != "" && c.matches(s, e.key) {
			return i
		}
	}
	return -1
}

func hasCategory(s subject, key string) bool { return s.category == key }
func hasSource(s subject, key string) bool   { return s.source == key }
func hasClass(s subject, key string) bool    { return s.class == key }
func inRegion(s subject, key string) bool {
	return s.region == key || strings.HasPrefix(s.region, key+".")
}

// hasWords looks in title and text apart, so that no phrase matches across the two.
func hasWords(s subject, key string) bool {
	for _, in := range s.words {
		if strings.Contains(in, " "+key+" ") {
			return true
		}
	}
	return false
}

// fold makes two spellings of one thing equal: case, width and composed letters do not count, nor does the number of
// blanks.
func fold(s string) string {
	s = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
	return strings.Join(strings.Fields(s), " ")
}

// words is fold with everything that is no part of a word made a blank.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " ")
}

func region(code string) string { return strings.Trim(code, ". ") }
func same(s string) string      { return s }
