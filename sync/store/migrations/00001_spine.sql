-- +goose Up

-- What a channel told us, as it was accepted. Written once, never updated.
CREATE TABLE complaint (
    ref         TEXT   NOT NULL PRIMARY KEY,
    source      TEXT   NOT NULL,
    source_id   TEXT   NOT NULL,
    hash        TEXT   NOT NULL,  -- of the content: another hash under the same id is a revision
    title       TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    class       TEXT   NOT NULL,
    anonymous   BIGINT NOT NULL,
    secret      BIGINT NOT NULL,
    reporter    TEXT   NOT NULL,  -- JSON, sealed where the region has a key
    place       TEXT   NOT NULL,  -- JSON
    category    TEXT   NOT NULL,
    incident_at BIGINT NOT NULL,  -- unix milliseconds; 0: not known
    reported_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    attachments TEXT   NOT NULL,  -- JSON
    raw_type    TEXT   NOT NULL,
    raw         TEXT   NOT NULL,  -- as it came, sealed where the region has a key
    UNIQUE (source, source_id)
);

-- A complaint that was sent again with other content. Shown, never forwarded.
CREATE TABLE revision (
    ref     TEXT   NOT NULL,
    hash    TEXT   NOT NULL,
    seen_at BIGINT NOT NULL,
    content TEXT   NOT NULL,      -- JSON, sealed where the region has a key
    PRIMARY KEY (ref, hash)
);

-- What was never accepted, and why.
CREATE TABLE refusal (
    id        TEXT   NOT NULL PRIMARY KEY,  -- of source, place and bytes: the same row again adds nothing
    source    TEXT   NOT NULL,
    source_id TEXT   NOT NULL,
    place     TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    raw       TEXT   NOT NULL,
    seen_at   BIGINT NOT NULL
);

-- Where each complaint stands on its way. The states, in the words of package store:
--   new      accepted, not decided
--   ready    waiting for its turn
--   leased   a gateway works on it until lease_until
--   unknown  a request may have been carried out; it is looked up first
--   held     a person must decide
--   done     the platform has it
--   linked   its primary stands for it
--   dead     refused for good, with a reason
CREATE TABLE delivery (
    ref              TEXT   NOT NULL PRIMARY KEY,
    state            TEXT   NOT NULL CHECK (state IN ('new', 'ready', 'leased', 'unknown', 'held', 'done', 'linked', 'dead')),
    urgency          BIGINT NOT NULL,
    accepted_at      BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    owner            TEXT   NOT NULL,
    lease_until      BIGINT NOT NULL,
    fence            BIGINT NOT NULL,  -- rises with every claim: a settlement with an old one changes nothing
    attempts         BIGINT NOT NULL,
    first_attempt_at BIGINT NOT NULL,
    sent_at          BIGINT NOT NULL,  -- when the request went out whose outcome is open; 0: none is open
    reason           TEXT   NOT NULL,
    detail           TEXT   NOT NULL,
    changed_at       BIGINT NOT NULL
);
CREATE INDEX delivery_new ON delivery (ref) WHERE state = 'new';
CREATE INDEX delivery_due ON delivery (urgency, due_at) WHERE state IN ('ready', 'unknown');
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'leased';
CREATE INDEX delivery_stuck ON delivery (state, ref) WHERE state IN ('held', 'dead');

-- Every attempt that ended, for people.
CREATE TABLE attempt (
    ref        TEXT   NOT NULL,
    fence      BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    PRIMARY KEY (ref, fence)
);

-- The steps of a submission: the start is written before the request, the outcome after.
CREATE TABLE step (
    ref        TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('open', 'done', 'failed')),
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    result     TEXT   NOT NULL,
    PRIMARY KEY (ref, name)
);

-- What was decided about a complaint, and what the platform says about it.
CREATE TABLE ticket (
    ref          TEXT   NOT NULL PRIMARY KEY,
    agency       TEXT   NOT NULL,
    category     TEXT   NOT NULL,
    location     TEXT   NOT NULL,
    rule         BIGINT NOT NULL,
    why          TEXT   NOT NULL,
    decided_at   BIGINT NOT NULL,
    national_id  TEXT   NOT NULL,
    tracking_id  TEXT   NOT NULL,
    forwarded_at BIGINT NOT NULL,
    status       TEXT   NOT NULL,
    status_raw   TEXT   NOT NULL,
    held_by      TEXT   NOT NULL,  -- the agency the platform says has it
    last_seq     BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    sync_at      BIGINT NOT NULL,  -- when to ask next; 0: never again
    synced_at    BIGINT NOT NULL
);
CREATE INDEX ticket_sync ON ticket (sync_at) WHERE sync_at > 0;
CREATE UNIQUE INDEX ticket_national ON ticket (national_id) WHERE national_id <> '';

-- A duplicate and the primary that stands for it.
CREATE TABLE link (
    ref         TEXT   NOT NULL PRIMARY KEY,
    primary_ref TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    why         TEXT   NOT NULL,
    linked_at   BIGINT NOT NULL
);
CREATE INDEX link_primary ON link (primary_ref);

-- What duplicates are found by.
CREATE TABLE dedup_key (
    key         TEXT   NOT NULL,
    ref         TEXT   NOT NULL,
    occurred_at BIGINT NOT NULL,
    PRIMARY KEY (key, ref)
);

-- What the platform said, in the order we learnt it.
CREATE TABLE event (
    ref     TEXT   NOT NULL,
    seq     BIGINT NOT NULL,
    key     TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    status  TEXT   NOT NULL,
    raw     TEXT   NOT NULL,
    agency  TEXT   NOT NULL,
    note    TEXT   NOT NULL,
    applied BIGINT NOT NULL,  -- 0: an illegal move, kept and shown, told to nobody
    PRIMARY KEY (ref, seq),
    UNIQUE (ref, key)
);

-- What a channel is still to be told: an event of the complaint itself or of its primary (event_ref).
CREATE TABLE writeback (
    ref         TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    event_ref   TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'dead')),
    due_at      BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    owner       TEXT   NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    PRIMARY KEY (ref, event_ref, seq)
);
CREATE INDEX writeback_ready ON writeback (source, due_at) WHERE state = 'ready';
CREATE INDEX writeback_leased ON writeback (lease_until) WHERE state = 'leased';
CREATE INDEX writeback_untold ON writeback (since, ref, seq) WHERE state IN ('ready', 'leased', 'dead');

-- How far each polled connector has read.
CREATE TABLE cursor (
    connector TEXT   NOT NULL PRIMARY KEY,
    position  TEXT   NOT NULL,
    moved_at  BIGINT NOT NULL
);

-- Who does what only one gateway may do at a time.
CREATE TABLE lease (
    name  TEXT   NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    until BIGINT NOT NULL
);

-- What operators switched, such as a pause.
CREATE TABLE control (
    name   TEXT   NOT NULL PRIMARY KEY,
    value  TEXT   NOT NULL,
    until  BIGINT NOT NULL,
    set_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE control;
DROP TABLE lease;
DROP TABLE cursor;
DROP TABLE writeback;
DROP TABLE event;
DROP TABLE dedup_key;
DROP TABLE link;
DROP TABLE ticket;
DROP TABLE step;
DROP TABLE attempt;
DROP TABLE delivery;
DROP TABLE refusal;
DROP TABLE revision;
DROP TABLE complaint;
