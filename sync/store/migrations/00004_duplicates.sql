-- +goose Up

-- What each complaint is compared by, as package dedup encodes it; the reporter in it is keyed hashes. References sort by
-- when a complaint was accepted, so what is older than the window lies together and leaves together.
CREATE TABLE print (
    ref   TEXT   NOT NULL PRIMARY KEY,
    at    BIGINT NOT NULL,  -- when it was told
    print TEXT   NOT NULL
) {clustered};

-- What complaints are found by: several keys each. Nothing here but the index, and nothing that its print cannot tell anew.
CREATE TABLE print_key (
    key BIGINT NOT NULL,
    at  BIGINT NOT NULL,
    ref TEXT   NOT NULL,
    PRIMARY KEY (key, at, ref)
) {clustered};
DROP TABLE dedup_key;

-- A link in force. matched_ref is the complaint whose words were compared: the primary, or one that is linked to it.
ALTER TABLE link ADD COLUMN matched_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN score DOUBLE PRECISION NOT NULL DEFAULT 0;  -- the probability that both are the same matter
ALTER TABLE link ADD COLUMN why_id TEXT NOT NULL DEFAULT '';            -- in Indonesian
ALTER TABLE link ADD COLUMN evidence TEXT NOT NULL DEFAULT '{}';        -- JSON, for and against
ALTER TABLE link ADD COLUMN linked_by TEXT NOT NULL DEFAULT '';         -- empty: the gateway itself
UPDATE link SET matched_ref = primary_ref;

-- A link that is undone, and why. It lies apart, so that nobody who reads links tells its reporter anything.
CREATE TABLE unlinked (
    ref         TEXT   NOT NULL,
    primary_ref TEXT   NOT NULL,
    matched_ref TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    why         TEXT   NOT NULL,
    why_id      TEXT   NOT NULL,
    evidence    TEXT   NOT NULL,
    linked_by   TEXT   NOT NULL,
    linked_at   BIGINT NOT NULL,
    undone_at   BIGINT NOT NULL,
    undone_by   TEXT   NOT NULL,  -- empty: the gateway itself
    undone_why  TEXT   NOT NULL,
    PRIMARY KEY (ref, primary_ref, undone_at)
);

-- What a person is asked, and what he said. Decided rows are what the model learns from.
CREATE TABLE review (
    ref         TEXT   NOT NULL,
    earlier_ref TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    why         TEXT   NOT NULL,
    why_id      TEXT   NOT NULL,
    evidence    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    until       BIGINT NOT NULL,  -- undecided by then it is forwarded
    decision    TEXT   NOT NULL CHECK (decision IN ('', 'same', 'different', 'undecided')),
    decided_by  TEXT   NOT NULL,
    decided_at  BIGINT NOT NULL,
    PRIMARY KEY (ref, earlier_ref)
);
CREATE INDEX review_open ON review (until, ref) WHERE decision = '';
CREATE INDEX review_label ON review (decided_at) WHERE decision IN ('same', 'different');

-- A complaint of its own about a trouble that was there before, and which complaint that was.
CREATE TABLE recurrence (
    ref         TEXT   NOT NULL PRIMARY KEY,
    earlier_ref TEXT   NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    why         TEXT   NOT NULL,
    why_id      TEXT   NOT NULL,
    evidence    TEXT   NOT NULL,
    noted_at    BIGINT NOT NULL
);
ALTER TABLE delivery ADD COLUMN earlier_ref TEXT NOT NULL DEFAULT '';  -- of a recurrence: what it points back to

-- The models that were fitted here. The one in use is the one that was switched on last; with none it is the shipped one.
CREATE TABLE model (
    number    BIGINT NOT NULL PRIMARY KEY,
    model     TEXT   NOT NULL,  -- JSON
    note      TEXT   NOT NULL,
    fitted_at BIGINT NOT NULL,
    in_use    BIGINT NOT NULL,
    used_at   BIGINT NOT NULL   -- when it was last switched on; 0: never
);
CREATE UNIQUE INDEX model_in_use ON model (in_use) WHERE in_use = 1;

-- The number under which a channel is told it. It rises with everything one complaint's channel is told, also where
-- another primary, with numbers of its own, takes the place of the first.
ALTER TABLE writeback ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
UPDATE writeback SET told = seq;

-- +goose Down
-- There is no way back: an older program does not know links that are undone. Restore the copy made before.
SELECT 1;
