package relay

import (
	"log/slog"
	"math"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/sync/pace"
)

// rateReport tells people how fast the platform is asked: a gauge, one line when it is asked less and one when it is
// asked at the configured rate again, however often it changes between.
type rateReport struct {
	mu     sync.Mutex
	log    *slog.Logger
	gauge  prometheus.Gauge
	slowed bool
}

// to begins the reports. Before it nothing is told.
func (r *rateReport) to(gauge prometheus.Gauge, log *slog.Logger, configured float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log, r.gauge = log, gauge
	gauge.Set(configured)
}

func (r *rateReport) show(state pace.State, configured float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log == nil {
		return
	}
	now := math.Round(state.Rate(configured)*1000) / 1000
	r.gauge.Set(now)
	switch slow := state.Less > 0; {
	case slow && !r.slowed:
		r.log.Warn("the platform asked for time: it is asked less often until it answers steadily", "requests_per_second", now, "configured", configured)
		r.slowed = true
	case !slow && r.slowed:
		r.log.Info("the platform is asked at the configured rate again", "requests_per_second", configured)
		r.slowed = false
	}
}

// untold is a gateway that cannot tell the others; it keeps quiet itself all the same.
func (r *rateReport) untold(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.log != nil {
		r.log.Warn("other gateways could not be told that the platform wants time; it will tell them itself", "error", err)
	}
}
