-- name: claim-due
WITH picked AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND due_at <= :now
    ORDER BY urgency, due_at LIMIT :most {lock}
)
UPDATE delivery
SET state = 'leased', owner = :owner, lease_until = :until, fence = fence + 1, attempts = attempts + 1,
    first_attempt_at = CASE WHEN first_attempt_at = 0 THEN :now ELSE first_attempt_at END, changed_at = :now
WHERE ref IN (SELECT ref FROM picked)
RETURNING ref, fence, attempts, accepted_at, sent_at

-- name: read-job
SELECT c.*, t.agency, t.category AS national_category, t.location, t.national_id, t.tracking_id
FROM complaint c JOIN ticket t ON t.ref = c.ref WHERE c.ref = :ref

-- name: read-steps
SELECT name, state, result FROM step WHERE ref = :ref

-- name: renew-leases
WITH held AS MATERIALIZED (
    SELECT ref FROM delivery WHERE ref IN (:refs) AND state = 'leased' AND owner = :owner AND lease_until > :now {lock}
)
UPDATE delivery SET lease_until = :until WHERE ref IN (SELECT ref FROM held)

-- name: mark-sent
UPDATE delivery SET sent_at = CASE WHEN :harmless = 1 THEN sent_at ELSE :now END
WHERE ref = :ref AND owner = :owner AND fence = :fence AND state = 'leased'

-- name: open-step
INSERT INTO step (ref, name, state, started_at, ended_at, result) VALUES (:ref, :name, 'open', :now, 0, '')
ON CONFLICT (ref, name) DO UPDATE SET state = 'open', started_at = excluded.started_at, ended_at = 0

-- name: end-step
UPDATE step SET state = :state, ended_at = :now, result = :result WHERE ref = :ref AND name = :name

-- name: clear-sent
UPDATE delivery SET sent_at = 0 WHERE ref = :ref AND owner = :owner AND fence = :fence AND state = 'leased'

-- name: name-ticket
UPDATE ticket SET national_id = :national_id, tracking_id = :tracking_id, changed_at = :now
WHERE ref = :ref AND national_id IN ('', :national_id)

-- name: settle
UPDATE delivery
SET state = :state, due_at = :due, owner = '', lease_until = 0, reason = :reason, detail = :detail, changed_at = :now,
    attempts = attempts - :uncounted, sent_at = CASE WHEN :open = 1 THEN sent_at ELSE 0 END
WHERE ref = :ref AND owner = :owner AND fence = :fence AND state = 'leased'

-- name: fail-steps
UPDATE step SET state = 'failed', ended_at = :now WHERE ref = :ref AND state = 'open'

-- name: insert-attempt
INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
VALUES (:ref, :fence, :started, :now, :reason, :detail) ON CONFLICT (ref, fence) DO NOTHING

-- name: forwarded
UPDATE ticket SET forwarded_at = :now, sync_at = :sync_at, changed_at = :now WHERE ref = :ref AND forwarded_at = 0

-- name: rescue-expired
WITH expired AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state = 'leased' AND (lease_until <= :now OR owner LIKE :dead) LIMIT :most {lock}
)
UPDATE delivery
SET state = CASE WHEN sent_at > 0 THEN 'unknown' ELSE 'ready' END, due_at = :now, owner = '', lease_until = 0,
    reason = 'crashed', detail = 'the gateway that held it stopped', changed_at = :now
WHERE ref IN (SELECT ref FROM expired) AND state = 'leased'
RETURNING ref

-- name: free-linked
UPDATE delivery SET state = 'ready', due_at = :now, reason = '', detail = 'its primary is dead, so it goes on alone', changed_at = :now
WHERE state = 'linked' AND ref IN (SELECT ref FROM link WHERE primary_ref = :ref)

-- name: delete-links
DELETE FROM link WHERE primary_ref = :ref

-- name: due-soon
SELECT coalesce(min(soonest), 0) FROM (
    SELECT min(due_at) AS soonest FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 0
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 1
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 2
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 3
) AS classes
