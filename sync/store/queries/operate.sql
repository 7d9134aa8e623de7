-- name: take-lease
INSERT INTO lease (name, owner, until) VALUES (:name, :owner, {now} + :lease)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE lease.owner = excluded.owner OR lease.until <= {now} OR lease.owner LIKE :dead

-- name: drop-leases
DELETE FROM lease WHERE owner = :owner

-- name: drop-lease
DELETE FROM lease WHERE name = :name AND owner = :owner

-- name: set-control
INSERT INTO control (name, value, until, set_at) VALUES (:name, :value, :until, :now)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, until = excluded.until, set_at = excluded.set_at

-- name: insert-control
INSERT INTO control (name, value, until, set_at) VALUES (:name, :value, 0, :now) ON CONFLICT (name) DO NOTHING

-- name: drop-control
DELETE FROM control WHERE name = :name

-- name: read-control
SELECT value, until FROM control WHERE name = :name

-- name: count-states
SELECT state, count(*) AS n FROM delivery GROUP BY state

-- name: count-open
-- What count-states counts, from the indexes alone: it is asked all day, beside a queue of any length.
SELECT 'new' AS state, (SELECT count(*) FROM delivery WHERE state = 'new') AS n
UNION ALL SELECT 'leased', (SELECT count(*) FROM delivery WHERE state = 'leased')
UNION ALL SELECT 'unknown', (SELECT count(*) FROM delivery WHERE state = 'unknown')
UNION ALL SELECT 'ready', (SELECT count(*) FROM delivery WHERE state IN ('ready', 'unknown')) - (SELECT count(*) FROM delivery WHERE state = 'unknown')
UNION ALL SELECT state, count(*) FROM delivery WHERE state IN ('held', 'dead', 'linked') GROUP BY state

-- name: count-done
SELECT (SELECT count(*) FROM ticket) - (SELECT count(*) FROM delivery d JOIN ticket t ON t.ref = d.ref)

-- name: count-complaints
SELECT count(*) FROM complaint

-- name: count-refusals
SELECT count(*) FROM refusal

-- name: without-delivery
SELECT count(*) FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.ref = c.ref)
AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ref = c.ref)

-- name: without-complaint
SELECT (SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM complaint c WHERE c.ref = d.ref))
     + (SELECT count(*) FROM ticket t WHERE NOT EXISTS (SELECT 1 FROM complaint c WHERE c.ref = t.ref))

-- name: ticket-without-id
SELECT count(*) FROM ticket WHERE national_id = '' AND tracking_id = ''

-- name: linked-to-nothing
SELECT count(*) FROM delivery d WHERE d.state = 'linked' AND NOT EXISTS (
    SELECT 1 FROM link l LEFT JOIN delivery p ON p.ref = l.primary_ref LEFT JOIN ticket t ON t.ref = l.primary_ref
    WHERE l.ref = d.ref AND (p.state NOT IN ('linked', 'dead') OR t.ref IS NOT NULL))

-- name: named-not-done
SELECT count(*) FROM delivery d JOIN ticket t ON t.ref = d.ref WHERE d.state IN ('dead', 'linked', 'new')

-- name: oldest-open
-- References are in the order of acceptance.
SELECT coalesce(min(o.at), 0) FROM (
    SELECT (SELECT accepted_at FROM delivery WHERE state IN ('new', 'ready', 'leased', 'unknown') ORDER BY ref LIMIT 1) AS at
    UNION ALL SELECT min(waiting_since) FROM talk WHERE waiting_since > 0
    UNION ALL SELECT min(due_at) FROM talk WHERE due_at > 0 AND due_at <= :now) AS o

-- name: list-queue
SELECT d.ref, d.state, d.accepted_at, d.due_at, d.attempts, d.reason, d.detail, c.source, c.source_id,
       d.agency, coalesce(t.national_id, '') AS national_id
FROM delivery d JOIN complaint c ON c.ref = d.ref LEFT JOIN ticket t ON t.ref = d.ref
WHERE d.state {in :states} AND d.ref > :after ORDER BY d.ref LIMIT :most

-- name: list-done
SELECT t.ref, 'done' AS state, c.received_at AS accepted_at, 0 AS due_at, t.attempts, 'success' AS reason, '' AS detail, c.source,
       c.source_id, t.agency, t.national_id
FROM ticket t JOIN complaint c ON c.ref = t.ref LEFT JOIN delivery d ON d.ref = t.ref
WHERE d.ref IS NULL AND t.ref > :after ORDER BY t.ref LIMIT :most

-- name: show-delivery
SELECT c.ref, coalesce(d.state, 'done') AS state, c.received_at AS accepted_at, coalesce(d.due_at, 0) AS due_at,
       coalesce(d.attempts, t.attempts, 0) AS attempts, coalesce(d.reason, 'success') AS reason, coalesce(d.detail, '') AS detail,
       coalesce(d.sent_at, 0) AS sent_at, coalesce(d.step, '') AS step, c.source, c.source_id,
       coalesce(d.agency, t.agency, '') AS agency, coalesce(d.category, t.category, '') AS category,
       coalesce(d.why, t.why, '') AS why, coalesce(t.national_id, '') AS national_id,
       coalesce(t.tracking_id, '') AS tracking_id, coalesce(t.status, 'received') AS status,
       coalesce(t.status_raw, '') AS status_raw, coalesce(l.primary_ref, '') AS primary_ref, coalesce(l.why, '') AS link_why,
       coalesce(l.why_id, '') AS link_why_id, coalesce(r.earlier_ref, '') AS earlier_ref,
       coalesce(t.forwarded_at, 0) AS forwarded_at
FROM complaint c LEFT JOIN delivery d ON d.ref = c.ref LEFT JOIN ticket t ON t.ref = c.ref LEFT JOIN link l ON l.ref = c.ref
LEFT JOIN recurrence r ON r.ref = c.ref
WHERE c.ref = :ref

-- name: show-attempts
SELECT started_at, ended_at, reason, detail FROM attempt WHERE ref = :ref ORDER BY fence

-- name: show-steps
SELECT name, started_at, ended_at FROM step WHERE ref = :ref ORDER BY started_at, name

-- name: show-events
SELECT seq, at, seen_at, status, raw, agency, note, applied FROM event WHERE ref = :ref ORDER BY seq

-- name: forwarded-at
SELECT forwarded_at FROM ticket WHERE ref = :ref

-- name: show-revisions
SELECT seen_at, hash FROM revision WHERE ref = :ref ORDER BY seen_at

-- name: list-revisions
SELECT r.ref, r.hash, r.seen_at, r.content, c.source, c.source_id, c.text AS before
FROM revision r JOIN complaint c ON c.ref = r.ref
WHERE r.ref = :ref OR :ref = '' ORDER BY r.seen_at DESC, r.ref, r.hash LIMIT :most

-- name: list-refusals
SELECT id, source, source_id, place, reason, detail, seen_at FROM refusal ORDER BY seen_at DESC, id LIMIT :most

-- name: list-writebacks
SELECT ref, event_ref, seq, source, state, attempts, reason, detail FROM writeback
WHERE state IN ('ready', 'leased', 'dead') ORDER BY since, ref, seq LIMIT :most

-- name: count-untold
SELECT state, count(*) AS n FROM writeback WHERE state IN ('ready', 'leased', 'dead') GROUP BY state

-- name: count-told
SELECT count(*) FROM writeback WHERE state = 'done'

-- name: operate-delivery
UPDATE delivery SET state = :state, due_at = :now, sent_at = CASE WHEN :keep_sent = 1 THEN sent_at ELSE 0 END,
    step = CASE WHEN :keep_sent = 1 THEN step ELSE '' END, reason = :reason, detail = :detail, owner = '', lease_until = 0,
    changed_at = :now, attempts = CASE WHEN :state = 'dead' THEN attempts ELSE 0 END,
    first_attempt_at = CASE WHEN :state = 'dead' THEN first_attempt_at ELSE 0 END
WHERE ref = :ref AND state {in :states}

-- name: undecide
UPDATE delivery SET decided_at = 0 WHERE ref = :ref AND sent_at = 0 AND (state = 'dead' OR state = 'held' AND reason <> 'review')
AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ref = delivery.ref)

-- name: open-for
-- For how long an outcome is open, in milliseconds; for ever where none is.
SELECT {now} - coalesce((SELECT max(o.sent_at) FROM (
    SELECT sent_at FROM delivery WHERE ref = :ref AND sent_at > 0
    UNION ALL
    SELECT sent_at FROM follow_up WHERE ref = :ref AND sent_at > 0 AND state <> 'done') AS o), 0)

-- name: take-delivery
UPDATE delivery SET state = 'leased', owner = :owner, lease_until = 0, fence = fence + 1, sent_at = 0, step = '', changed_at = :now
WHERE ref = :ref AND state {in :states}
RETURNING fence, hand_over

-- name: retry-writebacks
UPDATE writeback SET state = 'ready', due_at = :now, since = :now WHERE ref = :ref AND state = 'dead'
AND NOT EXISTS (SELECT 1 FROM writeback l WHERE l.ref = writeback.ref AND l.event_ref = writeback.event_ref
                AND l.seq > writeback.seq AND l.state = 'done')

-- name: is-decided
SELECT decided_at FROM delivery WHERE ref = :ref

-- name: named-ticket
SELECT national_id FROM ticket WHERE ref = :ref
