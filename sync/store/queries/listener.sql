-- name: insert-listeners
INSERT INTO listener (name) SELECT r.source FROM {rows source text} WHERE true ON CONFLICT (name) DO NOTHING

-- name: delete-listeners
DELETE FROM listener WHERE name {in :sources}

-- name: retire-news
UPDATE writeback SET state = 'done', owner = '', lease_until = 0, reason = 'retired', detail = :detail
WHERE source = :source AND state IN ('ready', 'leased', 'dead')
