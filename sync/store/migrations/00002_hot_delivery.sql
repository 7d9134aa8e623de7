-- +goose Up

-- The delivery table holds only what is still to be done: a delivery that is done leaves it, and the ticket stays. So the
-- table and its indexes are as small as the backlog, however long the history grows. Where a complaint goes lies with its
-- delivery until the platform has it; a ticket is what the platform has. A request whose outcome is open is named by
-- delivery.step; the step table keeps what succeeded. The states, in the words of package store:
--   new      accepted, not decided
--   ready    waiting for its turn
--   leased   a gateway works on it until lease_until
--   unknown  a request may have been carried out; it is looked up first
--   held     a person must decide
--   linked   its primary stands for it
--   dead     refused for good, with a reason
-- and done: no delivery any more, but a ticket.
CREATE TABLE delivery_next (
    ref              TEXT   NOT NULL PRIMARY KEY,
    state            TEXT   NOT NULL CHECK (state IN ('new', 'ready', 'leased', 'unknown', 'held', 'linked', 'dead')),
    urgency          BIGINT NOT NULL,
    accepted_at      BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    owner            TEXT   NOT NULL,
    lease_until      BIGINT NOT NULL,
    fence            BIGINT NOT NULL,  -- rises with every claim: a settlement with an old one changes nothing
    attempts         BIGINT NOT NULL,
    first_attempt_at BIGINT NOT NULL,
    step             TEXT   NOT NULL,  -- whose request was last about to go out; empty: none is open
    sent_at          BIGINT NOT NULL,  -- when that request went out, if it may have changed something; 0: nothing is open
    reason           TEXT   NOT NULL,
    detail           TEXT   NOT NULL,
    changed_at       BIGINT NOT NULL,
    decided_at       BIGINT NOT NULL,  -- 0: not decided
    agency           TEXT   NOT NULL,
    category         TEXT   NOT NULL,
    location         TEXT   NOT NULL,
    hand_over        TEXT   NOT NULL,  -- the agency it is handed over to at the platform; empty: none
    rule             BIGINT NOT NULL,
    why              TEXT   NOT NULL
);
INSERT INTO delivery_next
SELECT d.ref, d.state, d.urgency, d.accepted_at, d.due_at, d.owner, d.lease_until, d.fence, d.attempts, d.first_attempt_at,
       coalesce((SELECT min(s.name) FROM step s WHERE s.ref = d.ref AND s.state = 'open'), ''),
       d.sent_at, d.reason, d.detail, d.changed_at, coalesce(t.decided_at, 0), coalesce(t.agency, ''), coalesce(t.category, ''),
       coalesce(t.location, ''), '', coalesce(t.rule, 0), coalesce(t.why, '')
FROM delivery d LEFT JOIN ticket t ON t.ref = d.ref WHERE d.state <> 'done';

ALTER TABLE ticket ADD COLUMN hand_over TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
UPDATE ticket SET attempts = coalesce((SELECT d.attempts FROM delivery d WHERE d.ref = ticket.ref), 0);
DELETE FROM ticket WHERE national_id = '';

DROP TABLE delivery;
ALTER TABLE delivery_next RENAME TO delivery;
-- No index holds what an attempt changes but the state itself.
CREATE INDEX delivery_new ON delivery (ref) WHERE state = 'new';
CREATE INDEX delivery_due ON delivery (urgency, due_at) WHERE state IN ('ready', 'unknown');
CREATE INDEX delivery_leased ON delivery (ref) WHERE state = 'leased';
CREATE INDEX delivery_stuck ON delivery (state, ref) WHERE state IN ('held', 'dead', 'linked');

DELETE FROM step WHERE state <> 'done' OR name = 'create';
ALTER TABLE step DROP COLUMN state;

CREATE TABLE event_next (
    ref     TEXT   NOT NULL,
    key     TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    status  TEXT   NOT NULL,
    raw     TEXT   NOT NULL,
    agency  TEXT   NOT NULL,
    note    TEXT   NOT NULL,
    applied BIGINT NOT NULL,  -- 0: an illegal move, kept and shown, told to nobody
    PRIMARY KEY (ref, key)
);
INSERT INTO event_next SELECT ref, key, seq, at, seen_at, status, raw, agency, note, applied FROM event;
DROP TABLE event;
ALTER TABLE event_next RENAME TO event;

-- +goose Down
-- There is no way back: an older program does not know deliveries that are done and gone. Restore the copy made before.
SELECT 1;
