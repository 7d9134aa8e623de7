-- name: claim-oldest
WITH picked AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = :urgency AND due_at <= :now
    ORDER BY due_at LIMIT :most {lock}
)
UPDATE delivery
SET state = 'leased', owner = :owner, lease_until = {now} + :lease, fence = fence + 1, attempts = attempts + 1,
    first_attempt_at = CASE WHEN first_attempt_at = 0 THEN :now ELSE first_attempt_at END, changed_at = :now
WHERE ref IN (SELECT ref FROM picked)
RETURNING ref, fence, attempts, accepted_at, sent_at, step, agency, category, location, hand_over,
    CASE WHEN sent_at = 0 THEN 0 ELSE {now} - sent_at END AS open_for

-- name: claim-newest
WITH picked AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = :urgency AND due_at <= :now
    ORDER BY due_at DESC LIMIT :most {lock}
)
UPDATE delivery
SET state = 'leased', owner = :owner, lease_until = {now} + :lease, fence = fence + 1, attempts = attempts + 1,
    first_attempt_at = CASE WHEN first_attempt_at = 0 THEN :now ELSE first_attempt_at END, changed_at = :now
WHERE ref IN (SELECT ref FROM picked)
RETURNING ref, fence, attempts, accepted_at, sent_at, step, agency, category, location, hand_over,
    CASE WHEN sent_at = 0 THEN 0 ELSE {now} - sent_at END AS open_for

-- name: read-complaints
SELECT c.* FROM complaint c WHERE c.ref {in :refs}

-- name: read-steps
SELECT ref, name, result FROM step WHERE ref {in :refs}

-- name: read-tickets
SELECT ref, national_id, tracking_id FROM ticket WHERE ref {in :refs}

-- name: renew-leases
UPDATE delivery SET lease_until = {now} + :lease
WHERE ref IN (SELECT ref FROM delivery WHERE ref {in :refs} AND state = 'leased' AND owner = :owner AND lease_until > {now} {lock})

-- name: begin-steps
UPDATE delivery SET step = r.step, sent_at = CASE WHEN r.harmless = 1 THEN delivery.sent_at ELSE {now} END
FROM {rows ref text, fence bigint, step text, harmless bigint}
WHERE delivery.ref = r.ref AND delivery.fence = r.fence AND delivery.owner = :owner AND delivery.state = 'leased'
RETURNING delivery.ref

-- name: end-steps
UPDATE delivery SET step = '', sent_at = 0
FROM {rows ref text, fence bigint}
WHERE delivery.ref = r.ref AND delivery.fence = r.fence AND delivery.owner = :owner AND delivery.state = 'leased'
RETURNING delivery.ref

-- name: insert-steps
INSERT INTO step (ref, name, started_at, ended_at, result)
SELECT r.ref, r.name, r.started_at, :now, r.result FROM {rows ref text, name text, started_at bigint, result text} WHERE true
ON CONFLICT (ref, name) DO UPDATE SET ended_at = excluded.ended_at, result = excluded.result

-- name: insert-tickets
INSERT INTO ticket (ref, agency, category, location, hand_over, rule, why, decided_at, attempts, national_id, tracking_id,
                    forwarded_at, status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at)
SELECT d.ref, d.agency, d.category, d.location, d.hand_over, d.rule, d.why, d.decided_at, d.attempts, r.national_id, r.tracking_id,
       :now, 'forwarded', '', '', 1, :now, r.sync_at, 0
FROM {rows ref text, fence bigint, national_id text, tracking_id text, sync_at bigint} JOIN delivery d ON d.ref = r.ref
WHERE d.fence = r.fence AND d.owner = :owner AND d.state = 'leased' {lock-wait d}
ON CONFLICT DO NOTHING
RETURNING ref

-- name: insert-forwarded
INSERT INTO event (ref, key, seq, at, seen_at, status, raw, agency, note, applied)
SELECT t.ref, 'forwarded', 1, :now, :now, 'forwarded', '', '', '', 1 FROM ticket t WHERE t.ref {in :refs} AND t.last_seq = 1
ON CONFLICT (ref, key) DO NOTHING

-- name: tell-forwarded
INSERT INTO writeback (ref, seq, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
SELECT c.ref, 1, c.ref, c.source, 'ready', CAST(:now AS bigint), CAST(:now AS bigint), '', 0, 0, '', ''
FROM complaint c WHERE c.ref {in :refs} AND c.source {in :writers}
UNION ALL
SELECT c.ref, 1, l.primary_ref, c.source, 'ready', CAST(:now AS bigint), CAST(:now AS bigint), '', 0, 0, '', ''
FROM link l JOIN complaint c ON c.ref = l.ref WHERE l.primary_ref {in :refs} AND c.source {in :writers}

-- name: read-mine
SELECT d.ref FROM {rows ref text, fence bigint} JOIN delivery d ON d.ref = r.ref
WHERE d.fence = r.fence AND d.owner = :owner AND d.state = 'leased'

-- name: finish
DELETE FROM delivery WHERE ref IN (
    SELECT d.ref FROM {rows ref text, fence bigint} JOIN delivery d ON d.ref = r.ref
    WHERE d.fence = r.fence AND d.owner = :owner AND d.state = 'leased' ORDER BY d.ref {lock-wait d}
)
RETURNING ref

-- name: settle
UPDATE delivery
SET state = r.state, due_at = r.due, owner = '', lease_until = 0, reason = r.reason, detail = r.detail, changed_at = :now,
    attempts = delivery.attempts - r.uncounted, sent_at = CASE WHEN r.open = 1 THEN delivery.sent_at ELSE 0 END,
    step = CASE WHEN r.open = 1 THEN delivery.step ELSE '' END
FROM {rows ref text, fence bigint, state text, due bigint, reason text, detail text, uncounted bigint, open bigint}
WHERE delivery.ref = r.ref AND delivery.fence = r.fence AND delivery.owner = :owner AND delivery.state = 'leased'
RETURNING delivery.ref

-- name: insert-attempts
INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
SELECT r.ref, r.fence, r.started_at, :now, r.reason, r.detail
FROM {rows ref text, fence bigint, started_at bigint, reason text, detail text} WHERE true
ON CONFLICT (ref, fence) DO NOTHING

-- name: rescue-expired
WITH expired AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state = 'leased' AND (lease_until <= {now} OR owner LIKE :dead) LIMIT :most {lock}
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
