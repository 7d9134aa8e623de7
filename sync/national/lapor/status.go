package lapor

import (
	"context"
	"fmt"
	"net/url"

	"github.com/satupintu/satupintu/sync/national"
)

// Status reads one complaint and every page of its follow-ups.
func (p *platform) Status(ctx context.Context, id string) (national.State, error) {
	under := "complaints/" + url.PathEscape(id)
	q := get(under+"/complaint", nil)
	object, err := p.client.do(ctx, q)
	if err != nil {
		return national.State{}, fmt.Errorf("read the status: %w", err)
	}
	data := detail(object)
	raw := p.client.clean.line(first(data, "status_name", "status.name", "status_code"))
	if raw == "" {
		return national.State{}, fmt.Errorf("read the status: %w", p.client.lacking(q, object, "status"))
	}
	list, whole, err := p.client.walk(ctx, paged{
		first: get(under+"/followups", url.Values{"page": {"1"}}), items: "results.data", most: p.settings.FollowupPages,
	})
	if err != nil {
		return national.State{}, fmt.Errorf("read the follow-ups: %w", err)
	}
	if !whole {
		p.log.WarnContext(ctx, "the follow-ups did not end; what was read is used", "complaint", id, "rows", len(list))
	}
	return national.State{
		Status: p.statuses.of(raw), Raw: raw,
		Agency:     p.client.clean.line(first(data, "disposition_name", "disposition.name")),
		TrackingID: identity(at(data, "tracking_id")),
		Events:     p.events(list, listed(object, "results.data_logs"), listed(data, "status_logs")),
	}, nil
}

// detail is the complaint of an answer, which some deployments put into a list of one.
func detail(object map[string]any) any {
	data := at(object, "results.data")
	if list, ok := data.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return data
}

// listed is a list that may be missing.
func listed(v any, path string) []any {
	list, _ := rows(at(v, path))
	return list
}
