-- +goose Up

-- The channels that are told what becomes of their complaints, as the gateway said that last had them in its configuration. One
-- that no gateway has just now is told later.
CREATE TABLE listener (name TEXT PRIMARY KEY);
INSERT INTO listener (name) SELECT DISTINCT source FROM writeback;

-- +goose Down
DROP TABLE listener;
