-- name: pick-undecided
SELECT d.ref, d.accepted_at, d.earlier_ref FROM delivery d WHERE d.state = 'new' ORDER BY d.ref LIMIT :most {lock}

-- name: still-undecided
SELECT count(*) FROM delivery WHERE ref {in :refs} AND state = 'new'

-- name: lock-keys
-- The order by which nobody waits in a circle.
SELECT pg_advisory_xact_lock(7053, CAST(r.bucket AS int)) FROM {rows bucket bigint} ORDER BY r.bucket

-- name: read-prints
SELECT ref, print FROM print WHERE ref {in :refs}

-- name: read-standings
-- Looked up one by one: PostgreSQL would go through all tickets for each while it believes them few.
SELECT s.ref, s.state, s.status, coalesce((SELECT t.changed_at FROM ticket t WHERE t.ref = s.speaker), 0) AS changed_at,
       coalesce((SELECT t.tracking_id FROM ticket t WHERE t.ref = s.speaker), '') AS tracking_id
FROM (SELECT p.ref, p.speaker, coalesce((SELECT d.state FROM delivery d WHERE d.ref = p.ref), 'done') AS state,
             coalesce((SELECT t.status FROM ticket t WHERE t.ref = p.speaker), '') AS status
      FROM (SELECT r.ref, coalesce((SELECT l.primary_ref FROM link l WHERE l.ref = r.ref), r.ref) AS speaker FROM {rows ref text}) AS p) AS s
WHERE CAST(:tracks AS bigint) = 1 OR s.state = 'dead' OR s.status IN ('done', 'archived', 'rejected', 'closed')

-- name: insert-prints
INSERT INTO print (ref, at, print)
SELECT r.ref, r.at, r.print FROM {rows ref text, at bigint, print text} WHERE true ON CONFLICT (ref) DO NOTHING
RETURNING ref

-- name: newest-prints
SELECT print FROM print ORDER BY ref DESC LIMIT :most

-- name: prints-after
SELECT ref, print FROM print WHERE ref > :after ORDER BY ref LIMIT :most

-- name: oldest-prints
SELECT ref FROM print WHERE ref < :before ORDER BY ref LIMIT :most {lock}

-- name: oldest-print
SELECT coalesce(min(ref), '') FROM print

-- name: delete-prints
DELETE FROM print WHERE ref {in :refs}

-- name: lock-delivery
SELECT state FROM delivery WHERE ref = :ref {lock-wait}

-- name: lock-known
SELECT status, status_raw FROM ticket WHERE ref = :ref {lock-wait}

-- name: moving-note
SELECT note FROM event WHERE ref = :ref AND applied = 1 AND status = :status ORDER BY seq LIMIT 1

-- name: settle-decisions
UPDATE delivery
SET state = :state, reason = :reason, detail = :detail, changed_at = :now, decided_at = :decided_at, agency = :agency,
    due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END, category = :category, location = :location, hand_over = :hand_over, rule = :rule, why = :why,
    earlier_ref = CASE WHEN earlier_ref = '' THEN :earlier ELSE earlier_ref END
WHERE ref {in :refs} AND state = 'new'

-- name: claim-decided
UPDATE delivery
SET state = 'leased', changed_at = :now, decided_at = :decided_at, agency = :agency, category = :category, location = :location,
    hand_over = :hand_over, rule = :rule, why = :why,
    earlier_ref = CASE WHEN earlier_ref = '' THEN :earlier ELSE earlier_ref END, owner = :owner, lease_until = {now} + :lease,
    fence = fence + 1, attempts = attempts + 1, first_attempt_at = :now, step = CASE WHEN fence = 0 THEN :step ELSE '' END,
    sent_at = CASE WHEN fence = 0 AND :step <> '' THEN {now} ELSE 0 END
WHERE ref {in :refs} AND state = 'new'
RETURNING ref, fence, attempts

-- name: oldest-undecided
SELECT coalesce(min(accepted_at), 0) FROM delivery WHERE state = 'new'
