package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"
)

// queries holds each named query of queries/*.sql, after a comma the only database that has it. A name without a field and a
// field without a name both stop start-up.
type queries struct {
	Undecide             *query `query:"undecide"`
	OpenFor              *query `query:"open-for"`
	InsertListeners      *query `query:"insert-listeners"`
	DeleteListeners      *query `query:"delete-listeners"`
	RetireNews           *query `query:"retire-news"`
	InsertComplaints     *query `query:"insert-complaints"`
	InsertDeliveries     *query `query:"insert-deliveries"`
	InsertWithDeliveries *query `query:"insert-with-deliveries,postgres"`
	FindKnown            *query `query:"find-known"`
	InsertRevision       *query `query:"insert-revision"`
	InsertRefusal        *query `query:"insert-refusal"`
	RefusalsOf           *query `query:"refusals-of"`
	RefusalRaw           *query `query:"refusal-raw"`
	UpdateRefusal        *query `query:"update-refusal"`
	DeleteRefusals       *query `query:"delete-refusals"`
	ReadCursor           *query `query:"read-cursor"`
	InsertCursor         *query `query:"insert-cursor"`
	MoveCursor           *query `query:"move-cursor"`
	CountRevisions       *query `query:"count-revisions"`

	PickUndecided   *query `query:"pick-undecided"`
	StillUndecided  *query `query:"still-undecided,sqlite"`
	LockKeys        *query `query:"lock-keys,postgres"`
	ReadPrints      *query `query:"read-prints"`
	ReadStandings   *query `query:"read-standings"`
	InsertPrints    *query `query:"insert-prints"`
	NewestPrints    *query `query:"newest-prints"`
	PrintsAfter     *query `query:"prints-after"`
	OldestPrints    *query `query:"oldest-prints"`
	OldestPrint     *query `query:"oldest-print"`
	DeletePrints    *query `query:"delete-prints"`
	LockDelivery    *query `query:"lock-delivery"`
	LockKnown       *query `query:"lock-known"`
	MovingNote      *query `query:"moving-note"`
	SettleDecisions *query `query:"settle-decisions"`
	ClaimDecided    *query `query:"claim-decided"`
	OldestUndecided *query `query:"oldest-undecided"`

	ListSegments     *query `query:"list-segments"`
	ReadKeyDigests   *query `query:"read-key-digests"`
	FindKeyBlocks    *query `query:"find-key-blocks"`
	ReadKeyBlocks    *query `query:"read-key-blocks"`
	InsertSegment    *query `query:"insert-segment"`
	InsertKeyBlocks  *query `query:"insert-key-blocks"`
	InsertKeyDigests *query `query:"insert-key-digests"`
	LockSegments     *query `query:"lock-segments"`
	MergeSegments    *query `query:"merge-segments"`
	GoOnWithSegment  *query `query:"go-on-with-segment"`
	WrittenOfSegment *query `query:"written-of-segment"`
	GiveUpSegment    *query `query:"give-up-segment"`
	PublishSegment   *query `query:"publish-segment"`
	RetireSegments   *query `query:"retire-segments"`
	RetireUnfinished *query `query:"retire-unfinished-segments"`
	RetireExpired    *query `query:"retire-expired-segments"`
	GoneSegments     *query `query:"gone-segments"`
	DeleteKeyBlocks  *query `query:"delete-key-blocks"`
	DeleteKeyDigests *query `query:"delete-key-digests"`
	DeleteSegment    *query `query:"delete-segment"`

	PrimaryOf          *query `query:"primary-of"`
	Parted             *query `query:"parted"`
	InsertLink         *query `query:"insert-link"`
	KeepUnlinked       *query `query:"keep-unlinked"`
	DeleteLinks        *query `query:"delete-links"`
	MoveLinks          *query `query:"move-links"`
	HushLinks          *query `query:"hush-links"`
	LinkedTo           *query `query:"linked-to"`
	ReadLink           *query `query:"read-link"`
	ForgetNews         *query `query:"forget-news"`
	ForgetTriedNews    *query `query:"forget-tried-news"`
	CatchUpLinked      *query `query:"catch-up-linked"`
	HoldBack           *query `query:"hold-back"`
	LetGo              *query `query:"let-go"`
	InsertReview       *query `query:"insert-review"`
	OpenReview         *query `query:"open-review"`
	CloseReview        *query `query:"close-review"`
	PickOverdueReviews *query `query:"pick-overdue-reviews"`
	GoOn               *query `query:"go-on"`
	InsertRecurrences  *query `query:"insert-recurrences"`
	EarlierTickets     *query `query:"earlier-tickets"`
	ListReviews        *query `query:"list-reviews"`
	ListLinks          *query `query:"list-links"`
	ReviewsOf          *query `query:"reviews-of"`
	UnlinkedOf         *query `query:"unlinked-of"`
	RecurrenceOf       *query `query:"recurrence-of"`
	Labels             *query `query:"labels"`
	CountReviews       *query `query:"count-reviews"`
	Unasked            *query `query:"unasked"`
	Chained            *query `query:"chained"`
	InsertModel        *query `query:"insert-model"`
	ListModels         *query `query:"list-models"`
	StopModels         *query `query:"stop-models"`
	UseModel           *query `query:"use-model"`

	PickOldest     *query `query:"pick-oldest"`
	PickNewest     *query `query:"pick-newest"`
	Claim          *query `query:"claim"`
	Unclaim        *query `query:"unclaim"`
	ReadComplaints *query `query:"read-complaints"`
	ReadSteps      *query `query:"read-steps"`
	ReadTickets    *query `query:"read-tickets"`
	RenewLeases    *query `query:"renew-leases"`
	RenewFollowUps *query `query:"renew-follow-ups"`
	BeginSteps     *query `query:"begin-steps"`
	EndSteps       *query `query:"end-steps"`
	InsertSteps    *query `query:"insert-steps"`
	Finish         *query `query:"finish"`
	InsertTickets  *query `query:"insert-tickets"`
	TellForwarded  *query `query:"tell-forwarded"`
	Settle         *query `query:"settle"`
	InsertAttempts *query `query:"insert-attempts"`
	PickExpired    *query `query:"pick-expired"`
	InsertCrashes  *query `query:"insert-crashes"`
	Rescue         *query `query:"rescue"`
	DueSoon        *query `query:"due-soon"`

	InsertFollowUp       *query `query:"insert-follow-up"`
	FollowUpsDue         *query `query:"follow-ups-due"`
	MovedFollowUp        *query `query:"moved-follow-up"`
	PickFollowUps        *query `query:"pick-follow-ups"`
	ClaimFollowUps       *query `query:"claim-follow-ups"`
	ReadFollowUpTickets  *query `query:"read-follow-up-tickets"`
	BeginFollowUp        *query `query:"begin-follow-up"`
	SettleFollowUp       *query `query:"settle-follow-up"`
	DropFollowUp         *query `query:"drop-follow-up"`
	PointBack            *query `query:"point-back"`
	RescueFollowUps      *query `query:"rescue-follow-ups"`
	ClearFollowUps       *query `query:"clear-follow-ups"`
	RetryFollowUp        *query `query:"retry-follow-up"`
	ResolveFollowUp      *query `query:"resolve-follow-up"`
	ShowFollowUp         *query `query:"show-follow-up"`
	ListFollowUps        *query `query:"list-follow-ups"`
	CountFollowUpsUntold *query `query:"count-follow-ups-untold"`
	CountFollowUpsDone   *query `query:"count-follow-ups-done"`

	BringBackDeliveries *query `query:"bring-back-deliveries"`
	BringBackFollowUps  *query `query:"bring-back-follow-ups"`
	BringBackNews       *query `query:"bring-back-news"`
	BringBackTalks      *query `query:"bring-back-talks"`
	BringBackReviews    *query `query:"bring-back-reviews"`
	BringBackQuestions  *query `query:"bring-back-questions"`

	ClaimSync        *query `query:"claim-sync"`
	LockTicket       *query `query:"lock-ticket"`
	EventKeys        *query `query:"event-keys"`
	InsertEvent      *query `query:"insert-event"`
	InsertWritebacks *query `query:"insert-writebacks"`
	UpdateTicket     *query `query:"update-ticket"`
	PostponeSync     *query `query:"postpone-sync"`
	SyncOverdue      *query `query:"sync-overdue"`

	InsertMessages    *query `query:"insert-messages"`
	Hear              *query `query:"hear"`
	TalkDue           *query `query:"talk-due"`
	ClaimTalks        *query `query:"claim-talks"`
	OpenMessages      *query `query:"open-messages"`
	SaveFiles         *query `query:"save-files"`
	RenewTalk         *query `query:"renew-talk"`
	LockTalk          *query `query:"lock-talk"`
	MarkMessages      *query `query:"mark-messages"`
	StillOpen         *query `query:"still-open"`
	EndTalk           *query `query:"end-talk"`
	PostponeTalk      *query `query:"postpone-talk"`
	FreeTalks         *query `query:"free-talks"`
	InsertReceipt     *query `query:"insert-receipt"`
	ReadReceipt       *query `query:"read-receipt"`
	HeardAt           *query `query:"heard-at"`
	TrackedAs         *query `query:"tracked-as"`
	CountMessages     *query `query:"count-messages"`
	CountMessagesOpen *query `query:"count-messages-open"`
	CountHeard        *query `query:"count-heard"`
	Vanished          *query `query:"vanished"`
	UnheardMessages   *query `query:"unheard-messages"`
	LateTalks         *query `query:"late-talks"`
	JoinedToNothing   *query `query:"joined-to-nothing"`

	ClaimWritebacks  *query `query:"claim-writebacks"`
	ReadChange       *query `query:"read-change"`
	SettleWriteback  *query `query:"settle-writeback"`
	Undelivered      *query `query:"undelivered"`
	RescueWritebacks *query `query:"rescue-writebacks"`
	HurryWritebacks  *query `query:"hurry-writebacks"`
	LastChange       *query `query:"last-change"`
	ComplaintSource  *query `query:"complaint-source"`

	PickListed  *query `query:"pick-listed"`
	ReadListed  *query `query:"read-listed"`
	ListUpdates *query `query:"list-updates"`

	TakeLease        *query `query:"take-lease"`
	DropLeases       *query `query:"drop-leases"`
	DropLease        *query `query:"drop-lease"`
	SetControl       *query `query:"set-control"`
	InsertControl    *query `query:"insert-control"`
	DropControl      *query `query:"drop-control"`
	ReadControl      *query `query:"read-control"`
	CountStates      *query `query:"count-states"`
	CountOpen        *query `query:"count-open"`
	CountDone        *query `query:"count-done"`
	CountComplaints  *query `query:"count-complaints"`
	CountRefusals    *query `query:"count-refusals"`
	WithoutDelivery  *query `query:"without-delivery"`
	WithoutComplaint *query `query:"without-complaint"`
	TicketWithoutID  *query `query:"ticket-without-id"`
	LinkedToNothing  *query `query:"linked-to-nothing"`
	NamedNotDone     *query `query:"named-not-done"`
	OldestOpen       *query `query:"oldest-open"`
	ListQueue        *query `query:"list-queue"`
	ListDone         *query `query:"list-done"`
	ShowDelivery     *query `query:"show-delivery"`
	ShowAttempts     *query `query:"show-attempts"`
	ShowSteps        *query `query:"show-steps"`
	ShowEvents       *query `query:"show-events"`
	ForwardedAt      *query `query:"forwarded-at"`
	ShowRevisions    *query `query:"show-revisions"`
	ListRevisions    *query `query:"list-revisions"`
	ListRefusals     *query `query:"list-refusals"`
	ListWritebacks   *query `query:"list-writebacks"`
	CountUntold      *query `query:"count-untold"`
	CountTold        *query `query:"count-told"`
	OperateDelivery  *query `query:"operate-delivery"`
	TakeDelivery     *query `query:"take-delivery"`
	PickLate         *query `query:"pick-late"`
	Hurry            *query `query:"hurry"`
	InsertRate       *query `query:"insert-rate"`
	LockRate         *query `query:"lock-rate"`
	WriteRate        *query `query:"write-rate"`
	ListWhereabouts  *query `query:"list-whereabouts"`
	ReadWhereabouts  *query `query:"read-whereabouts"`
	TakeAsItWas      *query `query:"take-as-it-was"`
	ResolveUnlisted  *query `query:"resolve-unlisted"`
	HoldListed       *query `query:"hold-listed"`
	RetryWritebacks  *query `query:"retry-writebacks"`
	IsDecided        *query `query:"is-decided"`
	NamedTicket      *query `query:"named-ticket"`
}

// loadQueries makes every query ready for a database and checks that each is used and each is there.
func loadQueries(d dialect, clock leaseClock) (queries, error) {
	texts, put, err := readQueryFiles()
	if err != nil {
		return queries{}, err
	}
	var q queries
	v := reflect.ValueOf(&q).Elem()
	var problems []error
	for i := range v.NumField() {
		name, only, _ := strings.Cut(v.Type().Field(i).Tag.Get("query"), ",")
		text, ok := texts[name]
		if !ok {
			problems = append(problems, fmt.Errorf("no query is named %s", name))
		}
		delete(texts, name)
		if only != "" && dialect(only) != d {
			continue
		}
		v.Field(i).Set(reflect.ValueOf(compile(d, name, text, clock)))
	}
	for name := range texts {
		if put[name] { // a part of others
			continue
		}
		problems = append(problems, fmt.Errorf("query %s is used by nobody", name))
	}
	return q, errors.Join(problems...)
}

// each calls f with every query.
func (q *queries) each(f func(*query)) {
	v := reflect.ValueOf(q).Elem()
	for i := range v.NumField() {
		if one, ok := v.Field(i).Interface().(*query); ok && one != nil {
			f(one)
		}
	}
}

// prepare prepares every query, so that a typo stops start-up and not a Sunday.
func (q *queries) prepare(ctx context.Context, write, look *sqlx.DB) error {
	var problems []error
	q.each(func(one *query) { problems = append(problems, one.prepare(ctx, write, look)) })
	return errors.Join(problems...)
}

func (q *queries) close() error {
	var errs []error
	q.each(func(one *query) { errs = append(errs, one.close()) })
	return errors.Join(errs...)
}
