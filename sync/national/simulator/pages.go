package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// localLayout is how the platform writes times: no zone.
const localLayout = "02-01-2006 15:04:05"

func (s *Simulator) local(t time.Time) string { return t.In(s.options.Zone).Format(localLayout) }

// paged answers with one page of rows; next_page_url is null on the last.
func paged[T any](in *request, size int, rows []T, row func(T) any) answer {
	page := number(in, "page", 1)
	from := min((page-1)*size, len(rows))
	to := min(from+size, len(rows))
	data := make([]any, 0, to-from)
	for _, r := range rows[from:to] {
		data = append(data, row(r))
	}
	var next any
	if to < len(rows) {
		query := in.query
		query.Set("page", strconv.Itoa(page+1))
		next = in.origin + in.path + "?" + query.Encode()
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"success": true,
		"results": map[string]any{
			"current_page": page, "per_page": size, "total": len(rows), "data": data, "next_page_url": next,
		},
	})
}

// number reads a count from the query: above zero, and small enough that two of them multiply.
func number(in *request, name string, otherwise int) int {
	n, err := strconv.Atoi(in.query.Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return min(n, 1_000_000)
}

func (s *Simulator) institutions(in *request) answer {
	return paged(in, number(in, "page_size", 10), s.options.Institutions, func(n Named) any {
		if id, err := strconv.ParseInt(n.ID, 10, 64); err == nil && strconv.FormatInt(id, 10) == n.ID {
			return map[string]any{"id": id, "name": n.Name}
		}
		return n
	})
}

func (s *Simulator) templates(in *request) answer {
	return paged(in, number(in, "page_size", 10), templates(), func(t template) any { return t })
}
