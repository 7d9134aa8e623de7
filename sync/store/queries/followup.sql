-- A follow-up is told on the ticket of its link's primary, which may become another; one whose outcome is open is looked up
-- on the ticket it was sent to.

-- name: insert-follow-up
INSERT INTO follow_up (ref, primary_ref, state, since, due_at, owner, lease_until, fence, attempts, first_attempt_at, sent_at,
                       reason, detail, changed_at)
VALUES (:ref, :primary_ref, 'ready', :now, :now, '', 0, 0, 0, 0, 0, '', '', :now)
ON CONFLICT (ref) DO UPDATE
SET state = CASE WHEN follow_up.sent_at = 0 THEN 'ready' ELSE 'unknown' END, since = excluded.since, due_at = excluded.due_at,
    attempts = 0, first_attempt_at = 0, reason = '', detail = '', changed_at = excluded.changed_at
WHERE follow_up.state <> 'leased' AND (follow_up.state <> 'done' OR follow_up.primary_ref <> excluded.primary_ref)

-- name: moved-follow-up
SELECT l.primary_ref FROM link l JOIN follow_up f ON f.ref = l.ref
WHERE l.ref = :ref AND l.kind = 'follow_up' AND l.primary_ref <> f.primary_ref

-- name: follow-ups-due
SELECT count(*) FROM (SELECT 1 AS one FROM follow_up WHERE state IN ('ready', 'unknown') AND due_at <= :now LIMIT 1) AS due

-- name: pick-follow-ups
SELECT ref FROM follow_up WHERE state IN ('ready', 'unknown') AND due_at <= :now AND EXISTS (
    SELECT 1 FROM link l JOIN ticket t ON t.ref = CASE WHEN follow_up.sent_at = 0 THEN l.primary_ref ELSE follow_up.primary_ref END
    WHERE l.ref = follow_up.ref AND l.kind = 'follow_up')
ORDER BY due_at LIMIT :most {lock}

-- name: claim-follow-ups
UPDATE follow_up
SET state = 'leased', owner = :owner, lease_until = {now} + :lease, fence = fence + 1, attempts = attempts + 1,
    first_attempt_at = {query tried-since}, changed_at = :now,
    sent_at = CASE WHEN sent_at > {now} THEN {now} ELSE sent_at END,
    primary_ref = CASE WHEN sent_at = 0
        THEN coalesce((SELECT l.primary_ref FROM link l WHERE l.ref = follow_up.ref), primary_ref) ELSE primary_ref END
WHERE ref {in :refs}
RETURNING ref, primary_ref, fence, attempts, first_attempt_at, sent_at, CASE WHEN sent_at = 0 THEN 0 ELSE {now} - sent_at END AS open_for

-- name: read-follow-up-tickets
SELECT t.ref, t.national_id, t.tracking_id, t.agency, t.hand_over, t.status, c.secret
FROM ticket t JOIN complaint c ON c.ref = t.ref WHERE t.ref {in :refs}

-- name: renew-follow-ups
UPDATE follow_up SET lease_until = {now} + :lease WHERE ref {in :refs} AND owner = :owner AND state = 'leased' AND lease_until > {now}

-- name: begin-follow-up
UPDATE follow_up SET sent_at = {now}
WHERE ref = :ref AND fence = :fence AND owner = :owner AND state = 'leased' AND lease_until > {now}
AND EXISTS (SELECT 1 FROM link l WHERE l.ref = follow_up.ref AND l.kind = 'follow_up' AND l.primary_ref = follow_up.primary_ref)

-- name: settle-follow-up
UPDATE follow_up
SET state = :state, due_at = :due, owner = '', lease_until = 0, reason = :reason, detail = :detail, changed_at = :now,
    attempts = attempts - :uncounted, first_attempt_at = CASE WHEN :uncounted = 1 AND attempts <= 1 THEN 0 ELSE first_attempt_at END,
    sent_at = CASE WHEN :open = 1 THEN sent_at ELSE 0 END
WHERE ref = :ref AND fence = :fence AND owner = :owner AND state = 'leased'

-- name: drop-follow-up
DELETE FROM follow_up WHERE ref = :ref AND fence = :fence AND owner = :owner AND state = 'leased'
AND EXISTS (SELECT 1 FROM link l WHERE l.ref = follow_up.ref AND l.kind = 'follow_up' AND l.primary_ref = follow_up.primary_ref)

-- name: point-back
UPDATE delivery SET earlier_ref = :earlier_ref WHERE ref = :ref

-- name: rescue-follow-ups
UPDATE follow_up
SET state = CASE WHEN sent_at > 0 THEN 'unknown' ELSE 'ready' END, due_at = :now, owner = '', lease_until = 0,
    reason = 'crashed', detail = 'the gateway that held it stopped', changed_at = :now
WHERE state = 'leased' AND (lease_until <= {now} OR owner LIKE :dead)

-- name: clear-follow-ups
DELETE FROM follow_up WHERE state <> 'done' AND state <> 'leased'
AND NOT EXISTS (SELECT 1 FROM link l WHERE l.ref = follow_up.ref AND l.kind = 'follow_up')

-- name: retry-follow-up
UPDATE follow_up
SET state = CASE WHEN sent_at > 0 THEN 'unknown' ELSE 'ready' END, due_at = :now, reason = '', detail = 'an operator put it back',
    changed_at = :now, attempts = 0, first_attempt_at = 0
WHERE ref = :ref AND state IN ('ready', 'unknown', 'held', 'dead')

-- name: resolve-follow-up
UPDATE follow_up
SET state = :state, sent_at = 0, due_at = :now, reason = :reason, detail = 'a person looked at the platform', changed_at = :now,
    attempts = CASE WHEN :state = 'done' THEN attempts ELSE 0 END, first_attempt_at = CASE WHEN :state = 'done' THEN first_attempt_at ELSE 0 END
WHERE ref = :ref AND (state IN ('unknown', 'held') AND sent_at > 0 OR state IN ('held', 'dead') AND :state = 'done')
AND (:national_id = '' OR EXISTS (SELECT 1 FROM ticket t WHERE t.ref = follow_up.primary_ref
                                  AND (t.national_id = :national_id OR t.national_id = '' AND t.tracking_id = :national_id)))

-- name: show-follow-up
SELECT ref, primary_ref, state, attempts, reason, detail, sent_at, changed_at FROM follow_up WHERE ref = :ref

-- name: list-follow-ups
SELECT ref, primary_ref, state, attempts, reason, detail, sent_at, changed_at FROM follow_up
WHERE state <> 'done' ORDER BY since, ref LIMIT :most

-- name: count-follow-ups-untold
SELECT state, count(*) AS n FROM follow_up WHERE state <> 'done' GROUP BY state

-- name: count-follow-ups-done
SELECT count(*) FROM follow_up WHERE state = 'done'
