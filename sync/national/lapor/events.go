package lapor

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/national"
)

// events merges what was said in the three lists of a complaint, oldest first. What two lists tell alike is told once,
// under the key of the list named first.
func (p *platform) events(followups, dataLogs, statusLogs []any) []national.Event {
	var all []national.Event
	for _, source := range []struct {
		name string
		rows []any
	}{{"followup", followups}, {"log", dataLogs}, {statusLog, statusLogs}} {
		for _, row := range source.rows {
			if p.isOurs(row) {
				continue
			}
			if e := p.event(source.name, row); e.Text != "" || e.Raw != "" || e.To != "" {
				all = append(all, e)
			}
		}
	}
	all = p.withoutEchoes(once(all))
	slices.SortStableFunc(all, func(a, b national.Event) int { return a.At.Compare(b.At) })
	return all
}

func once(all []national.Event) []national.Event {
	type told struct {
		at                  time.Time
		raw, from, to, text string
	}
	keys, seen := map[string]bool{}, map[told]bool{}
	return slices.DeleteFunc(all, func(e national.Event) bool {
		t := told{e.At, e.Raw, e.From, e.To, e.Text}
		again := keys[e.Key] || seen[t]
		keys[e.Key], seen[t] = true, true
		return again
	})
}

const statusLog = "status"

// withoutEchoes drops entries of the status log that say no more than a richer row of the same second: its notes are
// often the bare name of the new status.
func (p *platform) withoutEchoes(all []national.Event) []national.Event {
	type change struct {
		at  time.Time
		raw string
	}
	told := map[change]bool{}
	for _, e := range all {
		if e.Raw != "" && !strings.HasPrefix(e.Key, statusLog+" ") {
			told[change{e.At, fold(e.Raw)}] = true
		}
	}
	return slices.DeleteFunc(all, func(e national.Event) bool {
		return strings.HasPrefix(e.Key, statusLog+" ") && (e.Text == "" || e.Raw == "") && told[change{e.At, fold(firstOf(e.Raw, e.Text))}]
	})
}

// someInstitution stands in the platform's own sentences for one that the row does not name, so that no citizen reads half
// a sentence.
const someInstitution = "instansi terkait"

// event reads one row. Rows of the three lists carry some of the same fields under several names.
func (p *platform) event(source string, row any) national.Event {
	line := p.client.clean.line
	change := changeOf(row)
	e := national.Event{
		At:   p.clock.at(first(row, "created_at", "date", "timestamp")),
		Raw:  line(first(change, "status_new.name", "status_new")),
		From: line(first(row, "institution_from_name", "institution_from_id.name", "institution_from.name", "institution.name")),
		To:   line(first(row, "institution_to_name", "institution_to_id.name", "institution_to.name")),
	}
	if e.Raw == "" {
		e.Raw = line(first(row, "status_name", "status.name"))
	}
	note := line(first(row, "note"))
	if known := p.statuses.of(note); e.Raw == "" && known != "" && known != complaint.Other {
		e.Raw = note // the status log writes the bare name of the new status there
	}
	e.Status = p.statuses.of(e.Raw)
	e.Key = keyOf(source, row, change)
	e.Text = p.eventText(row, map[string]string{
		"institution_from": firstOf(e.From, p.settings.InstitutionFrom),
		"institution_to":   e.To,
		"institution":      firstOf(line(first(row, "institution.name")), e.From, p.settings.InstitutionFrom),
		"status_old":       line(first(change, "status_old.name", "status_old")),
		"status_new":       e.Raw,
	})
	if fold(e.Text) == fold(e.Raw) {
		e.Text = ""
	}
	if source != statusLog {
		e.From = firstOf(e.From, p.settings.InstitutionFrom)
	}
	return e
}

// changeOf reads the row's data, which is JSON inside a string, or plain JSON.
func changeOf(row any) any {
	data := at(row, "data")
	if written, ok := data.(string); ok {
		inner, err := parse([]byte(written))
		if err != nil {
			return nil
		}
		return inner
	}
	return data
}

// keyOf is the row's own id, else a hash of what it says. Only fields that no setting and no clock changes are hashed.
func keyOf(source string, row, change any) string {
	if id := identity(at(row, "id")); id != "" {
		return source + " " + id
	}
	h := sha256.New()
	for _, said := range []string{
		first(row, "created_at", "date", "timestamp"), first(row, "template_code"), first(row, "template_content"),
		first(row, "content"), first(row, "note"), first(change, "status_old.name", "status_old"),
		first(change, "status_new.name", "status_new"), first(row, "status_name", "status.name"),
		first(row, "institution_from_name", "institution_from_id.name", "institution_from.name", "institution.name"),
		first(row, "institution_to_name", "institution_to_id.name", "institution_to.name"),
	} {
		h.Write([]byte(said))
		h.Write([]byte{0})
	}
	return source + " #" + hex.EncodeToString(h.Sum(nil)[:16])
}

// eventText is the template, what was written, and the names of the files, each on lines of its own.
func (p *platform) eventText(row any, values map[string]string) string {
	var parts []string
	named := maps.Clone(values)
	for _, name := range []string{"institution_from", "institution_to", "institution"} {
		named[name] = firstOf(values[name], someInstitution)
	}
	for _, field := range []string{"template_content", "content", "note"} {
		given := values
		if field == "template_content" {
			given = named
		}
		said := strings.TrimSpace(fill(p.client.clean.plain(words(at(row, field))), given))
		if said != "" && !slices.Contains(parts, said) {
			parts = append(parts, said)
		}
	}
	for _, name := range fileNames(at(row, "attachments")) {
		parts = append(parts, "Lampiran: "+p.client.clean.line(name))
	}
	return strings.Join(parts, "\n")
}

// fileNames reads attachments: a list, or an object of lists such as docs.
func fileNames(v any) []string {
	list, ok := rows(v)
	if groups, isObject := v.(map[string]any); !ok && isObject {
		for _, group := range []string{"docs", "images"} {
			some, _ := rows(groups[group])
			list = append(list, some...)
		}
	}
	var names []string
	for _, file := range list {
		name := first(file, "file_name", "name")
		if name == "" {
			name = path.Base(first(file, "path"))
		}
		if extension := first(file, "extension"); extension != "" && path.Ext(name) == "" {
			name += "." + strings.TrimPrefix(extension, ".")
		}
		if name != "." && name != "/" {
			names = append(names, name)
		}
	}
	return names
}
