-- +goose Up

-- The complaints of one channel as anybody may see them, newest first, so that a page of them is found whatever lies in
-- the other channels.
CREATE INDEX complaint_listed ON complaint (source, received_at, ref) WHERE secret = 0;

-- What became known of one channel's complaints, in its order.
CREATE INDEX writeback_listed ON writeback (source, since, ref, told);

-- +goose Down
DROP INDEX writeback_listed;
DROP INDEX complaint_listed;
