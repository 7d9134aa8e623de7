package lapor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/satupintu/satupintu/sync/national"
	"github.com/satupintu/satupintu/sync/retry"
)

// handOver says that a complaint is another institution's to answer. It first asks who has it: once that institution does,
// nothing is sent, so that a hand-over whose answer was lost is not made a second time. A refusal is held against the
// platform's own record too, because "handed over already" is a refusal in its words and a success in ours. It returns the
// institution's id.
func (p *platform) handOver(ctx context.Context, ticket national.Ticket, s national.Submission) (string, error) {
	holder, err := p.holder(ctx, ticket)
	if err != nil {
		return "", onlyAsked(fmt.Errorf("ask who has the complaint: %w", err))
	}
	if holder == s.HandOver {
		return holder, nil
	}
	err = p.reject(ctx, ticket, s)
	if retry.Of(err).Verdict == retry.Permanent {
		if now, asked := p.holder(ctx, ticket); asked == nil && now == s.HandOver {
			return now, nil
		}
	}
	return s.HandOver, err
}

// holder is the id of the institution that has a complaint; empty when the platform does not say.
func (p *platform) holder(ctx context.Context, ticket national.Ticket) (string, error) {
	q := get("complaints/"+url.PathEscape(ticket.ID)+"/complaint", nil)
	object, err := p.client.do(ctx, q)
	if err != nil {
		return "", err
	}
	data := detail(object)
	if first(data, "status_name", "status.name", "status_code") == "" {
		return "", p.client.lacking(q, object, "status")
	}
	return firstOf(identity(at(data, "disposition_id")), identity(at(data, "disposition.id"))), nil
}

// onlyAsked is the error of a question, after which nothing can have been carried out.
func onlyAsked(err error) error {
	v := retry.Of(err)
	if v.Verdict == retry.Uncertain {
		v.Verdict = retry.Transient
	}
	return &v
}

func (p *platform) reject(ctx context.Context, ticket national.Ticket, s national.Submission) error {
	body := map[string]any{
		"is_request": 1, "reason": id(s.HandOver), "reason_description": p.settings.HandOverReason, "not_authority": 1,
	}
	path := strings.ReplaceAll(p.settings.HandOver, idSlot, url.PathEscape(ticket.ID))
	q := call{method: http.MethodPost, path: path, private: privateOf(s.Complaint), prepare: func(r *resty.Request) {
		r.SetHeader("Content-Type", "application/json").SetBody(encode(body))
	}}
	object, err := p.client.do(ctx, q)
	if err == nil && (refusal(object) || faulty(object)) {
		return p.client.lacking(q, object, "success")
	}
	return err
}
