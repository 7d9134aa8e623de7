package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/satupintu/satupintu/sync/national/simulator"
)

func TestAFaultIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]simulator.Rule{
		"create:500_after:0.05":                   {Call: simulator.CallCreate, Fault: simulator.ServerErrorAfter, Chance: .05},
		"any:503":                                 {Fault: simulator.Unavailable},
		"create:429:1,next=3,retry_after=5s":      {Call: simulator.CallCreate, Fault: simulator.Throttle, Chance: 1, Next: 3, RetryAfter: 5 * time.Second},
		"file:slow,delay=3s,every=4,skip=2":       {Call: simulator.CallFile, Fault: simulator.Slow, Delay: 3 * time.Second, Every: 4, Skip: 2},
		"create:422,word=uji,message=teks kosong": {Call: simulator.CallCreate, Fault: simulator.Refuse, Word: "uji", Message: "teks kosong"},
		"status:401,xml=true":                     {Call: simulator.CallStatus, Fault: simulator.Unauthorized, XML: true},
	} {
		got, err := parseFault(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestAWrongFaultIsRefusedWithWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "want CALL:FAULT[:CHANCE]",
		"500_after":              "want CALL:FAULT[:CHANCE]",
		"create:500_after:1:2":   "want CALL:FAULT[:CHANCE]",
		":500_after":             "the call is missing",
		"creat:500_after":        `call "creat" is not one of`,
		"create:500":             `fault "500" is not one of`,
		"create:500_after:0":     `the chance "0" is not above 0`,
		"create:500_after:NaN":   `the chance "NaN" is not above 0`,
		"create:500_after:1.5":   `the chance "1.5" is not above 0`,
		"create:500_after:oft":   `the chance "oft" is not above 0`,
		"create:slow":            "needs a delay",
		"create:refused":         "cannot refuse connections",
		"create:503,next=viel":   `the option next cannot have the value "viel"`,
		"create:503,next=-1":     "must not be below zero",
		"create:503,retry=5s":    `the option "retry" is not one of`,
		"create:503,":            `the option "" is not one of`,
		"create:503,retry_after": `the option retry_after cannot have the value ""`,
	} {
		if _, err := parseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestEveryFaultIsInTheHelpAndCanBeAskedFor(t *testing.T) {
	help := faultHelp()
	for _, fault := range simulator.KnownFaults() {
		if fault == simulator.Refused {
			continue
		}
		text := "create:" + string(fault)
		if fault == simulator.Slow || fault == simulator.Late {
			text += ",delay=1s"
		}
		if _, err := parseFault(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !strings.Contains(help, " "+string(fault)+",") && !strings.Contains(help, " "+string(fault)+"\n") {
			t.Errorf("the help does not name %s", fault)
		}
	}
}

func FuzzAFaultIsReadOrRefused(f *testing.F) {
	for _, seed := range []string{"create:500_after:0.05", "any:429,next=3,retry_after=5s", "file:slow,delay=3s", "::", "create:503,,="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := parseFault(text)
		if err != nil {
			return
		}
		if err := simulator.New(simulator.Options{}).AddRule(rule); err != nil {
			t.Errorf("%q was read as a rule the simulator refuses: %v", text, err)
		}
		if _, err := simulator.Open(simulator.Options{Faults: simulator.Faults{Rules: []simulator.Rule{rule}}}, ""); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestALatencyIsATimeOrARange(t *testing.T) {
	for text, want := range map[string]simulator.Latency{
		"0s": {}, "50ms": {Min: 50 * time.Millisecond, Max: 50 * time.Millisecond},
		"20ms-400ms": {Min: 20 * time.Millisecond, Max: 400 * time.Millisecond},
	} {
		if got, err := parseLatency(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "50", "-5ms", "5ms-", "-", "2s-1s", "langsam"} {
		if got, err := parseLatency(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestAWrongCallOfSimulateIsAUsageError(t *testing.T) {
	for _, args := range [][]string{
		{"--fault", "creat:503"}, {"--latency", "soon"}, {"--speed", "0"}, {"--speed", "-1"}, {"--speed", "NaN"}, {"--nonsense"}, {"extra"},
	} {
		var errOut strings.Builder
		if code := execute(t.Context(), append([]string{"simulate"}, args...), io.Discard, &errOut); code != exitUsage {
			t.Errorf("simulate %v: exit code %d (%s), want %d", args, code, errOut.String(), exitUsage)
		}
	}
	var errOut strings.Builder
	if code := execute(t.Context(), []string{"simulate", "--listen", "127.0.0.1:none"}, io.Discard, &errOut); code != exitFailed {
		t.Errorf("a port nobody has: exit code %d (%s), want %d", code, errOut.String(), exitFailed)
	}
}

// simulating is satupintu simulate at work.
type simulating struct {
	*testing.T
	said  string
	url   string
	stop  context.CancelFunc
	ended chan int
}

func startSimulate(t *testing.T, args ...string) *simulating {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	s := &simulating{T: t, stop: stop, ended: make(chan int, 1)}
	out, in := io.Pipe()
	go func() {
		s.ended <- execute(ctx, append([]string{"simulate", "--listen", "127.0.0.1:0"}, args...), in, io.Discard)
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		s.said += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "/_sim/faults") {
			break
		}
	}
	first, _, _ := strings.Cut(s.said, "\n")
	s.url = strings.TrimPrefix(first, "a simulated national platform is served at ")
	if !strings.HasPrefix(s.url, "http://127.0.0.1:") {
		t.Fatalf("it says no address:\n%s", s.said)
	}
	return s
}

func (s *simulating) end() {
	s.Helper()
	s.stop()
	if code := <-s.ended; code != exitOK {
		s.Errorf("exit code %d, want %d", code, exitOK)
	}
}

// do makes a request as a gateway does and returns the status and the body; err is the transport's.
func (s *simulating) do(method, path, body string) (int, string, error) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", simulator.DefaultAuth)
	r.Header.Set("token", simulator.DefaultToken)
	r.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// served makes a complaint without a socket.
func (s *simulating) served(sim *simulator.Simulator) int {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), http.MethodPost, "/complaints/complaint", strings.NewReader(anyComplaint))
	r.Header.Set("Authorization", simulator.DefaultAuth)
	r.Header.Set("token", simulator.DefaultToken)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	sim.ServeHTTP(w, r)
	return w.Code
}

const anyComplaint = `{"title":"Lampu jalan","content":"Lampu jalan di Ranai mati [Ref SP-1]","attachments":false,"user_id":"7"}`

func TestSimulateServesUntilItIsStopped(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := startSimulate(t, "--base", "lapor/3.0.0", "--search", "--fault", "status:503")
	if status, text, err := s.do(http.MethodPost, "/lapor/3.0.0/complaints/complaint", anyComplaint); status != http.StatusOK || err != nil {
		t.Fatalf("create: %d %s %v", status, text, err)
	}
	if status, text, _ := s.do(http.MethodGet, "/lapor/3.0.0/complaints/search?keyword=SP-1", ""); status != http.StatusOK || !strings.Contains(text, "10000001") {
		t.Errorf("search: %d %s", status, text)
	}
	if status, _, _ := s.do(http.MethodGet, "/lapor/3.0.0/complaints/10000001/complaint", ""); status != http.StatusServiceUnavailable {
		t.Errorf("status: %d, want the 503 that was asked for", status)
	}
	if status, text, _ := s.do(http.MethodGet, "/_sim/stats", ""); status != http.StatusOK || !strings.Contains(text, `"503":1`) {
		t.Errorf("stats: %d %s", status, text)
	}
	for _, want := range []string{s.url + "/lapor/3.0.0\n", simulator.DefaultAuth, simulator.DefaultToken, "complaints/search", s.url + "/_sim/"} {
		if !strings.Contains(s.said, want) {
			t.Errorf("it does not say %q:\n%s", want, s.said)
		}
	}
	s.end()
}

func TestSimulateEndsARequestThatHangs(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := startSimulate(t, "--fault", "create:hang_after")
	failed := make(chan error, 1)
	go func() {
		_, _, err := s.do(http.MethodPost, "/complaints/complaint", anyComplaint)
		failed <- err
	}()
	for {
		if _, text, err := s.do(http.MethodGet, "/_sim/stats", ""); err != nil || strings.Contains(text, `"hang_after":1`) {
			break
		}
	}
	began := time.Now()
	s.end()
	if err := <-failed; err == nil {
		t.Error("the request that hung was answered")
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("stopping took %s: it waited for a client that waits for it", took)
	}
}

func TestSimulateRemembersWhatItWasTold(t *testing.T) {
	state := filepath.Join(t.TempDir(), "platform.jsonl")
	s := startSimulate(t, "--state", state)
	if status, _, err := s.do(http.MethodPost, "/complaints/complaint", anyComplaint); status != http.StatusOK || err != nil {
		t.Fatalf("create: %d %v", status, err)
	}
	s.end()
	s = startSimulate(t, "--state", state)
	if _, text, _ := s.do(http.MethodGet, "/_sim/complaints?marker=SP-1", ""); !strings.Contains(text, "10000001") {
		t.Errorf("after a restart it holds %s", text)
	}
	s.end()
}

func TestSimulateDoesNotRepeatCredentialsItWasGiven(t *testing.T) {
	s := startSimulate(t, "--authorization", "Bearer rahasia-contoh", "--token", "{contoh}")
	if strings.Contains(s.said, "rahasia-contoh") || strings.Contains(s.said, "{contoh}") || strings.Count(s.said, "(as given)") != 2 {
		t.Errorf("it says:\n%s", s.said)
	}
	if status, _, err := s.do(http.MethodGet, "/masters/templates", ""); status != http.StatusUnauthorized || err != nil {
		t.Errorf("the default credentials: %d %v, want 401", status, err)
	}
	s.end()
}

func TestASocketSaysAnAddressThatCanBeReached(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:80": "http://127.0.0.1:80", "[::]:80": "http://127.0.0.1:80", "127.0.0.1:8399": "http://127.0.0.1:8399",
		"[::1]:80": "http://[::1]:80",
	} {
		if got := (&socket{address: address}).url(); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestASocketThatIsTakenIsAnError(t *testing.T) {
	first, err := openSocket(t.Context(), "127.0.0.1:0", http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	if second, err := openSocket(t.Context(), first.address, http.NotFoundHandler()); err == nil {
		t.Error("two servers listen on one address")
		_ = second.close()
	}
	if err := errors.Join(first.close(), first.close()); err != nil {
		t.Errorf("closing, twice: %v", err)
	}
}

func TestClosingASocketEndsTheRequestsUnderWay(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	reached := make(chan struct{})
	s, err := openSocket(t.Context(), "127.0.0.1:0", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	}))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _, _ = (&simulating{T: t, url: s.url()}).do(http.MethodGet, "/", "") }()
	<-reached
	if err := s.close(); err != nil {
		t.Errorf("a request that waits for the end was waited for: %v", err)
	}
}
