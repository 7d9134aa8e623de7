-- +goose Up

-- What people said on channels of conversations. A row is never deleted; what it says moves into the complaint it becomes
-- part of. The states, in the words of package store:
--   waiting   nobody has looked at it yet: its sender may go on
--   asked     it says too little for a complaint, and the person was asked; what they answer is one with it
--   noted     there is nothing to do about it: a greeting nobody went on from, thanks
--   joined    part of a complaint
--   followed  part of a complaint about an earlier one
CREATE TABLE message (
    source      TEXT   NOT NULL,
    id          TEXT   NOT NULL,
    sender      TEXT   NOT NULL,  -- keyed hash of the sender where the region has a key, else the sender
    arrived     TEXT   NOT NULL,  -- rises with each message
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'asked', 'noted', 'joined', 'followed')),
    ref         TEXT   NOT NULL,  -- the complaint it became part of
    received_at BIGINT NOT NULL,  -- unix milliseconds
    content     TEXT   NOT NULL,  -- JSON, sealed where the region has a key; empty in a complaint
    files       TEXT   NOT NULL,  -- JSON: what was fetched of its files so far
    raw_type    TEXT   NOT NULL,
    raw         TEXT   NOT NULL,  -- as it came, sealed where the region has a key; empty in a complaint
    PRIMARY KEY (source, id)
);
CREATE INDEX message_open ON message (source, sender) WHERE state IN ('waiting', 'asked');

-- Who speaks on them, and when somebody must look at what they said.
CREATE TABLE talk (
    source        TEXT   NOT NULL,
    sender        TEXT   NOT NULL,
    heard         BIGINT NOT NULL,  -- messages taken in: rises with each, and is what audit counts the rows by
    heard_at      BIGINT NOT NULL,  -- when the person last wrote
    waiting_since BIGINT NOT NULL,  -- when we received the first message that waits; 0: none does
    asked_at      BIGINT NOT NULL,  -- when the person was asked what it is about; 0: not in this conversation
    ref           TEXT   NOT NULL,  -- the last complaint that came of it
    due_at        BIGINT NOT NULL,  -- 0: there is nothing to do
    owner         TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    fence         BIGINT NOT NULL,  -- rises with every claim: a settlement with an old one changes nothing
    attempts      BIGINT NOT NULL,
    tried_at      BIGINT NOT NULL,  -- when its files were first asked for; 0: not yet
    PRIMARY KEY (source, sender)
);
CREATE INDEX talk_due ON talk (source, due_at) WHERE due_at > 0;
CREATE INDEX talk_waiting ON talk (waiting_since) WHERE waiting_since > 0;

-- 1: its channel hears nothing of its primary. So it is where somebody adds to a complaint by naming it: who filed that one
-- hears of it already, and nobody else is to.
ALTER TABLE link ADD COLUMN quiet BIGINT NOT NULL DEFAULT 0;

ALTER TABLE complaint ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;  -- files the person sent that could not be had

-- A person may name a complaint by the platform's number.
CREATE INDEX ticket_tracking ON ticket (tracking_id) WHERE tracking_id <> '';

-- +goose Down
-- There is no way back: an older program does not know the messages that wait. Restore the copy made before.
SELECT 1;
