-- +goose Up

-- The platform's number as the channel was told it, from the first try on: what is told again after a crash says the same.
ALTER TABLE writeback ADD COLUMN tracking_id TEXT;  -- NULL: nobody has tried to tell it yet

-- +goose Down
ALTER TABLE writeback DROP COLUMN tracking_id;
