package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
	"github.com/satupintu/satupintu/sync/retry"
)

// withheld is the media ID of what WhatsApp did not hand over.
const withheld = "unsupported"

var mediaID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// link is where a file lies for the next minutes.
type link struct {
	URL  string `json:"url"`
	Type string `json:"mime_type"`
	Size size   `json:"file_size"`
}

// Fetch implements connectors.Fetcher: a file's link is asked for, and the file then read from there. A link that has
// expired on the way is asked for once more.
func (n *number) Fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	switch {
	case m.ID == withheld:
		return complaint.Attachment{}, never("fetch a file: WhatsApp did not hand over what the person sent")
	case !mediaID.MatchString(m.ID):
		return complaint.Attachment{}, never("fetch a file: its id is none of WhatsApp's")
	}
	kept, err := n.fetch(ctx, m)
	if errors.Is(err, errExpired) {
		kept, err = n.fetch(ctx, m)
	}
	if err != nil {
		return complaint.Attachment{}, fmt.Errorf("fetch file %s: %w", m.ID, err)
	}
	return kept, nil
}

func (n *number) fetch(ctx context.Context, m connectors.Media) (complaint.Attachment, error) {
	var at link
	request := n.graph.R().SetQueryParam("phone_number_id", n.settings.PhoneNumberID)
	if err := n.ask(ctx, request, http.MethodGet, n.address(m.ID), &at); err != nil {
		return complaint.Attachment{}, err
	}
	if int64(at.Size) > int64(n.settings.MaxFile) {
		return complaint.Attachment{}, connectors.LargeFile(n.settings.MaxFile)
	}
	if err := n.trusted(at.URL); err != nil {
		return complaint.Attachment{}, err
	}
	return n.download(ctx, m, at)
}

// trusted says whether a file's link may be given the token.
func (n *number) trusted(address string) error {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.User != nil {
		return retry.UnreadableAnswer(errors.New("the Graph API gives no address of the file"))
	}
	base, err := url.Parse(n.settings.BaseURL)
	if err == nil && at.Scheme == base.Scheme && at.Host == base.Host {
		return nil
	}
	if at.Scheme == "https" && slices.Contains(n.settings.MediaHosts, at.Host) {
		return nil
	}
	err = fmt.Errorf("the file lies at %s, which is not among media_hosts; add it if it is Meta's", at.Host)
	return &retry.Error{Verdict: retry.Transient, Reason: retry.Rejected, Err: err} // ours to mend
}

// errExpired is a link that leads nowhere any more.
var errExpired = errors.New("the link has expired")

func (n *number) download(ctx context.Context, m connectors.Media, at link) (complaint.Attachment, error) {
	request := n.files.R().SetAuthToken(n.settings.Token.Reveal()).SetDoNotParseResponse(true)
	answer, err := connectors.Do(ctx, request, http.MethodGet, at.URL)
	if answer == nil {
		return complaint.Attachment{}, err
	}
	body := answer.RawBody()
	defer body.Close()
	switch status := answer.StatusCode(); {
	case status == http.StatusNotFound || status == http.StatusGone:
		return complaint.Attachment{}, retry.Because(retry.After(fmt.Errorf("%w: %w", errExpired, err), 0), retry.Rejected)
	case err != nil:
		said, _ := io.ReadAll(io.LimitReader(body, 64<<10)) // what cannot be read says nothing
		return complaint.Attachment{}, faultOf(status, answer.Header(), said, err)
	case isPage(answer.Header().Get("Content-Type")) && !isPage(at.Type):
		return complaint.Attachment{}, retry.UnreadableAnswer(errors.New("a web page came in place of the file"))
	}
	file := connectors.Whole{From: body, Most: n.settings.MaxFile}
	return file.Keep(ctx, n.env.Files, nameOf(m, at.Type))
}

func isPage(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType)
	return kind == "text/html"
}

// nameOf is a file's name: the sender's own, or one that says what it is.
func nameOf(m connectors.Media, kind string) string {
	if m.Name != "" {
		return m.Name
	}
	if kind == "" {
		kind = m.Type
	}
	base, _, _ := mime.ParseMediaType(kind)
	what, _, _ := strings.Cut(base, "/")
	names := map[string]string{"image": "foto", "video": "video", "audio": "suara"}
	endings := map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "video/mp4": ".mp4", "video/3gpp": ".3gp", "audio/ogg": ".ogg",
		"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr", "application/pdf": ".pdf", "text/plain": ".txt",
	}
	if names[what] == "" {
		return "lampiran" + endings[base]
	}
	return names[what] + endings[base]
}
