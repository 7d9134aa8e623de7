-- name: pick-undecided
SELECT c.*, d.urgency, d.accepted_at FROM delivery d JOIN complaint c ON c.ref = d.ref
WHERE d.state = 'new' ORDER BY d.ref LIMIT :most {lock d}

-- name: known-keys
SELECT DISTINCT k.key FROM {rows key text} JOIN dedup_key k ON k.key = r.key

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
SET state = r.state, reason = r.reason, detail = r.detail, changed_at = :now, decided_at = r.decided_at, agency = r.agency,
    category = r.category, location = r.location, hand_over = r.hand_over, rule = r.rule, why = r.why,
    owner = CASE WHEN r.state = 'leased' THEN :owner ELSE '' END,
    lease_until = CASE WHEN r.state = 'leased' THEN {now} + :lease ELSE 0 END,
    fence = CASE WHEN r.state = 'leased' THEN fence + 1 ELSE fence END,
    attempts = CASE WHEN r.state = 'leased' THEN attempts + 1 ELSE attempts END,
    first_attempt_at = CASE WHEN r.state = 'leased' AND first_attempt_at = 0 THEN :now ELSE first_attempt_at END
FROM {rows ref text, state text, reason text, detail text, decided_at bigint, agency text, category text, location text,
      hand_over text, rule bigint, why text}
WHERE delivery.ref = r.ref AND delivery.state = 'new'

-- name: oldest-undecided
SELECT coalesce(min(accepted_at), 0) FROM delivery WHERE state = 'new'
