package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/satupintu/satupintu/sync/retry"
)

// meaning is what an error code of the Graph API means for the request.
type meaning struct {
	codes []int
	mark  func(error) error
	words string
}

// The codes that something is made of.
const (
	windowClosed = 131047 // more than 24 hours since the person wrote
	pairRate     = 131056 // more to one person than WhatsApp lets through in a short time
	badParameter = 100
	noSuchObject = 33 // subcode of badParameter: it does not exist, or the token may not see it
)

const (
	mendToken    = "the access token is refused or has expired: make one of a system user, without expiry, and put it where token says"
	mendRights   = "the access token lacks the permission whatsapp_business_messaging for this number: give it to the system user"
	mendAccount  = "Meta has restricted the business account: see Account quality in WhatsApp Manager"
	mendPayment  = "the business account cannot be billed: see Payment settings in WhatsApp Manager"
	mendNumber   = "phone_number_id is not that of a number the token may use, or the number is not registered: see API Setup"
	mendTemplate = "the template is refused: its name, language, two variables and approval are to be seen in WhatsApp Manager"
)

// meanings is everything that is known by its code; what is not goes by its HTTP status. "Ours to mend" is tried again:
// when the operator has mended it, what waits goes out.
func meanings() []meaning {
	ours := func(err error) error { return &retry.Error{Verdict: retry.Transient, Reason: retry.Rejected, Err: err} }
	after := func(wait time.Duration) func(error) error {
		return func(err error) error { return retry.After(err, wait) }
	}
	oneWaits := func(err error) error { // nobody else does: it says nothing of the number as a whole
		return &retry.Error{Verdict: retry.Transient, Reason: retry.Failed, After: time.Minute, Err: err}
	}
	away := func(err error) error {
		return &retry.Error{Verdict: retry.Transient, Reason: retry.Unavailable, Err: err}
	}
	unsure := func(err error) error {
		return &retry.Error{Verdict: retry.Uncertain, Reason: retry.ServerError, Err: err}
	}
	return []meaning{
		{[]int{0, 102, 190}, retry.Denied, mendToken},
		{append(span(200, 299), 3, 10, 131005), retry.Denied, mendRights},
		{[]int{368, 131031}, retry.Denied, mendAccount},
		{[]int{131042}, retry.Denied, mendPayment},
		{[]int{33, 131045, 133010}, retry.Denied, mendNumber},
		{[]int{pairRate}, oneWaits, "too many messages to one person in a short time"},
		{[]int{130429, 4, 80007, 133016}, after(5 * time.Minute), "too many requests in a short time"},
		{[]int{131048}, after(time.Hour), "people have blocked or reported the number: Meta lets fewer messages pass"},
		{[]int{2, 131000, 131016, 131057, 133004}, away, "the service is not available just now"},
		{[]int{1}, unsure, "something failed there, and it does not say what"},
		{append(span(132000, 132099), 131037), ours, mendTemplate},
		{[]int{windowClosed}, retry.Never, "more than 24 hours have passed since the person wrote"},
		{[]int{131026}, retry.Never, "it cannot be delivered: the person has no WhatsApp any more, or blocks the number"},
		{[]int{130472, 131049, 131050}, retry.Never, "Meta or the person does not want this message delivered"},
		{[]int{131021}, retry.Never, "the recipient is the number itself"},
		{[]int{131051, 131052, 131053}, retry.Never, "WhatsApp cannot carry this"},
		{[]int{badParameter, 131008, 131009}, retry.Never, "the request is not as the Graph API wants it"},
	}
}

func span(from, to int) []int {
	var codes []int
	for code := from; code <= to; code++ {
		codes = append(codes, code)
	}
	return codes
}

func meaningOf(code int) (meaning, bool) {
	for _, m := range meanings() {
		for _, known := range m.codes {
			if known == code {
				return m, true
			}
		}
	}
	return meaning{}, false
}

// graphError is a failure that the Graph API gave a code. What it says beside the code is never repeated: it quotes numbers.
type graphError struct {
	code, subcode int
	answer        error // method, host and HTTP status
	words         string
}

func (e *graphError) Error() string {
	return fmt.Sprintf("%v: WhatsApp error %d: %s", e.answer, e.code, e.words)
}

// faultOf gives the error of an answer that is not a success its verdict: by its code where there is one that is known,
// else as its HTTP status says, which is what err holds.
func faultOf(status int, header http.Header, body []byte, err error) error {
	var told struct {
		Error struct {
			Code    *int `json:"code"`
			Subcode int  `json:"error_subcode"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &told) != nil || told.Error.Code == nil {
		return err
	}
	failure := &graphError{code: *told.Error.Code, subcode: told.Error.Subcode, answer: err, words: "not known here"}
	marked := retry.Of(err)
	marked.Err = failure
	if known, ok := meaningOf(failure.code); ok {
		failure.words = known.words
		marked = retry.Of(known.mark(failure))
	}
	if asked := max(retry.Of(err).After, regain(header)); asked > 0 {
		marked.After = asked
	}
	if status == http.StatusTooManyRequests && marked.Verdict == retry.Transient && failure.code != pairRate {
		marked.Reason = retry.Throttled
	}
	return &marked
}

// mostWait bounds what may be asked for.
const mostWait = 24 * time.Hour

// regain is how long the business account is shut out, where the answer says so. The header counts in minutes.
func regain(header http.Header) time.Duration {
	var usage map[string][]struct {
		Minutes float64 `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(header.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return 0
	}
	var longest float64
	for _, account := range usage {
		for _, use := range account {
			longest = max(longest, use.Minutes)
		}
	}
	return time.Duration(min(longest, mostWait.Minutes()) * float64(time.Minute))
}

func hasCode(err error, code int) bool {
	var told *graphError
	return errors.As(err, &told) && told.code == code
}

// aboutNumber makes an unknown object the operator's to mend, where the object is the number that the settings name.
func aboutNumber(err error) error {
	var told *graphError
	if !errors.As(err, &told) || told.code != badParameter || told.subcode != noSuchObject {
		return err
	}
	told.words = mendNumber
	return retry.Denied(told)
}

// readAnswer reads a good answer. One that is not JSON came from something in between.
func readAnswer(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return retry.UnreadableAnswer(errors.New("the answer is not that of the Graph API"))
	}
	return nil
}
