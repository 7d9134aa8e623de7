package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"time"
)

// parcel is one complaint as the portal sends it.
type parcel struct {
	ticket, message string
	file            string // content of the one file that comes with it; empty: none
	phone           string // of who complains; empty: it is not said
}

// senderPatience is how long a sender waits for an answer before it sends again.
const senderPatience = 5 * time.Second

// deliverTo sends a parcel to an intake once; it returns the reference, empty when it was not acknowledged.
func (p parcel) deliverTo(ctx context.Context, intake string) string {
	ctx, cancel := context.WithTimeout(ctx, senderPatience)
	defer cancel()
	kind, body := p.encode()
	return sendTo(ctx, intake, kind, body)
}

// sendTo sends a request to a portal once; it returns the reference, empty when it was not acknowledged.
func sendTo(ctx context.Context, intake, kind string, body io.Reader) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+intake+"/in/portal", body)
	if err != nil {
		return ""
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Authorization", "Bearer "+portalToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	var answer struct{ Ref string }
	if err != nil || response.StatusCode != http.StatusAccepted || json.Unmarshal(said, &answer) != nil {
		return ""
	}
	return answer.Ref
}

func (p parcel) encode() (kind string, body io.Reader) {
	var out bytes.Buffer
	if p.file == "" {
		fields := map[string]string{"ticket": p.ticket, "message": p.message}
		if p.phone != "" {
			fields["phone"] = p.phone
		}
		_ = json.NewEncoder(&out).Encode(fields) // a buffer takes all
		return "application/json", &out
	}
	form := multipart.NewWriter(&out)
	for name, value := range map[string]string{"ticket": p.ticket, "message": p.message} {
		_ = form.WriteField(name, value)
	}
	if file, err := form.CreateFormFile("foto", "foto.txt"); err == nil {
		_, _ = io.WriteString(file, p.file)
	}
	_ = form.Close()
	return form.FormDataContentType(), &out
}

// insist sends a parcel until it is acknowledged, each time to the intake that where names.
func (p parcel) insist(ctx context.Context, where func() string) string {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		if ref := p.deliverTo(ctx, where()); ref != "" {
			return ref
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ""
		}
	}
}
