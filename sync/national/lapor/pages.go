package lapor

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"
)

// paged is a list the platform gives page by page.
type paged struct {
	first call
	items string // where the list stands in an answer
	most  int    // pages
}

// walk reads every page and returns all rows. whole says that the end was reached: not when there were more pages than
// allowed, and not when the platform gave the same page again. Only the number of the next page is taken from the
// platform; its address is not followed, so our credentials go nowhere else.
func (c *client) walk(ctx context.Context, p paged) (all []any, whole bool, err error) {
	q, last := p.first, []byte(nil)
	for page := 1; ; {
		object, err := c.do(ctx, q)
		if err != nil {
			return nil, false, err
		}
		list, err := c.list(q, object, p.items)
		if err != nil {
			return nil, false, err
		}
		seen := encode(list)
		if len(list) > 0 && bytes.Equal(seen, last) {
			return all, false, nil
		}
		all, last = append(all, list...), seen
		next, more := nextPage(object, p.items, page)
		if !more || len(list) == 0 {
			return all, true, nil
		}
		if next <= page || next > p.most {
			return all, false, nil
		}
		page, q = next, onPage(p.first, next)
	}
}

// list finds the rows of a page. PHP writes an empty object as [], so an empty list above the rows means no rows. No rows beside
// an error mean nothing.
func (c *client) list(q call, object map[string]any, items string) ([]any, error) {
	amiss := refusal(object) || faulty(object)
	list, ok := rows(at(object, items))
	if ok && (len(list) > 0 || !amiss) {
		return list, nil
	}
	above, _, nested := cutLast(items)
	if empty, isList := at(object, above).([]any); nested && isList && len(empty) == 0 && !amiss {
		return nil, nil
	}
	return nil, c.lacking(q, object, items)
}

// nextPage reads next_page_url beside the list. more is false at the end; the number is that of the address, or one
// more when the address has none.
func nextPage(object map[string]any, items string, page int) (next int, more bool) {
	above, _, nested := cutLast(items)
	address := words(object["next_page_url"])
	if nested {
		address = words(at(object, above+".next_page_url"))
	}
	if address == "" || strings.EqualFold(address, "null") {
		return 0, false
	}
	if at, err := url.Parse(address); err == nil && at.Query().Has("page") {
		n, err := strconv.Atoi(at.Query().Get("page"))
		if err != nil {
			return 0, true
		}
		return n, true
	}
	return page + 1, true
}

func onPage(q call, page int) call {
	query := url.Values{}
	maps.Copy(query, q.query)
	query.Set("page", strconv.Itoa(page))
	q.query = query
	return q
}

func cutLast(path string) (above, last string, nested bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// encode writes JSON that was read: it cannot fail.
func encode(v any) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSpace(out.Bytes())
}
