package sms

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/retry"
)

// verdict reads a gateway's answer: gateways say no with a 200, or with a status that means something else elsewhere. err is
// what the status alone means. No answer is quoted: it may hold the number and the text.
func verdict(how string, status int, body []byte, err error) error {
	switch how {
	case kannel:
		return kannelVerdict(status, string(body), err)
	case fonnte:
		return fonnteVerdict(body, err)
	case playSMS:
		return playSMSVerdict(body, err)
	}
	return err
}

// kannelVerdict: 202 with 0 (accepted) or 3 (queued, and sent when a line is there again); 403 also for what cannot be routed,
// which is no matter of signing in.
func kannelVerdict(status int, body string, err error) error {
	body = strings.TrimSpace(body)
	switch {
	case status == http.StatusForbidden && strings.HasPrefix(body, "Not routable"):
		return retry.Never(errors.New("Kannel cannot route it"))
	case err != nil:
		return err
	case strings.HasPrefix(body, "0:"), strings.HasPrefix(body, "3:"), strings.HasPrefix(body, "Sent"):
		return nil
	}
	return retry.UnreadableAnswer(errors.New("the answer is none of Kannel's"))
}

// fonnteVerdict: {"status": false, "reason": "…"} with a 200.
func fonnteVerdict(body []byte, err error) error {
	if err != nil {
		return err
	}
	var answer struct {
		Status *bool
		Reason string
	}
	if json.Unmarshal(body, &answer) != nil || answer.Status == nil {
		return retry.UnreadableAnswer(errors.New("the answer is none of Fonnte's"))
	}
	if *answer.Status {
		return nil
	}
	reason := strings.ToLower(answer.Reason)
	switch {
	case strings.Contains(reason, "token"), strings.Contains(reason, "unknown user"):
		return retry.Denied(errors.New("Fonnte refuses the token"))
	case strings.Contains(reason, "target"):
		return retry.Never(errors.New("Fonnte refuses the number"))
	case strings.Contains(reason, "quota"):
		return retry.Because(errors.New("Fonnte's quota is used up"), retry.Throttled)
	case strings.Contains(reason, "device"):
		return retry.Because(errors.New("the telephone is not connected to Fonnte: scan its code again"), retry.Unavailable)
	}
	return retry.Because(errors.New("Fonnte says no, and not why in words we know"), retry.Rejected)
}

// playSMSVerdict: {"data": [{"status": "OK" or "ERR", "error": "…"}]}, without data in older versions. The codes are those of
// its web services.
func playSMSVerdict(body []byte, err error) error {
	if err != nil {
		return err
	}
	record, broken := connectors.Record(body)
	if broken != nil {
		return retry.UnreadableAnswer(errors.New("the answer is none of playSMS's"))
	}
	status, code := textAt(record, "status"), textAt(record, "error")
	if list, there := record["data"].([]any); there && len(list) > 0 {
		status, code = textAt(record, "data.0.status"), textAt(record, "data.0.error")
	}
	switch {
	case status == "OK":
		return nil
	case status != "ERR":
		return retry.UnreadableAnswer(errors.New("the answer is none of playSMS's"))
	}
	code = strings.TrimSpace(strings.TrimPrefix(code, "ERR"))
	number, _ := strconv.Atoi(code) // 0 is no code of theirs
	refused := fmt.Errorf("playSMS says ERR %d", number)
	switch number {
	case 100, 104, 105, 106: // name, token, address
		return retry.Denied(refused)
	case 101, 102, 201: // what was asked for, or number or text missing
		return retry.Never(refused)
	case 103: // credit
		return retry.Because(refused, retry.Throttled)
	}
	return retry.Because(refused, retry.Unavailable)
}

func textAt(record map[string]any, path string) string {
	switch v := connectors.At(record, path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
