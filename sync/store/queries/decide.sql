-- name: pick-undecided
SELECT c.* FROM complaint c JOIN delivery d ON d.ref = c.ref
WHERE d.state = 'new' ORDER BY d.ref LIMIT :most {lock d}

-- name: find-primary
SELECT k.ref, k.occurred_at FROM dedup_key k JOIN delivery d ON d.ref = k.ref
WHERE k.key = :key AND k.occurred_at BETWEEN :after AND :before AND k.ref <> :ref AND d.state <> 'dead'
ORDER BY k.occurred_at, k.ref LIMIT 1

-- name: lock-primary
SELECT d.state FROM delivery d JOIN ticket t ON t.ref = d.ref WHERE d.ref = :ref {lock-wait}

-- name: primary-of
SELECT primary_ref FROM link WHERE ref = :ref

-- name: insert-dedup-key
INSERT INTO dedup_key (key, ref, occurred_at) VALUES (:key, :ref, :occurred_at) ON CONFLICT (key, ref) DO NOTHING

-- name: insert-link
INSERT INTO link (ref, primary_ref, kind, why, linked_at) VALUES (:ref, :primary_ref, :kind, :why, :now)

-- name: insert-ticket
INSERT INTO ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at,
                    status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at)
VALUES (:ref, :agency, :category, :location, :rule, :why, :now, '', '', 0, 'received', '', '', 0, :now, 0, 0)

-- name: settle-decision
UPDATE delivery SET state = :state, reason = :reason, detail = :detail, changed_at = :now WHERE ref IN (:refs) AND state = 'new'

-- name: oldest-undecided
SELECT coalesce(min(accepted_at), 0) FROM delivery WHERE state = 'new'
