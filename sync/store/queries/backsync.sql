-- Whoever asks knows its question by the time its hold ends, which no later question has.

-- name: claim-sync
WITH picked AS MATERIALIZED (
    SELECT ref FROM ticket WHERE sync_at > 0 AND sync_at <= :now ORDER BY sync_at LIMIT :most {lock}
)
UPDATE ticket SET sync_at = :until WHERE ref IN (SELECT ref FROM picked)
RETURNING ref, national_id, forwarded_at, changed_at, sync_at

-- name: lock-ticket
SELECT status, status_raw, tracking_id, held_by, last_seq, sync_at FROM ticket WHERE ref = :ref {lock-wait}

-- name: event-keys
SELECT key FROM event WHERE ref = :ref

-- name: insert-event
INSERT INTO event (ref, seq, key, at, seen_at, status, raw, agency, note, applied)
VALUES (:ref, :seq, :key, :at, :now, :status, :raw, :agency, :note, :applied)

-- name: insert-writebacks
-- The source is put so that no index on it is taken: the references lead to the rows.
INSERT INTO writeback (ref, seq, told, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
SELECT n.ref, CAST(:seq AS bigint), CASE WHEN n.top >= CAST(:seq AS bigint) THEN n.top + 1 ELSE CAST(:seq AS bigint) END, CAST(:ref AS text),
       n.source, 'ready', CAST(:now AS bigint), CAST(:now AS bigint), '', 0, 0, '', ''
FROM (SELECT c.ref, c.source, coalesce((SELECT max(w.told) FROM writeback w WHERE w.ref = c.ref), 0) AS top
      FROM complaint c WHERE c.source || '' IN (SELECT name FROM listener)
      AND c.ref IN (SELECT CAST(:ref AS text) UNION ALL SELECT l.ref FROM link l WHERE l.primary_ref = :ref AND l.quiet = 0)) AS n

-- name: update-ticket
UPDATE ticket SET status = :status, status_raw = :raw, tracking_id = :tracking_id, held_by = :held_by, last_seq = :seq,
    changed_at = CASE WHEN :moved = 1 THEN :now ELSE changed_at END, sync_at = :sync_at, synced_at = :now
WHERE ref = :ref

-- name: postpone-sync
UPDATE ticket SET sync_at = :sync_at WHERE ref = :ref AND sync_at = :held AND sync_at > 0

-- name: sync-overdue
SELECT coalesce(min(sync_at), 0) FROM ticket WHERE sync_at > 0
