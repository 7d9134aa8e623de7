-- name: take-lease
INSERT INTO lease (name, owner, until) VALUES (:name, :owner, :until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE lease.owner = excluded.owner OR lease.until <= :now OR lease.owner LIKE :dead

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

-- name: count-complaints
SELECT count(*) FROM complaint

-- name: count-refusals
SELECT count(*) FROM refusal

-- name: without-delivery
SELECT count(*) FROM complaint c WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.ref = c.ref)

-- name: without-complaint
SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM complaint c WHERE c.ref = d.ref)

-- name: done-without-id
SELECT count(*) FROM delivery d WHERE d.state = 'done'
AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ref = d.ref AND (t.national_id <> '' OR t.tracking_id <> ''))

-- name: linked-to-nothing
SELECT count(*) FROM delivery d WHERE d.state = 'linked' AND NOT EXISTS (
    SELECT 1 FROM link l JOIN delivery p ON p.ref = l.primary_ref
    WHERE l.ref = d.ref AND p.state NOT IN ('linked', 'dead'))

-- name: named-not-done
SELECT count(*) FROM delivery d JOIN ticket t ON t.ref = d.ref
WHERE (t.national_id <> '' OR t.tracking_id <> '') AND d.state IN ('dead', 'linked', 'new')

-- name: oldest-open
SELECT coalesce(min(accepted_at), 0) FROM delivery WHERE state IN ('new', 'ready', 'leased', 'unknown')

-- name: list-queue
SELECT d.ref, d.state, d.accepted_at, d.due_at, d.attempts, d.reason, d.detail, c.source, c.source_id,
       coalesce(t.agency, '') AS agency, coalesce(t.national_id, '') AS national_id
FROM delivery d JOIN complaint c ON c.ref = d.ref LEFT JOIN ticket t ON t.ref = d.ref
WHERE d.state IN (:states) AND d.ref > :after ORDER BY d.ref LIMIT :most

-- name: show-delivery
SELECT d.ref, d.state, d.accepted_at, d.due_at, d.attempts, d.reason, d.detail, d.sent_at, c.source, c.source_id,
       coalesce(t.agency, '') AS agency, coalesce(t.category, '') AS category, coalesce(t.why, '') AS why,
       coalesce(t.national_id, '') AS national_id, coalesce(t.tracking_id, '') AS tracking_id,
       coalesce(t.status, 'received') AS status, coalesce(t.status_raw, '') AS status_raw,
       coalesce(l.primary_ref, '') AS primary_ref, coalesce(l.why, '') AS link_why
FROM delivery d JOIN complaint c ON c.ref = d.ref LEFT JOIN ticket t ON t.ref = d.ref LEFT JOIN link l ON l.ref = d.ref
WHERE d.ref = :ref

-- name: show-attempts
SELECT started_at, ended_at, reason, detail FROM attempt WHERE ref = :ref ORDER BY fence

-- name: show-steps
SELECT name, state, started_at, ended_at FROM step WHERE ref = :ref ORDER BY started_at, name

-- name: show-events
SELECT seq, at, seen_at, status, raw, agency, note, applied FROM event WHERE ref = :ref ORDER BY seq

-- name: show-revisions
SELECT seen_at, hash FROM revision WHERE ref = :ref ORDER BY seen_at

-- name: list-refusals
SELECT id, source, source_id, place, reason, detail, seen_at FROM refusal ORDER BY seen_at DESC, id LIMIT :most

-- name: list-writebacks
SELECT ref, event_ref, seq, source, state, attempts, reason, detail FROM writeback
WHERE state IN ('ready', 'leased', 'dead') ORDER BY since, ref, seq LIMIT :most

-- name: count-writebacks
SELECT state, count(*) AS n FROM writeback GROUP BY state

-- name: operate-delivery
UPDATE delivery SET state = :state, due_at = :now, sent_at = CASE WHEN :keep_sent = 1 THEN sent_at ELSE 0 END,
    reason = :reason, detail = :detail, owner = '', lease_until = 0, changed_at = :now
WHERE ref = :ref AND state IN (:states)

-- name: retry-writebacks
UPDATE writeback SET state = 'ready', due_at = :now WHERE ref = :ref AND state = 'dead'
AND NOT EXISTS (SELECT 1 FROM writeback l WHERE l.ref = writeback.ref AND l.event_ref = writeback.event_ref
                AND l.seq > writeback.seq AND l.state = 'done')

-- name: named-ticket
SELECT national_id FROM ticket WHERE ref = :ref
