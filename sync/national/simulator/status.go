package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// status says where a complaint stands. tracking_id is the simulator's own addition: where the platform tells it is not known.
func (s *Simulator) status(id string) answer {
	rec, ok := s.ledger.find(id)
	if !ok {
		return notFound()
	}
	events := s.events(rec)
	name, holder := standing(events)
	logs, rows := []any{}, []any{}
	for _, e := range events {
		if e.Status == "" {
			continue
		}
		logs = append(logs, map[string]any{"note": e.Status, "timestamp": s.local(e.At)})
		if e.old != "" {
			rows = append(rows, s.row(e))
		}
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"success": true,
		"results": map[string]any{
			"data": map[string]any{
				"id": firstComplaint + rec.number, "tracking_id": rec.trackingID(), "title": rec.create.Title,
				"status_code": statusCode(name), "status_name": name,
				"disposition_id": numeric(holder.ID), "disposition_name": holder.Name, "status_logs": logs,
			},
			"data_logs": rows,
		},
	})
}

// statusCode is invented: the codes of the platform are not public.
func statusCode(name string) int {
	return 1 + slices.Index([]string{
		StatusNew, StatusDisposed, StatusWorking, StatusPostponed, StatusDone, StatusRejected, StatusArchived,
	}, name)
}

func numeric(id string) any {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil {
		return n
	}
	return id
}

// followUps answers with a page of everything that happened after a complaint's arrival.
func (s *Simulator) followUps(id string, in *request) answer {
	rec, ok := s.ledger.find(id)
	if !ok {
		return notFound()
	}
	events := s.events(rec)[1:]
	if s.options.NewestFirst {
		slices.Reverse(events)
	}
	return paged(in, s.options.PageSize, events, func(e event) any { return s.row(e) })
}

// row writes an event in one of the ways rows have been seen.
func (s *Simulator) row(e event) map[string]any {
	variant := s.options.Rows
	if variant == RowsInTurn {
		variant = RowsFlat + Rows(e.id%3)
	}
	row := map[string]any{
		"id": e.id, "template_code": e.Template, "content": e.Text, "data": statusChange(e),
		"template_content": templateContent(e.Template, variant == RowsNested), "is_secret": bit(e.Secret),
		"created_at": s.local(e.At),
	}
	switch variant {
	case RowsNested:
		row["institution_from_id"] = map[string]any{"id": numeric(e.From.ID), "name": e.From.Name}
		row["institution_to"] = map[string]any{"id": numeric(e.To.ID), "name": e.To.Name}
		row["attachments"] = map[string]any{"docs": attachmentRows(e.Files)}
	case RowsSingle:
		row["institution"] = map[string]any{"name": e.From.Name}
		if e.From != e.To {
			row["institution_to_name"] = e.To.Name
		}
		row["attachments"], row["date"] = nil, row["created_at"]
		if len(e.Files) > 0 {
			row["attachments"] = attachmentRows(e.Files)
		}
		delete(row, "created_at")
	default:
		row["institution_from_name"], row["institution_to_name"] = e.From.Name, e.To.Name
		row["attachments"] = attachmentRows(e.Files)
	}
	return row
}

// statusChange is JSON inside a JSON string, or null.
func statusChange(e event) any {
	if e.Status == "" {
		return nil
	}
	type name struct {
		Name string `json:"name"`
	}
	text, err := json.Marshal(map[string]name{"status_old": {e.old}, "status_new": {e.Status}})
	if err != nil { // two strings always marshal
		return nil
	}
	return string(text)
}

func attachmentRows(files []File) []any {
	rows := []any{}
	for _, f := range files {
		rows = append(rows, map[string]any{
			"path": "/storage/followup/" + f.ID, "file_name": f.Name, "extension": extension(f.Name),
		})
	}
	return rows
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return strings.ToLower(name[i+1:])
	}
	return ""
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
