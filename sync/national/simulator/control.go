package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The paths under /_sim/ are for the people at the simulator's other end. They need no sign-in, meet no fault and are
// not counted.
const controlBase = "/_sim/"

const controlHelp = `GET    /_sim/complaints[?marker=TEXT]      what the platform holds
GET    /_sim/complaints/{id}               one of them
POST   /_sim/complaints/{id}/status        {"status": "Selesai", "note": "<p>…</p>"}
GET    /_sim/complaints/{id}/followups     what was said about it
POST   /_sim/complaints/{id}/followups     {"text": "<p>…</p>", "from": "21031"}
GET    /_sim/stats                         calls and faults, counted
GET    /_sim/faults                        the faults in force
POST   /_sim/faults                        {"latency": {"min": "0s", "max": "2s"}, "rules": [{"call": "create", "fault": "500_after", "next": 3}]}
DELETE /_sim/faults                        behave
`

func isControl(path string) bool { return path == "/_sim" || strings.HasPrefix(path, controlBase) }

func (s *Simulator) control(in *request) answer {
	seg := strings.Split(strings.Trim(strings.TrimPrefix(in.path, "/_sim"), "/"), "/")
	id := ""
	if len(seg) > 1 {
		id, seg[1] = seg[1], "*"
	}
	switch in.method + " " + strings.Join(seg, "/") {
	case "GET ":
		return plainAnswer(http.StatusOK, "text/plain; charset=utf-8", controlHelp)
	case "GET complaints":
		return jsonAnswer(http.StatusOK, s.ByMarker(in.query.Get("marker")))
	case "GET complaints/*":
		if c, ok := s.Complaint(id); ok {
			return jsonAnswer(http.StatusOK, c)
		}
		return controlError(http.StatusNotFound, errNoComplaint(id))
	case "GET complaints/*/followups":
		if _, ok := s.Complaint(id); ok {
			return jsonAnswer(http.StatusOK, s.FollowUps(id))
		}
		return controlError(http.StatusNotFound, errNoComplaint(id))
	case "POST complaints/*/status":
		return s.controlStatus(id, in)
	case "POST complaints/*/followups":
		return s.controlFollowUp(id, in)
	case "GET stats":
		return jsonAnswer(http.StatusOK, s.Stats())
	case "GET faults":
		return jsonAnswer(http.StatusOK, s.Faults())
	case "POST faults":
		return s.controlFaults(in)
	case "DELETE faults":
		s.ClearFaults()
		return jsonAnswer(http.StatusOK, s.Faults())
	}
	return controlError(http.StatusNotFound, fmt.Errorf("%s %s is not here; GET /_sim/ lists what is", in.method, in.path))
}

func controlError(status int, err error) answer {
	return jsonAnswer(status, map[string]string{"error": err.Error()})
}

func (s *Simulator) controlStatus(id string, in *request) answer {
	var body struct {
		Status string `json:"status"`
		Note   string `json:"note"`
	}
	if err := strictly(in.body, &body); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	return s.changed(id, s.SetStatus(id, body.Status, body.Note))
}

func (s *Simulator) controlFollowUp(id string, in *request) answer {
	var body FollowUp
	if err := strictly(in.body, &body); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	return s.changed(id, s.AddFollowUp(id, body))
}

func (s *Simulator) changed(id string, err error) answer {
	c, found := s.Complaint(id)
	switch {
	case !found:
		return controlError(http.StatusNotFound, errNoComplaint(id))
	case err != nil:
		return controlError(http.StatusBadRequest, err)
	}
	return jsonAnswer(http.StatusOK, c)
}

func (s *Simulator) controlFaults(in *request) answer {
	var f Faults
	if err := strictly(in.body, &f); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	for i, r := range f.Rules {
		if r.Fault == Refused {
			return controlError(http.StatusBadRequest,
				fmt.Errorf("rules[%d]: a handler that is served cannot refuse connections; stop the simulator instead", i))
		}
	}
	if err := s.SetFaults(f); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	return jsonAnswer(http.StatusOK, s.Faults())
}

func strictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	return nil
}
