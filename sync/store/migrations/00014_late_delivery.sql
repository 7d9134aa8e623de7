-- +goose Up

-- Those that were tried in vain lie among those that wait: looked for without going through the queue when the platform is back.
CREATE INDEX delivery_late ON delivery (ref) WHERE reason <> '' AND state IN ('ready', 'unknown');

-- +goose Down
DROP INDEX delivery_late;
