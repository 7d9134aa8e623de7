-- +goose Up

-- Those whose outcome is open are few and lie among those that wait: counted apart without looking through the queue.
CREATE INDEX delivery_unknown ON delivery (ref) WHERE state = 'unknown';

-- +goose Down
DROP INDEX delivery_unknown;
