package relay

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/satupintu/satupintu/connectors"
	"github.com/satupintu/satupintu/sync/dedup"
	"github.com/satupintu/satupintu/sync/retry"
	"github.com/satupintu/satupintu/sync/store"
)

// Metrics are what Prometheus sees. Labels are connectors of the configuration and closed sets; every series that can be
// known beforehand starts at zero. No label and no value holds personal data.
type Metrics struct {
	intake              *prometheus.CounterVec
	refused             *prometheus.CounterVec
	intakeSeconds       *prometheus.HistogramVec
	duplicates          *prometheus.CounterVec
	reviews             *prometheus.CounterVec
	reviewsWaiting      prometheus.Gauge
	routed              *prometheus.CounterVec
	polls               *prometheus.CounterVec
	acknowledgeFailures *prometheus.CounterVec
	lastSuccess         *prometheus.GaugeVec
	failing             *prometheus.GaugeVec
	deliveries          *prometheus.GaugeVec
	attempts            *prometheus.CounterVec
	oldest              prometheus.Gauge
	endToEnd            prometheus.Histogram
	paused              *prometheus.GaugeVec
	rate                prometheus.Gauge
	followUps           *prometheus.CounterVec
	followUpsWaiting    *prometheus.GaugeVec
	backsync            *prometheus.CounterVec
	backsyncLag         prometheus.Gauge
	writebacks          *prometheus.CounterVec
	writebacksWaiting   *prometheus.GaugeVec
	messages            *prometheus.CounterVec
	messagesWaiting     *prometheus.GaugeVec
	messageFiles        *prometheus.CounterVec
	sayings             *prometheus.CounterVec
	panics              *prometheus.CounterVec
	reloaded            prometheus.Gauge
	reloadedAt          prometheus.Gauge
}

// What can fail of a connector, beside what comes to it by itself.
const (
	abilityPoll      = "poll"
	abilityWriteBack = "write_back"
)

// RequestRefusals are the reasons for which a request is refused, beside those for which something is set aside.
func RequestRefusals() []string {
	return []string{"bad_request", "unauthenticated", "too_large", "unsupported_type", "method", "throttled", "unavailable", "internal"}
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := factory{reg}
	return &Metrics{
		intake:              f.counter("intake_complaints_total", "Complaints taken in, by what became of them: new, known (sent before) or revised (sent before with other content).", "connector", "result"),
		refused:             f.counter("intake_refused_total", "Requests and rows that were not accepted, by reason.", "connector", "reason"),
		intakeSeconds:       f.histogram("intake_duration_seconds", "Time from a request's arrival to its answer, the commit included.", []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, "connector"),
		duplicates:          f.counter("duplicates_total", "Complaints related to an earlier one, by kind. All but recurrences are linked.", "kind"),
		reviews:             f.counter("duplicate_reviews_total", "Complaints a person was asked about (asked), and those of them that nobody decided about in time (undecided).", "result"),
		reviewsWaiting:      f.gauge("duplicate_reviews_waiting", "Complaints that wait for a person to say whether they are duplicates.").WithLabelValues(),
		routed:              f.counter("routed_total", "Complaints that were given an agency, by a rule or by the fallback.", "by"),
		polls:               f.counter("connector_polls_total", "Polls of a connector, by result.", "connector", "result"),
		acknowledgeFailures: f.counter("connector_acknowledge_failures_total", "Pages that were kept and could not be acknowledged to the channel.", "connector"),
		lastSuccess:         f.gauge("connector_last_success_timestamp_seconds", "When a connector last worked: a poll without error, or a complaint received. 0: not since the start.", "connector"),
		failing:             f.gauge("connector_failing", "1 while a connector cannot be polled (poll), or fails so often that it is told nothing but a try now and then (write_back).", "connector", "ability"),
		deliveries:          f.gauge("deliveries", "Complaints by state of their delivery.", "state"),
		attempts:            f.counter("delivery_attempts_total", "Attempts that ended, by reason.", "reason"),
		oldest:              f.gauge("oldest_undelivered_timestamp_seconds", "When the oldest complaint was accepted that is still on its way, or the oldest message that waits, or since when somebody should have been looked at. 0: none is.").WithLabelValues(),
		endToEnd:            f.histogram("delivery_duration_seconds", "Time from acceptance to the national ticket.", []float64{.1, .5, 1, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600}).WithLabelValues().(prometheus.Histogram),
		paused:              f.gauge("forwarding_paused", "1 while nothing is forwarded, for this reason.", "reason"),
		rate:                f.gauge("platform_rate", "Requests a second that the platform may be asked now: national.rate, and less while it recovers.").WithLabelValues(),
		followUps:           f.counter("follow_up_attempts_total", "Attempts to tell the platform a follow-up on an earlier ticket, by how they ended.", "reason"),
		followUpsWaiting:    f.gauge("follow_ups", "Follow-ups to tell the platform on an earlier ticket, by state.", "state"),
		backsync:            f.counter("backsync_polls_total", "Status questions to the platform, by how they ended.", "reason"),
		backsyncLag:         f.gauge("backsync_lag_seconds", "How long the most overdue status question is overdue.").WithLabelValues(),
		writebacks:          f.counter("writebacks_total", "Attempts to tell a channel a status, by how they ended.", "connector", "reason"),
		writebacksWaiting:   f.gauge("writebacks", "Statuses to tell channels, by state.", "state"),
		messages:            f.counter("messages_total", "Messages of people on channels of conversations: new, known (sent before), and what became of them.", "connector", "result"),
		messagesWaiting:     f.gauge("messages", "Messages of people on channels of conversations, by state.", "state"),
		messageFiles:        f.counter("message_files_total", "Files of messages, fetched or missing.", "connector", "result"),
		sayings:             f.counter("sayings_total", "Attempts to say something to a person on a channel of conversations, by how they ended.", "connector", "reason"),
		panics:              f.counter("panics_total", "Loops of the gateway that failed and were started again.", "loop"),
		reloaded:            f.gauge("config_last_reload_successful", "1 when the configuration in force is the last one that was loaded.").WithLabelValues(),
		reloadedAt:          f.gauge("config_last_reload_success_timestamp_seconds", "When the configuration in force was loaded.").WithLabelValues(),
	}
}

type factory struct{ reg prometheus.Registerer }

const namespace = "satupintu"

func (f factory) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	f.reg.MustRegister(v)
	return v
}

func (f factory) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	f.reg.MustRegister(v)
	return v
}

func (f factory) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	f.reg.MustRegister(v)
	return v
}

// Expect sets every series to zero that the given connectors can have, so that a dashboard shows 0 and not "no data".
func (m *Metrics) Expect(channels []Channel) {
	for _, c := range tellsByList(channels) {
		m.expectConnector(c)
	}
	for _, kind := range dedup.Kinds() {
		m.duplicates.WithLabelValues(string(kind))
	}
	for _, result := range []string{reviewAsked, reviewUndecided} {
		m.reviews.WithLabelValues(result)
	}
	for _, by := range []string{byRule, byFallback} {
		m.routed.WithLabelValues(by)
	}
	for _, state := range store.States() {
		m.deliveries.WithLabelValues(string(state))
	}
	for _, state := range []store.State{store.Ready, store.Leased, store.Done, store.Dead} {
		m.writebacksWaiting.WithLabelValues(string(state))
	}
	for _, state := range followUpStates() {
		m.followUpsWaiting.WithLabelValues(string(state))
	}
	for _, state := range store.MessageStates() {
		m.messagesWaiting.WithLabelValues(string(state))
	}
	for _, reason := range retry.Reasons() {
		m.attempts.WithLabelValues(string(reason))
		m.backsync.WithLabelValues(string(reason))
		m.followUps.WithLabelValues(string(reason))
	}
	for _, reason := range closedReasons() {
		m.paused.WithLabelValues(reason)
	}
	for _, loop := range loopKinds() {
		m.panics.WithLabelValues(loop)
	}
}

func followUpStates() []store.State {
	return []store.State{store.Ready, store.Leased, store.Unknown, store.Held, store.Done, store.Dead}
}

func (m *Metrics) expectConnector(c Channel) {
	for _, result := range []string{"new", "known", "revised"} {
		m.intake.WithLabelValues(c.Name, result)
	}
	for _, cause := range connectors.SetAsideCauses() {
		m.refused.WithLabelValues(c.Name, string(cause))
	}
	m.lastSuccess.WithLabelValues(c.Name)
	m.acknowledgeFailures.WithLabelValues(c.Name)
	if c.Receive != nil || c.Routes != nil {
		m.intakeSeconds.WithLabelValues(c.Name)
		for _, reason := range RequestRefusals() {
			m.refused.WithLabelValues(c.Name, reason)
		}
	}
	if c.Poll != nil {
		for _, result := range []string{"success", "failure"} {
			m.polls.WithLabelValues(c.Name, result)
		}
		m.failing.WithLabelValues(c.Name, abilityPoll)
	}
	if c.Say != nil {
		for _, result := range messageResults() {
			m.messages.WithLabelValues(c.Name, result)
		}
		for _, result := range []string{fileFetched, fileMissing} {
			m.messageFiles.WithLabelValues(c.Name, result)
		}
		for _, reason := range retry.Reasons() {
			m.sayings.WithLabelValues(c.Name, string(reason))
		}
	}
	if c.Tells() {
		for _, reason := range retry.Reasons() {
			m.writebacks.WithLabelValues(c.Name, string(reason))
		}
	}
	if c.WriteStatus != nil || c.Say != nil {
		m.failing.WithLabelValues(c.Name, abilityWriteBack)
	}
}

func (m *Metrics) polled(connector string, err error, stopping bool) {
	switch {
	case err == nil:
		m.polls.WithLabelValues(connector, "success").Inc()
		m.lastSuccess.WithLabelValues(connector).SetToCurrentTime()
	case !stopping:
		m.polls.WithLabelValues(connector, "failure").Inc()
	}
}

// stand shows what is open in the store.
func (m *Metrics) stand(s store.Standing, now time.Time) {
	for _, state := range store.States() {
		if state != store.Done {
			m.deliveries.WithLabelValues(string(state)).Set(float64(s.Deliveries[state]))
		}
	}
	for _, state := range []store.State{store.Ready, store.Leased, store.Dead} {
		m.writebacksWaiting.WithLabelValues(string(state)).Set(float64(s.News[state]))
	}
	for _, state := range followUpStates() {
		if state != store.Done {
			m.followUpsWaiting.WithLabelValues(string(state)).Set(float64(s.FollowUps[state]))
		}
	}
	for _, state := range []store.MessageState{store.MessageWaiting, store.MessageAsked} {
		m.messagesWaiting.WithLabelValues(string(state)).Set(float64(s.Messages[state]))
	}
	m.reviewsWaiting.Set(float64(s.Reviews))
	m.oldest.Set(seconds(s.OldestOpen))
	lag := time.Duration(0)
	if !s.SyncDue.IsZero() {
		lag = max(0, now.Sub(s.SyncDue))
	}
	m.backsyncLag.Set(lag.Seconds())
}

// pass shows what is over.
func (m *Metrics) pass(p store.Past) {
	m.deliveries.WithLabelValues(string(store.Done)).Set(float64(p.Delivered))
	m.writebacksWaiting.WithLabelValues(string(store.Done)).Set(float64(p.Told))
	m.followUpsWaiting.WithLabelValues(string(store.Done)).Set(float64(p.FollowUps))
	for _, state := range []store.MessageState{store.MessageNoted, store.MessageJoined, store.MessageFollowed} {
		m.messagesWaiting.WithLabelValues(string(state)).Set(float64(p.Messages[state]))
	}
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// Answered records how a request to a connector was answered; an empty reason is an acceptance.
func (m *Metrics) Answered(connector, reason string, took time.Duration) {
	m.intakeSeconds.WithLabelValues(connector).Observe(took.Seconds())
	if reason != "" {
		m.refused.WithLabelValues(connector, reason).Inc()
	}
}

// Reloaded records that the configuration was loaded, or refused.
func (m *Metrics) Reloaded(ok bool) {
	m.reloaded.Set(oneIf(ok))
	if ok {
		m.reloadedAt.SetToCurrentTime()
	}
}
