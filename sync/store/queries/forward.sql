-- What happens to many at once is asked for by a list of keys, never by a join: PostgreSQL, which may believe that the
-- queue is empty when it is long, then looks each one up and never goes through the table. Who settles is asked by owner
-- and fence alone: a delivery has an owner only while it is leased.

-- name: pick-oldest
SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = :urgency AND due_at <= :now
ORDER BY due_at LIMIT :most {lock}

-- name: pick-newest
SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = :urgency AND due_at <= :now AND due_at >= :since AND accepted_at >= :since
ORDER BY due_at DESC LIMIT :most {lock}

-- name: tried-since
-- Nothing was tried later than now: what a wrong clock dated is as old as its next claim. Time in which it was due and nobody tried it
-- does not count.
CASE WHEN first_attempt_at = 0 OR first_attempt_at > :now THEN :now
    WHEN :now - due_at <= :untried OR :now - changed_at <= :untried THEN first_attempt_at
    ELSE first_attempt_at + :now - CASE WHEN due_at > changed_at THEN due_at ELSE changed_at END END

-- name: claim
-- Nor did a request go out later than now.
UPDATE delivery
SET state = 'leased', owner = :owner, lease_until = {now} + :lease, fence = fence + 1, attempts = attempts + 1,
    first_attempt_at = {query tried-since}, changed_at = :now,
    sent_at = CASE WHEN sent_at > {now} OR fence = 0 AND :step <> '' THEN {now} ELSE sent_at END,
    step = CASE WHEN fence = 0 AND :step <> '' THEN :step ELSE step END
WHERE ref {in :refs}
RETURNING ref, fence, attempts, accepted_at, first_attempt_at, sent_at, step, agency, category, location, hand_over, earlier_ref,
    CASE WHEN sent_at = 0 THEN 0 ELSE {now} - sent_at END AS open_for

-- name: unclaim
-- Claimed first in a transaction whose answer was lost, and worked on by nobody: it is as if it had not been claimed. Any other
-- claim has another time, owner or fence.
UPDATE delivery
SET state = 'ready', owner = '', lease_until = 0, attempts = attempts - 1, first_attempt_at = 0, sent_at = 0, step = '', changed_at = :now
WHERE ref {in :refs} AND state = 'leased' AND owner = :owner AND fence = 1 AND first_attempt_at = :at

-- name: read-complaints
-- Column by column, so that it still holds when a newer gateway has added one.
SELECT ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category, incident_at, reported_at, received_at,
       attachments, missing, raw_type, raw
FROM complaint WHERE ref {in :refs}

-- name: read-steps
SELECT ref, name, result FROM step WHERE ref {in :refs}

-- name: read-tickets
SELECT ref, national_id, tracking_id FROM ticket WHERE ref {in :refs}

-- name: renew-leases
UPDATE delivery SET lease_until = {now} + :lease WHERE ref {in :refs} AND owner = :owner AND lease_until > {now}

-- name: begin-steps
UPDATE delivery SET step = :step, sent_at = CASE WHEN :harmless = 1 THEN sent_at ELSE {now} END
WHERE ref {in :refs} AND owner = :owner
RETURNING ref, fence

-- name: end-steps
UPDATE delivery SET step = '', sent_at = 0 WHERE ref {in :refs} AND owner = :owner
RETURNING ref, fence, agency, category, location, hand_over, rule, why, decided_at, attempts

-- name: insert-steps
INSERT INTO step (ref, name, started_at, ended_at, result)
SELECT r.ref, r.name, r.started_at, :now, r.result FROM {rows ref text, name text, started_at bigint, result text} WHERE true
ON CONFLICT (ref, name) DO UPDATE SET ended_at = excluded.ended_at, result = excluded.result

-- name: finish
DELETE FROM delivery WHERE ref {in :refs} AND owner = :owner
RETURNING ref, fence, agency, category, location, hand_over, rule, why, decided_at, attempts

-- name: insert-tickets
INSERT INTO ticket (ref, agency, category, location, hand_over, rule, why, decided_at, attempts, national_id, tracking_id,
                    forwarded_at, status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at)
SELECT r.ref, r.agency, r.category, r.location, r.hand_over, r.rule, r.why, r.decided_at, r.attempts, r.national_id, r.tracking_id,
       :now, 'forwarded', '', '', 1, :now, r.sync_at, 0
FROM {rows ref text, agency text, category text, location text, hand_over text, rule bigint, why text, decided_at bigint,
      attempts bigint, national_id text, tracking_id text, sync_at bigint}

-- name: tell-forwarded
INSERT INTO writeback (ref, seq, told, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
SELECT n.ref, 1, coalesce((SELECT max(w.told) FROM writeback w WHERE w.ref = n.ref), 0) + 1, n.event_ref, n.source, 'ready',
       CAST(:now AS bigint), CAST(:now AS bigint), '', 0, 0, '', ''
FROM (SELECT c.ref, c.ref AS event_ref, c.source FROM complaint c WHERE c.ref {in :refs} AND c.source IN (SELECT name FROM listener)
      UNION ALL
      SELECT c.ref, l.primary_ref, c.source FROM link l JOIN complaint c ON c.ref = l.ref
      WHERE l.primary_ref {in :refs} AND l.quiet = 0 AND c.source IN (SELECT name FROM listener)) AS n
WHERE EXISTS (SELECT 1 FROM listener)  -- where nobody listens the complaints need not be read
ON CONFLICT (ref, event_ref, seq) DO NOTHING

-- name: settle
UPDATE delivery
SET state = :state, due_at = :due, owner = '', lease_until = 0, reason = :reason, detail = :detail, changed_at = :now,
    attempts = attempts - :uncounted, first_attempt_at = CASE WHEN :uncounted = 1 AND attempts <= 1 THEN 0 ELSE first_attempt_at END,
    sent_at = CASE WHEN :open = 1 THEN sent_at ELSE 0 END,
    step = CASE WHEN :open = 1 THEN step ELSE '' END
WHERE ref = :ref AND fence = :fence AND owner = :owner

-- name: insert-attempts
INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
SELECT r.ref, r.fence, r.started_at, :now, r.reason, r.detail
FROM {rows ref text, fence bigint, started_at bigint, reason text, detail text} WHERE true
ON CONFLICT (ref, fence) DO NOTHING

-- name: pick-expired
SELECT ref FROM delivery WHERE state = 'leased' AND (lease_until <= {now} OR owner LIKE :dead) LIMIT :most {lock}

-- name: insert-crashes
INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
SELECT ref, fence, changed_at, :now, 'crashed', 'the gateway that held it stopped' FROM delivery WHERE ref {in :refs}
ON CONFLICT (ref, fence) DO NOTHING

-- name: rescue
UPDATE delivery
SET state = CASE WHEN sent_at > 0 THEN 'unknown' ELSE 'ready' END, due_at = :now, owner = '', lease_until = 0,
    reason = 'crashed', detail = 'the gateway that held it stopped', changed_at = :now
WHERE ref {in :refs}

-- name: due-soon
SELECT coalesce(min(soonest), 0) FROM (
    SELECT min(due_at) AS soonest FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 0
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 1
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 2
    UNION ALL SELECT min(due_at) FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = 3
) AS classes
