package lapor

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/sync/retry"
)

// managerCode is how the API manager in front of the platform numbers its faults: 900901 invalid credentials, 900802
// out of quota, 101504 no answer from behind, 303001 endpoint suspended.
var managerCode = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// speaker says who wrote an answer: the platform, whose words are final, or something in front of it. Only the
// platform's own JSON counts as the platform; an empty answer, a page, XML and the API manager's faults do not.
func speaker(body []byte) retry.Speaker {
	if passedOn(body) {
		return retry.PassedOn
	}
	v, err := parse(body)
	object, ok := v.(map[string]any)
	if err != nil || !ok || managerFault(object) {
		return retry.Proxy
	}
	for _, key := range []string{"message", "results", "data", "complaint_id", "errors", "success"} {
		if _, has := object[key]; has {
			return retry.Application
		}
	}
	return retry.Proxy
}

// managerFault says whether an object is a fault of the API manager. One of its 4.x numbers an API that is not published
// just now like the HTTP status, and says what it is in its type.
func managerFault(object map[string]any) bool {
	if _, has := object["fault"]; has {
		return true
	}
	code := words(object["code"])
	return managerCode.MatchString(code) || code != "" && fold(words(object["type"])) == "statusreport"
}

// lostBehind is how an API manager numbers a connection that broke behind it. 101503 is one that did not come about: only
// then nothing had been passed on.
var lostBehind = regexp.MustCompile(`(?i)code"?\s*[:>]\s*"?(1015[0-9]{2}|102509|10251[01])\b`)

const neverReached = "101503"

// neverSent is why Envoy resets a request that it has not passed on, or that was given back untouched. Any other reason, and
// none at all, may be a break after it.
var neverSent = regexp.MustCompile(`resetreason(local|remote)?(connectionfailure|connectiontimeout|overflow|refusedstream)`)

// passedOn says whether an answer is that of a proxy that had passed the request on when it lost the platform, or may have:
// Envoy, an API manager, or Varnish, which says the same of a connection that did not come about.
func passedOn(body []byte) bool {
	text := string(body[:min(len(body), mostQuoted)])
	if code := lostBehind.FindStringSubmatch(text); code != nil {
		return code[1] != neverReached
	}
	words := fold(text)
	if strings.Contains(words, "disconnectresetbeforeheaders") || strings.Contains(words, "resetreason") {
		return !neverSent.MatchString(words)
	}
	return strings.Contains(words, "backendfetchfailed")
}

// said is what an answer says to people, still as HTML: the message and the errors of the platform, the code and the
// message of a fault, else the whole text.
func said(body []byte) string {
	v, err := parse(body)
	if err != nil {
		return string(body)
	}
	var all []string
	for _, path := range []string{"fault.code", "code", "fault.message", "message", "fault.description", "description", "error", "error_description"} {
		if s := words(at(v, path)); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(append(all, reasons(at(v, "errors"))...), "; ")
}

// reasons flattens the errors of a form: a text, a list of texts, or lists by field.
func reasons(v any) []string {
	switch v := v.(type) {
	case string, json.Number:
		return []string{words(v)}
	case []any:
		var all []string
		for _, entry := range v {
			all = append(all, reasons(entry)...)
		}
		return all
	case map[string]any:
		return byField(v)
	}
	return nil
}

func byField(fields map[string]any) []string {
	var all []string
	for name, entry := range fields {
		if why := reasons(entry); len(why) > 0 {
			all = append(all, name+": "+strings.Join(why, ", "))
		}
	}
	slices.Sort(all)
	return all
}

// succeeded says whether an answer says plainly that what was asked was done, and nothing against it.
func succeeded(object map[string]any) bool {
	done, not := outcome(object)
	return !not && !faulty(object) && (done || object["results"] != nil || object["data"] != nil)
}

// refusal says whether an answer that came with a success status is the platform clearly refusing. A mere message is
// not: it may just as well be a greeting. Nor are errors beside a success, or beside what was made: a mail that could not be sent.
func refusal(v any) bool {
	object, _ := v.(map[string]any)
	done, not := outcome(object)
	return not || faulty(object) && !done && !filled(object["results"]) && !filled(object["data"])
}

// outcome is what an answer says of itself in a word, yes or no, or neither. The first word that says either holds: a status
// beside it may repeat the HTTP status.
func outcome(object map[string]any) (yes, no bool) {
	for _, key := range []string{"success", "status"} {
		switch word := strings.ToLower(fmt.Sprint(object[key])); {
		case slices.Contains([]string{"true", "1", "success", "ok", "200", "201"}, word):
			return true, false
		case slices.Contains([]string{"false", "error", "failed", "fail", "gagal"}, word), key == "success" && word == "0":
			return false, true
		}
	}
	return false, false
}

func faulty(object map[string]any) bool {
	return words(object["error"]) != "" || len(reasons(object["errors"])) > 0
}

// filled says whether there is anything in a value.
func filled(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return words(v) != ""
}
