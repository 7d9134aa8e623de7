-- +goose Up

-- How fast each platform is asked by all gateways on this database together. Times are microseconds of the database's
-- own clock, so that no gateway's clock matters.
CREATE TABLE rate (
    platform   TEXT   NOT NULL PRIMARY KEY,
    next_at    BIGINT NOT NULL,  -- the first turn nobody has
    held_until BIGINT NOT NULL,  -- no turn before this: the platform asked for time
    less       BIGINT NOT NULL,  -- what is kept back of the configured rate, in millionths
    moved_at   BIGINT NOT NULL   -- when less changed
);

-- +goose Down
DROP TABLE rate;
