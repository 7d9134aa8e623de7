package store

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// queryToken stands in a query's text for that of another.
var queryToken = regexp.MustCompile(`\{query ([\w-]+)\}`)

// readQueryFiles reads the texts of all queries, by name, and says which are put into others.
func readQueryFiles() (texts map[string]string, put map[string]bool, err error) {
	entries, err := queryFiles.ReadDir("queries")
	if err != nil {
		return nil, nil, err
	}
	texts = map[string]string{}
	for _, entry := range entries {
		content, err := queryFiles.ReadFile("queries/" + entry.Name())
		if err != nil {
			return nil, nil, err
		}
		for _, part := range strings.Split(string(content), "-- name: ")[1:] {
			name, text, _ := strings.Cut(part, "\n")
			if _, twice := texts[name]; twice {
				return nil, nil, fmt.Errorf("two queries are named %s", name)
			}
			texts[name] = strings.TrimSpace(text)
		}
	}
	put, err = includeTexts(texts)
	return texts, put, err
}

// includeTexts puts texts in the place of their {query …}, and says which; one that is put somewhere has no others in it.
func includeTexts(texts map[string]string) (put map[string]bool, err error) {
	var problems []error
	whole := maps.Clone(texts)
	put = map[string]bool{}
	for name, text := range whole {
		texts[name] = queryToken.ReplaceAllStringFunc(text, func(token string) string {
			other := queryToken.FindStringSubmatch(token)[1]
			put[other] = true
			switch {
			case whole[other] == "":
				problems = append(problems, fmt.Errorf("query %s: no query is named %s", name, other))
			case queryToken.MatchString(whole[other]):
				problems = append(problems, fmt.Errorf("query %s: query %s has others in it itself", name, other))
			}
			return whole[other]
		})
	}
	return put, errors.Join(problems...)
}
