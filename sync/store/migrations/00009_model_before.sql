-- +goose Up

-- The model that was in use when this one was first switched on; 0: the shipped one.
ALTER TABLE model ADD COLUMN replaced BIGINT NOT NULL DEFAULT 0;
UPDATE model SET replaced = coalesce((SELECT max(o.number) FROM model o WHERE o.number < model.number AND o.used_at > 0), 0);

-- +goose Down
ALTER TABLE model DROP COLUMN replaced;
