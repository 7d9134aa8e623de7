package simulator

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// create keeps a complaint and answers with its id.
func (s *Simulator) create(in *request) answer {
	if !strings.Contains(in.header.Get("Content-Type"), "json") {
		return message(http.StatusUnsupportedMediaType, "Content-Type must be application/json.")
	}
	body, err := decodeCreate(in.body)
	if err != nil {
		return message(http.StatusUnprocessableEntity, err.Error())
	}
	if s.options.KnownIDs {
		if name := s.unknownID(body); name != "" {
			return message(http.StatusUnprocessableEntity, "The selected "+name+" is invalid.")
		}
	}
	rec := &record{at: s.now(), create: body, body: in.body, header: s.withoutSecrets(in.header)}
	var missing *missingFile
	switch err := s.ledger.create(rec); {
	case errors.As(err, &missing):
		return message(http.StatusUnprocessableEntity, err.Error())
	case err != nil:
		return message(http.StatusInternalServerError, err.Error())
	}
	return s.created(rec)
}

func (s *Simulator) unknownID(b createBody) string {
	switch {
	case b.Disposition != "" && !known(s.options.Institutions, b.Disposition):
		return "disposition_id"
	case b.Category != "" && !known(s.options.Categories, b.Category):
		return "category_id"
	}
	return ""
}

func (s *Simulator) created(rec *record) answer {
	shape, id := s.options.Shape, firstComplaint+rec.number
	if shape == ShapeInTurn {
		shape = ShapeID + Shape(rec.number%4)
	}
	out := map[string]any{"success": true, "message": "Laporan berhasil dikirim."}
	switch shape {
	case ShapeResults:
		out["results"] = map[string]any{"complaint": map[string]any{"id": id}}
	case ShapeDataID:
		out["data"] = map[string]any{"complaint_id": rec.id()}
	case ShapeDataNested:
		out["data"] = map[string]any{"results": map[string]any{"complaint": map[string]any{"id": id}}}
	default:
		out["complaint_id"] = id
	}
	return jsonAnswer(http.StatusOK, out)
}

// withoutSecrets is the header a complaint came with, the two sign-in values left out.
func (s *Simulator) withoutSecrets(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range []string{s.options.AuthHeader, s.options.TokenHeader} {
		if h.Get(name) != "" {
			h.Set(name, "(accepted)")
		}
	}
	return h
}

// reject hands a complaint to another institution: "not our authority".
func (s *Simulator) reject(id string, in *request) answer {
	rec, ok := s.ledger.find(id)
	if !ok {
		return notFound()
	}
	f := fields{raw: members(in)}
	to := f.id("reason")
	f.require(to != "", "reason", "is required")
	f.require(f.flag("is_request"), "is_request", "must be 1")
	f.require(f.flag("not_authority"), "not_authority", "must be 1")
	why := f.text("reason_description")
	if err := f.err(); err != nil {
		return message(http.StatusUnprocessableEntity, err.Error())
	}
	e := entry{At: s.now(), Template: templateDisposition, Text: why, From: s.holder(rec), To: s.institution(to)}
	if err := s.ledger.add(rec, e); err != nil {
		return message(http.StatusInternalServerError, err.Error())
	}
	return success("Permintaan berhasil dikirim.")
}

func notFound() answer { return message(http.StatusNotFound, "Data tidak ditemukan.") }

// search finds complaints whose title or content has the keyword.
func (s *Simulator) search(in *request) answer {
	if !s.options.Search {
		return s.noResource(in)
	}
	keyword := in.query.Get("keyword")
	if keyword == "" {
		return message(http.StatusUnprocessableEntity, "keyword is required.")
	}
	until := s.now().Add(-s.options.SearchLag)
	found := slices.DeleteFunc(slices.Clone(s.ledger.containing(keyword)), func(r *record) bool { return r.at.After(until) })
	return paged(in, number(in, "page_size", 15), found, func(r *record) any {
		status, _ := standing(s.events(r))
		return map[string]any{
			"id": firstComplaint + r.number, "tracking_id": r.trackingID(), "title": r.create.Title,
			"content": r.create.Content, "status_name": status, "created_at": s.local(r.at),
		}
	})
}
