package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/complaint"
)

// portal is the demonstration's channel: it sends complaints, sends again what was not answered with a 2xx, and hears
// what becomes of them.
type portal struct {
	client *http.Client
	intake string
	secret string

	mu      sync.Mutex
	refs    map[string][]complaint.Ref // by id: what each sending was answered
	heard   map[string]hearing         // by id
	count   portalCount
	trouble string // the last answer that was none
}

// portalCount is what the portal has seen.
type portalCount struct {
	sent     int // complaints answered with a 2xx, repeated ones too
	again    int // sendings that had to be repeated
	statuses int // statuses told, each once
	ended    int // complaints whose last status is an end
	turned   int // statuses the portal refused to hear at first
	strange  int // statuses that were not signed as agreed, or came out of order
}

// hearing is how far one complaint's news has come.
type hearing struct {
	seq  int64
	last complaint.Status
}

func newPortal(secret string) *portal {
	return &portal{
		client: &http.Client{Timeout: 10 * time.Second, Transport: new(wires).add(portalWorkers)}, secret: secret,
		refs: map[string][]complaint.Ref{}, heard: map[string]hearing{},
	}
}

const (
	portalWorkers = 6
	portalPace    = 12 * time.Millisecond // between two sendings
	portalAgain   = 300 * time.Millisecond
)

// sending is a request's body, the same each time it is sent.
type sending struct {
	id   string
	kind string
	body []byte
}

// send sends everything, in order but for those under way at once, and returns when all is answered with a 2xx or the
// context ends.
func (p *portal) send(ctx context.Context, all []sending) {
	queue := make(chan sending)
	var workers sync.WaitGroup
	for range portalWorkers {
		workers.Go(func() {
			for s := range queue {
				p.sendUntilAnswered(ctx, s)
			}
		})
	}
	pace := time.NewTicker(portalPace)
	defer pace.Stop()
	for _, s := range all {
		select {
		case <-pace.C:
			queue <- s
		case <-ctx.Done():
		}
	}
	close(queue)
	workers.Wait()
	p.client.CloseIdleConnections()
}

func (p *portal) sendUntilAnswered(ctx context.Context, s sending) {
	for ctx.Err() == nil {
		ref, err := p.post(ctx, s)
		p.mu.Lock()
		if err == nil {
			p.refs[s.id] = append(p.refs[s.id], ref)
			p.count.sent++
		} else {
			p.count.again++
			p.trouble = err.Error()
		}
		p.mu.Unlock()
		if err == nil {
			return
		}
		select {
		case <-time.After(portalAgain):
		case <-ctx.Done():
		}
	}
}

func (p *portal) post(ctx context.Context, s sending) (complaint.Ref, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.intake, bytes.NewReader(s.body))
	if err != nil {
		return "", err
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("Content-Type", s.kind)
	r.Header.Set("X-Timestamp", timestamp)
	r.Header.Set("X-Signature", hex.EncodeToString(p.sign(timestamp, s.body)))
	answer, err := p.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return "", err
	}
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("sending %s: %s: %s", s.id, answer.Status, short(string(body), 200))
	}
	var accepted struct {
		Ref complaint.Ref `json:"ref"`
	}
	if err := json.Unmarshal(body, &accepted); err != nil || accepted.Ref == "" {
		return "", fmt.Errorf("sending %s: a 2xx without a reference", s.id)
	}
	return accepted.Ref, nil
}

func (p *portal) sign(timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(p.secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// portalRefuses is how often the portal is too busy to hear a status: one time in so many.
const portalRefuses = 25

// ServeHTTP hears a status. Now and then it is busy and wants it told again.
func (p *portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the teller went away
	}
	signature, err := hex.DecodeString(r.Header.Get("X-Signature"))
	genuine := err == nil && hmac.Equal(signature, p.sign(r.Header.Get("X-Timestamp"), body))
	var change connectors.StatusChange
	err = json.Unmarshal(body, &change)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !genuine || err != nil:
		p.count.strange++
		w.WriteHeader(http.StatusUnauthorized)
	case (p.count.statuses+p.count.turned+1)%portalRefuses == 0:
		p.count.turned++
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		p.hear(change)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *portal) hear(change connectors.StatusChange) {
	before, known := p.heard[change.SourceID]
	if known && change.Seq == before.seq {
		return // told again: harmless
	}
	if change.Seq < before.seq || before.last.Final() && !change.Status.Final() { // older news, or an end taken back
		p.count.strange++
		return
	}
	p.count.statuses++
	p.heard[change.SourceID] = hearing{seq: change.Seq, last: change.Status}
}

func (p *portal) counted() portalCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.count
	for _, h := range p.heard {
		if h.last.Final() {
			n.ended++
		}
	}
	return n
}

// knows is what the portal was answered for one complaint, each time it sent it, and what it heard last.
func (p *portal) knows(id string) ([]complaint.Ref, complaint.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refs[id]), p.heard[id].last
}

// sendings are the requests of complaints: JSON, or a form when there is a photo.
func sendings(complaints []told) ([]sending, error) {
	var all []sending
	for _, c := range complaints {
		s, err := newSending(c)
		if err != nil {
			return nil, fmt.Errorf("write complaint %s: %w", c.id, err)
		}
		all = append(all, s)
	}
	return all, nil
}

func newSending(c told) (sending, error) {
	payload, err := json.Marshal(map[string]any{
		"tiket": c.id, "judul": c.title(), "laporan": c.text, "kategori": c.category, "lokasi": c.place,
		"pelapor": map[string]string{"nama": c.name, "telepon": c.phone}, "dibuat": c.at.Format("02-01-2006 15:04"),
	})
	if err != nil || c.photo == nil {
		return sending{id: c.id, kind: "application/json", body: payload}, err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err = form.WriteField("payload", string(payload))
	part, partErr := form.CreateFormFile("foto", "foto-"+c.id+".png")
	if err = errors.Join(err, partErr); err != nil {
		return sending{}, err
	}
	_, err = part.Write(c.photo)
	err = errors.Join(err, form.Close()) // the last boundary
	return sending{id: c.id, kind: form.FormDataContentType(), body: body.Bytes()}, err
}
