-- +goose Up

-- What is still to be told the platform on an earlier complaint's ticket: a complaint that is linked as a follow-up of it.
-- The link says whose ticket that is; primary_ref is on whose it was last tried. The states, as those of a delivery:
--   ready    waiting for its turn, or for the ticket
--   leased   a gateway works on it until lease_until
--   unknown  a request may have been carried out; it is looked up first
--   held     a person must decide
--   done     the platform has it
--   dead     refused for good, with the platform's words
CREATE TABLE follow_up (
    ref              TEXT   NOT NULL PRIMARY KEY,
    primary_ref      TEXT   NOT NULL,
    state            TEXT   NOT NULL CHECK (state IN ('ready', 'leased', 'unknown', 'held', 'done', 'dead')),
    since            BIGINT NOT NULL,
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
CREATE INDEX follow_up_due ON follow_up (due_at) WHERE state IN ('ready', 'unknown');
CREATE INDEX follow_up_leased ON follow_up (lease_until) WHERE state = 'leased';
CREATE INDEX follow_up_untold ON follow_up (since, ref) WHERE state <> 'done';

-- +goose Down
DROP TABLE follow_up;
