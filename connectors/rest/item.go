package rest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// item is one entry of the list, and what it becomes: a complaint, something set aside, or, with neither, nothing.
type item struct {
	mark   connectors.Mark
	raw    []byte
	record map[string]any
	made   complaint.Complaint
	aside  *connectors.SetAside
	taken  bool
	former uint64 // the sum of its mark before the preset's ids were made in another way; 0: none
}

// items makes items of the entries of a page.
func (c *connector) items(entries []json.RawMessage) []item {
	all := make([]item, len(entries))
	first := map[string]int{}
	for i, raw := range entries {
		all[i] = c.item(raw)
		if id := all[i].made.SourceID; all[i].taken {
			earlier, twice := first[id]
			if twice && all[earlier].made.ContentHash() != all[i].made.ContentHash() {
				all[i].setAside(connectors.SameID, "another item of the same page has this id and other words: map names the wrong id")
			}
			if !twice {
				first[id] = i
			}
		}
	}
	return all
}

func (c *connector) item(raw []byte) item {
	one := item{raw: raw, mark: connectors.Mark{Sum: sumOf(raw) &^ 1}}
	record, err := connectors.Record(raw)
	if err != nil {
		one.setAside(connectors.Unreadable, "the entry "+err.Error())
		return one
	}
	one.record = record
	one.mark.Time = c.timeOf(record)
	if holds, err := c.where.Holds(record); err != nil || !holds {
		if err != nil {
			one.setAside(connectors.BadField, "where "+err.Error())
		}
		return one
	}
	one.made, err = c.mapper.Map(record)
	one.made.Raw = complaint.Payload{Type: jsonType, Body: raw}
	if err != nil {
		one.setAside(connectors.BadField, err.Error())
		return one
	}
	one.made.Reporter.Account = one.made.Reporter.Phone
	one.taken = true
	one.mark.Sum = sumOf([]byte(one.made.SourceID)) | 1
	if former := c.settings.formerID; former != "" {
		one.former = sumOf([]byte(textAt(record, former))) | 1
	}
	return one
}

func (i *item) setAside(reason connectors.SetAsideCause, detail string) {
	i.taken = false
	i.mark.Sum = sumOf(i.raw) &^ 1
	i.aside = &connectors.SetAside{SourceID: i.made.SourceID, Where: "the list", Reason: reason, Detail: detail, Raw: i.raw}
	if i.made.SourceID != "" {
		i.aside.Where = "item " + i.made.SourceID + " of the list"
	}
}

// sumOf tells contents apart. Its last bit says of what: an id, or the words of an item.
func sumOf(content []byte) uint64 {
	sum := sha256.Sum256(content)
	return binary.BigEndian.Uint64(sum[:])
}

func byID(sum uint64) bool { return sum&1 == 1 }

// timeOf is an item's place in time, or its number; 0 when it has none that can be read.
func (c *connector) timeOf(record map[string]any) int64 {
	since := c.settings.Since
	if since.Field == "" {
		return 0
	}
	text := textAt(record, since.Field)
	if since.Format == numberFormat {
		n, err := strconv.ParseInt(text, 10, 63)
		if err != nil {
			return 0
		}
		return max(n, 0)
	}
	at, err := connectors.ParseTime(text, nil, c.zone)
	if err != nil {
		return 0
	}
	return max(at.UnixMicro(), 0)
}

// textAt is the text, number or flag that stands at a path; empty where none does.
func textAt(record map[string]any, path string) string {
	switch value := connectors.At(record, path).(type) {
	case string:
		return strings.TrimSpace(value)
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

// asked is the value of since that brings everything from low on: a little less, in whole units of the format, since
// servers may leave out what bears the very time.
func (c *connector) asked(low int64) string {
	since := c.settings.Since
	at := time.UnixMicro(low).Add(-time.Second).In(c.zone)
	var value string
	switch since.Format {
	case numberFormat:
		value = strconv.FormatInt(low-1, 10)
	case rfc3339Format:
		value = at.Format(time.RFC3339)
	case unixFormat:
		value = strconv.FormatInt(at.Unix(), 10)
	case unixMSFormat:
		value = strconv.FormatInt(at.UnixMilli(), 10)
	case dateFormat:
		value = at.Format(time.DateOnly)
	default:
		value = at.Format(since.Format)
	}
	if since.Within == "" {
		return value
	}
	return strings.ReplaceAll(since.Within, sinceValue, value)
}

// answer is a page of the list, taken apart.
type answer struct {
	entries []json.RawMessage
	next    string // cursor or link; empty: the server gives none
	total   int    // of the whole list; -1 when the server does not say
}

const jsonType = "application/json"

// decode reads an answer.
func (c *connector) decode(body []byte) (answer, error) {
	read := answer{total: -1}
	whole, err := connectors.JSON(body)
	if err != nil {
		if start := strings.TrimSpace(string(body[:min(len(body), 64)])); strings.HasPrefix(start, "<") {
			err = errors.New("the server sends a web page in place of JSON: it may want a sign-in, or the address is another")
		}
		return read, err
	}
	list := []byte(whole)
	if c.settings.Items != "" {
		list = connectors.RawAt(whole, c.settings.Items)
	}
	if err := c.readAround(whole, &read); err != nil {
		return read, err
	}
	null := c.settings.Items != "" && string(list) == "null" // as some servers write a list without items
	if null || len(list) == 0 && c.saysEmpty(whole) {
		return read, nil
	}
	if len(list) == 0 || list[0] != '[' {
		return read, fmt.Errorf("the answer has no list %s", c.listName())
	}
	if err := json.Unmarshal(list, &read.entries); err != nil {
		return read, errors.New("the list cannot be read")
	}
	return read, nil
}

func (c *connector) listName() string {
	if c.settings.Items == "" {
		return "at its top; name it in items"
	}
	return "at " + c.settings.Items
}

func (c *connector) saysEmpty(whole []byte) bool {
	record, err := connectors.Record(whole)
	return err == nil && c.settings.Empty.Field != "" && textAt(record, c.settings.Empty.Field) == c.settings.Empty.Is
}

// readAround reads what stands around the list.
func (c *connector) readAround(whole []byte, read *answer) error {
	paging := c.settings.Paging
	if whole[0] != '{' || paging.Next == "" && paging.Total == "" {
		return nil
	}
	record, err := connectors.Record(whole)
	if err != nil {
		return err
	}
	if paging.Next != "" {
		read.next = textAt(record, paging.Next)
		if read.next == "false" {
			read.next = ""
		}
		if paging.Style == byNext {
			read.next = c.withoutKey(read.next)
		}
		if len(read.next) > mostPlace {
			return errors.New("the next " + paging.Style + " is too long to be kept")
		}
	}
	if total, err := strconv.Atoi(textAt(record, paging.Total)); paging.Total != "" && err == nil {
		read.total = total
	}
	return nil
}
