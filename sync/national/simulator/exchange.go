package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// request is a request that has been read to its end, in either mode.
type request struct {
	method string
	path   string
	origin string // scheme and host
	query  url.Values
	header http.Header
	body   []byte
}

// answer is a whole response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// errCut says that the connection ends without an answer.
var errCut = errors.New("the connection was closed")

// exchange carries a request out, or fails to, as the faults in force say. Its errors are errCut and what the context
// ended with: in both cases the client gets no answer.
func (s *Simulator) exchange(ctx context.Context, in *request) (answer, error) {
	if isControl(in.path) {
		return s.control(in), nil
	}
	if int64(len(in.body)) > s.options.MaxBody {
		return htmlAnswer(http.StatusRequestEntityTooLarge, "413 Request Entity Too Large"), nil
	}
	call, id := s.route(in)
	s.stats.called(call)
	rule := s.faults.choose(call, false, func() string { return spoken(call, in) })
	s.stats.met(rule.Fault)
	if rule.Fault != Late { // a late act is carried out though the client goes away at once
		if err := pause(ctx, s.faults.latency()); err != nil {
			return answer{}, err
		}
	}
	act := func() answer {
		if denied, ok := s.denied(in); ok {
			return denied
		}
		return s.carryOut(call, id, in)
	}
	return s.meet(ctx, rule, act)
}

// meet answers a call as its rule wants it.
func (s *Simulator) meet(ctx context.Context, rule Rule, act func() answer) (answer, error) {
	switch rule.Fault {
	case "":
		return act(), nil
	case Slow:
		if err := pause(ctx, rule.Delay); err != nil {
			return answer{}, err
		}
		return act(), nil
	case Late:
		return s.later.after(ctx, rule.Delay, act)
	}
	if rule.Fault.Acts() {
		act()
	}
	switch rule.Fault {
	case CloseBefore, CloseAfter:
		return answer{}, errCut
	case HangBefore, HangAfter:
		<-ctx.Done()
		return answer{}, context.Cause(ctx)
	}
	return s.broken(rule), nil
}

// spoken is the text a rule's word is looked for in.
func spoken(call Call, in *request) string {
	if call != CallCreate {
		return string(in.body)
	}
	body, _ := decodeCreate(in.body)
	return body.Title + "\n" + body.Content
}

// route finds the call a request makes and the id in its path.
func (s *Simulator) route(in *request) (Call, string) {
	below, ok := strings.CutPrefix(in.path, s.options.Base+"/")
	if !ok {
		return CallUnknown, ""
	}
	seg, id := strings.Split(strings.TrimSuffix(below, "/"), "/"), ""
	switch {
	case len(seg) == 3 && seg[0] == "complaints" && (seg[2] == "complaint" || seg[2] == "followups"):
		id, seg[1] = seg[1], "*"
	case len(seg) == 4 && seg[1] == "process":
		id, seg[2] = seg[2], "*"
	}
	switch in.method + " " + strings.Join(seg, "/") {
	case "GET masters/institutions/external":
		return CallInstitutions, ""
	case "GET masters/templates":
		return CallTemplates, ""
	case "POST complaints/complaint/file":
		return CallFile, ""
	case "POST complaints/complaint":
		return CallCreate, ""
	case "POST complaints/process/*/reject":
		return CallReject, id
	case "GET complaints/*/complaint":
		return CallStatus, id
	case "GET complaints/*/followups":
		return CallFollowUps, id
	case "POST complaints/followup/add":
		return CallFollowUp, ""
	case "GET complaints/search":
		return CallSearch, ""
	}
	return CallUnknown, ""
}

func (s *Simulator) carryOut(call Call, id string, in *request) answer {
	switch call {
	case CallInstitutions:
		return s.institutions(in)
	case CallTemplates:
		return s.templates(in)
	case CallFile:
		return s.upload(in)
	case CallCreate:
		return s.create(in)
	case CallReject:
		return s.reject(id, in)
	case CallStatus:
		return s.status(id)
	case CallFollowUps:
		return s.followUps(id, in)
	case CallFollowUp:
		return s.followUpAdd(in)
	case CallSearch:
		return s.search(in)
	}
	return s.noResource(in)
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
