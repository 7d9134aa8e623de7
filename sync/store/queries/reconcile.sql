-- name: list-whereabouts
SELECT c.ref, coalesce(d.state, 'done') AS state, c.received_at AS accepted_at, coalesce(d.sent_at, 0) AS sent_at,
       coalesce(t.national_id, '') AS national_id, coalesce(t.tracking_id, '') AS tracking_id,
       coalesce(t.forwarded_at, 0) AS forwarded_at, coalesce(t.status, 'received') AS status, coalesce(t.status_raw, '') AS status_raw,
       coalesce(t.sync_at, 0) AS sync_at, coalesce(t.synced_at, 0) AS synced_at,
       coalesce((SELECT max(e.at) FROM event e WHERE e.ref = c.ref), 0) AS said_at
FROM complaint c LEFT JOIN delivery d ON d.ref = c.ref LEFT JOIN ticket t ON t.ref = c.ref
WHERE c.ref > :after ORDER BY c.ref LIMIT :most

-- name: read-whereabouts
SELECT c.ref, coalesce(d.state, 'done') AS state, c.received_at AS accepted_at, coalesce(d.sent_at, 0) AS sent_at,
       coalesce(t.national_id, '') AS national_id, coalesce(t.tracking_id, '') AS tracking_id,
       coalesce(t.forwarded_at, 0) AS forwarded_at, coalesce(t.status, 'received') AS status, coalesce(t.status_raw, '') AS status_raw,
       coalesce(t.sync_at, 0) AS sync_at, coalesce(t.synced_at, 0) AS synced_at,
       coalesce((SELECT max(e.at) FROM event e WHERE e.ref = c.ref), 0) AS said_at
FROM complaint c LEFT JOIN delivery d ON d.ref = c.ref LEFT JOIN ticket t ON t.ref = c.ref
WHERE c.ref = :ref

-- name: take-as-it-was
UPDATE delivery SET state = 'leased', owner = :owner, lease_until = 0, fence = fence + 1, sent_at = 0, step = '', changed_at = :now
WHERE ref = :ref AND state = :state AND sent_at = :sent_at AND state IN ('held', 'unknown', 'ready', 'dead') AND decided_at > 0
RETURNING fence

-- name: resolve-unlisted
UPDATE delivery SET state = 'ready', due_at = :now, sent_at = 0, step = '', reason = '', detail = :detail, owner = '', lease_until = 0,
    changed_at = :now, attempts = 0, first_attempt_at = 0
WHERE ref = :ref AND state = :state AND sent_at = :sent_at AND state IN ('held', 'unknown', 'ready', 'dead')

-- name: hold-listed
UPDATE delivery SET state = 'held', due_at = :now, reason = :reason, detail = :detail, owner = '', lease_until = 0, changed_at = :now
WHERE ref = :ref AND sent_at = 0 AND (state IN ('new', 'ready') OR state = 'held' AND reason = 'review')
