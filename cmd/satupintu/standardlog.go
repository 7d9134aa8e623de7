package main

import (
	"log"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// throughOurLog has what the standard library says by its own log come out as a line of ours, without what it quotes: net/http
// quotes there what a peer sent beyond its answer, which may be about who complained.
func throughOurLog(ours *slog.Logger) {
	log.SetFlags(0)
	log.SetPrefix("")
	log.SetOutput(unquoting{ours})
}

type unquoting struct{ ours *slog.Logger }

func (u unquoting) Write(line []byte) (int, error) {
	u.ours.Warn("the standard library says", "what", unquoted(string(line)))
	return len(line), nil
}

const mostSaid = 200 // bytes of a line

// unquoted is the first line up to where it begins to quote.
func unquoted(line string) string {
	line, _, _ = strings.Cut(strings.TrimSpace(line), "\n")
	line, _, _ = strings.Cut(line, " starting with")
	if quote := strings.IndexAny(line, "\"'`“‘"); quote >= 0 {
		line = line[:quote]
	}
	line = line[:min(len(line), mostSaid)]
	for !utf8.ValidString(line) && line != "" { // cut within a letter
		line = line[:len(line)-1]
	}
	return strings.TrimSpace(line)
}
