-- name: list-segments
SELECT id, mark, entries, blocks, newest_at, oldest_ref, newest_ref,
       CASE WHEN merging_until > {now} AND merging_until <= {now} + :lease THEN 1 ELSE 0 END AS merging
FROM key_segment WHERE state = 'live' ORDER BY newest_at DESC, id DESC

-- name: read-key-digests
SELECT id, data FROM key_digest WHERE id >= :first AND id < :upto ORDER BY id

-- name: find-key-blocks
SELECT b.id, b.data FROM {rows id bigint} JOIN key_block b ON b.id = r.id

-- name: read-key-blocks
SELECT id, data FROM key_block WHERE id >= :first AND id < :upto ORDER BY id

-- name: insert-segment
INSERT INTO key_segment (mark, state, entries, blocks, newest_at, oldest_ref, newest_ref, made_at, gone_at, merging_until)
VALUES (:mark, :state, :entries, :blocks, :newest_at, :oldest_ref, :newest_ref, {now}, 0, 0)
RETURNING id

-- name: insert-key-blocks
INSERT INTO key_block (id, data) SELECT r.id, r.data FROM {rows id bigint, data bytea}

-- name: insert-key-digests
INSERT INTO key_digest (id, data) SELECT r.id, r.data FROM {rows id bigint, data bytea}

-- name: lock-segments
SELECT s.id FROM key_segment s
WHERE (s.id, s.mark) IN (SELECT r.id, r.mark FROM {rows id bigint, mark bigint}) AND s.state = 'live'
  AND (CAST(:ours AS bigint) = 1 OR s.merging_until <= {now} OR s.merging_until > {now} + :lease)
ORDER BY s.id {lock}

-- name: merge-segments
UPDATE key_segment SET merging_until = {now} + :lease WHERE id IN (SELECT r.id FROM {rows id bigint})

-- name: go-on-with-segment
UPDATE key_segment SET made_at = {now} WHERE id = :id AND mark = :mark AND state = 'made'

-- name: written-of-segment
SELECT (SELECT count(*) FROM key_block WHERE id >= :first AND id < :upto) AS blocks,
       (SELECT count(*) FROM key_digest WHERE id >= :first AND id < :upto) AS digests

-- name: give-up-segment
UPDATE key_segment SET state = 'gone', gone_at = {now} WHERE id = :id AND mark = :mark AND state = 'made'

-- name: publish-segment
UPDATE key_segment
SET state = 'live', entries = :entries, blocks = :blocks, newest_at = :newest_at, oldest_ref = :oldest_ref, newest_ref = :newest_ref
WHERE id = :id AND mark = :mark AND state = 'made'

-- name: retire-segments
UPDATE key_segment SET state = 'gone', gone_at = {now} WHERE id IN (SELECT r.id FROM {rows id bigint}) AND state = 'live'

-- name: retire-unfinished-segments
UPDATE key_segment SET state = 'gone', gone_at = {now} WHERE state = 'made' AND (made_at < {now} - :lease OR made_at > {now} + :lease)

-- name: retire-expired-segments
UPDATE key_segment SET state = 'gone', gone_at = {now} WHERE state = 'live' AND newest_ref < :before

-- name: gone-segments
SELECT id FROM key_segment WHERE state = 'gone' AND (gone_at <= {now} - :grace OR gone_at > {now} + :grace) ORDER BY id LIMIT :most {lock}

-- name: delete-key-blocks
DELETE FROM key_block
WHERE id >= :first AND id < :upto
  AND id < (SELECT coalesce(min(b.id), 0) FROM key_block b WHERE b.id >= :first AND b.id < :upto) + :most

-- name: delete-key-digests
DELETE FROM key_digest WHERE id >= :first AND id < :upto

-- name: delete-segment
DELETE FROM key_segment
WHERE id = :id AND NOT EXISTS (SELECT 1 FROM key_block b WHERE b.id >= :first AND b.id < :upto)
