-- +goose Up

-- By which keys complaints are found: sorted segments that never change, and are merged (sync/store/segment). Nothing that the
-- prints cannot tell anew.
CREATE TABLE key_segment (
    id            {numbered},
    mark          BIGINT NOT NULL,  -- by chance: what is in memory of a segment is never taken for another's of the same number
    state         TEXT   NOT NULL CHECK (state IN ('made', 'live', 'gone')),
    entries       BIGINT NOT NULL,
    blocks        BIGINT NOT NULL,
    newest_at     BIGINT NOT NULL,  -- when the newest of its complaints was told
    oldest_ref    TEXT   NOT NULL,
    newest_ref    TEXT   NOT NULL,
    made_at       BIGINT NOT NULL,
    gone_at       BIGINT NOT NULL,
    merging_until BIGINT NOT NULL   -- somebody is merging it
);

-- A block's number is that of its segment times 2^20 and its place in it; so is a digest's, with the place of its first block.
CREATE TABLE key_block (id {key}, data {bytes} NOT NULL);
CREATE TABLE key_digest (id {key}, data {bytes} NOT NULL);
{segments tuned}

-- +goose Down
-- There is no way back: an older program does not know segments. Restore the copy made before.
SELECT 1;
