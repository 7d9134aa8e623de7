package email

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/satupintu/satupintu/sync/complaint"
)

// ourMark is a field of every mail we send.
const ourMark = "X-Satupintu"

// ourMail knows the mail that we send.
type ourMail struct {
	address string
	domain  string
	id      *regexp.Regexp
}

func newOurMail(address string) ourMail {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	return ourMail{address, domain, regexp.MustCompile(`(?i)^satupintu\.(SP-[0-9A-Z]{15})\.\d{1,19}@` + regexp.QuoteMeta(domain) + `$`)}
}

// messageID is the id of the mail about one change. It is the same each time that change is told.
func (o ourMail) messageID(ref complaint.Ref, seq int64) string {
	return "satupintu." + string(ref) + "." + strconv.FormatInt(seq, 10) + "@" + o.domain
}

// refOf is the complaint that a message id of ours speaks of; empty for any other id.
func (o ourMail) refOf(id string) complaint.Ref {
	found := o.id.FindStringSubmatch(id)
	if found == nil {
		return ""
	}
	ref, err := complaint.ParseRef(found[1])
	if err != nil {
		return ""
	}
	return ref
}

// answers is the complaint whose reply of ours a mail answers: the latest one it refers to.
func (o ourMail) answers(h header) complaint.Ref {
	var last complaint.Ref
	for _, id := range append(h.ids("References"), h.ids("In-Reply-To")...) {
		if ref := o.refOf(id); ref != "" {
			last = ref
		}
	}
	return last
}

// writer is who a mail is from: whom an answer would reach, apart from ourselves. A form that sends in our name says in
// Reply-To who filled it in.
func (o ourMail) writer(h header) person {
	from := person{}
	if all := h.people("From"); len(all) > 0 {
		from = all[0]
	}
	if all := h.people("Reply-To"); len(all) == 1 && !strings.EqualFold(all[0].address, o.address) {
		if all[0].name == "" && strings.EqualFold(all[0].address, from.address) {
			all[0].name = from.name
		}
		return all[0]
	}
	return from
}

// leave says why a mail is left alone; empty when it is a person's. groups are the mailing lists that are not.
func (o ourMail) leave(h header, groups []string) string {
	kind, params := h.mediaType()
	automatic, _, _ := strings.Cut(strings.ToLower(h.raw("Auto-Submitted")), ";")
	suppress := strings.ToLower(h.raw("X-Auto-Response-Suppress"))
	path := h.raw("Return-Path")
	ids := h.ids("Message-ID")
	local, _, _ := strings.Cut(strings.ToLower(o.writer(h).address), "@")
	switch {
	case h.has(ourMark), len(ids) > 0 && o.refOf(ids[0]) != "":
		return "our own reply"
	case strings.EqualFold(o.writer(h).address, o.address):
		return "from our own address"
	case kind == "multipart/report" || params["report-type"] != "" || kind == "message/delivery-status":
		return "a report about a delivery"
	case local == "mailer-daemon" || path == "<>":
		return "a bounce"
	case automatic != "" && strings.TrimSpace(automatic) != "no":
		return "sent by a machine (Auto-Submitted)"
	case h.has("X-Autoreply"), h.has("X-Autorespond"), suppress != "" && suppress != "none":
		return "an automatic answer"
	case inGroup(h, groups):
		return ""
	case h.has("List-Id"), h.has("List-Post"), h.has("List-Unsubscribe"):
		return "from a mailing list"
	}
	switch strings.ToLower(h.raw("Precedence")) {
	case "bulk", "junk", "list", "auto_reply":
		return "sent to many (Precedence)"
	}
	return ""
}

func inGroup(h header, groups []string) bool {
	id := strings.ToLower(h.raw("List-Id"))
	for _, group := range groups {
		group = strings.ToLower(strings.Trim(strings.TrimSpace(group), "<>"))
		if group != "" && (id == group || strings.HasSuffix(id, "<"+group+">")) {
			return true
		}
	}
	return false
}
