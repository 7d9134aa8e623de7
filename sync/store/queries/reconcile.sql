-- name: list-whereabouts
SELECT d.ref, d.state, d.accepted_at, d.sent_at, coalesce(t.national_id, '') AS national_id, coalesce(t.tracking_id, '') AS tracking_id,
       coalesce(t.forwarded_at, 0) AS forwarded_at, coalesce(t.status, 'received') AS status, coalesce(t.status_raw, '') AS status_raw,
       coalesce(t.sync_at, 0) AS sync_at, coalesce(t.synced_at, 0) AS synced_at,
       coalesce((SELECT max(e.at) FROM event e WHERE e.ref = d.ref), 0) AS said_at
FROM delivery d LEFT JOIN ticket t ON t.ref = d.ref WHERE d.ref > :after ORDER BY d.ref LIMIT :most

-- name: read-whereabouts
SELECT d.ref, d.state, d.accepted_at, d.sent_at, t.national_id, t.tracking_id, t.forwarded_at, t.status, t.status_raw, t.sync_at, t.synced_at,
       coalesce((SELECT max(e.at) FROM event e WHERE e.ref = d.ref), 0) AS said_at
FROM delivery d JOIN ticket t ON t.ref = d.ref WHERE d.ref = :ref

-- name: resolve-by-export
UPDATE delivery SET state = :to, due_at = :now, sent_at = 0, reason = '', detail = :detail, owner = '', lease_until = 0, changed_at = :now
WHERE ref = :ref AND state = :state AND sent_at = :sent_at AND state IN ('held', 'unknown', 'ready', 'dead')

-- name: name-by-tracking
UPDATE ticket SET tracking_id = :tracking_id, changed_at = :now
WHERE ref = :ref AND national_id = '' AND tracking_id IN ('', :tracking_id)

-- name: close-steps
UPDATE step SET state = :to, ended_at = :now WHERE ref = :ref AND state = 'open'
