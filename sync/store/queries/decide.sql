-- name: pick-undecided
SELECT d.ref, d.accepted_at FROM delivery d WHERE d.state = 'new' ORDER BY d.ref LIMIT :most {lock}

-- name: known-keys
SELECT DISTINCT key FROM dedup_key WHERE key {in :keys}

-- name: find-primary
SELECT k.ref, k.occurred_at FROM dedup_key k LEFT JOIN delivery d ON d.ref = k.ref
WHERE k.key = :key AND k.occurred_at BETWEEN :after AND :before AND k.ref <> :ref AND coalesce(d.state, '') <> 'dead'
ORDER BY k.occurred_at, k.ref LIMIT 1

-- name: lock-delivery
SELECT state FROM delivery WHERE ref = :ref {lock-wait}

-- name: lock-known
SELECT 'done' FROM ticket WHERE ref = :ref {lock-wait}

-- name: primary-of
SELECT primary_ref FROM link WHERE ref = :ref

-- name: insert-dedup-keys
INSERT INTO dedup_key (key, ref, occurred_at)
SELECT r.key, r.ref, r.occurred_at FROM {rows key text, ref text, occurred_at bigint} WHERE true ON CONFLICT (key, ref) DO NOTHING

-- name: insert-link
INSERT INTO link (ref, primary_ref, kind, why, linked_at) VALUES (:ref, :primary_ref, :kind, :why, :now)

-- name: settle-decisions
UPDATE delivery
SET state = :state, reason = :reason, detail = :detail, changed_at = :now, decided_at = :decided_at, agency = :agency,
    category = :category, location = :location, hand_over = :hand_over, rule = :rule, why = :why
WHERE ref {in :refs} AND decided_at = 0

-- name: claim-decided
UPDATE delivery
SET state = 'leased', changed_at = :now, decided_at = :decided_at, agency = :agency, category = :category, location = :location,
    hand_over = :hand_over, rule = :rule, why = :why, owner = :owner, lease_until = {now} + :lease, fence = fence + 1,
    attempts = attempts + 1, first_attempt_at = :now
WHERE ref {in :refs} AND decided_at = 0

-- name: oldest-undecided
SELECT coalesce(min(accepted_at), 0) FROM delivery WHERE state = 'new'
