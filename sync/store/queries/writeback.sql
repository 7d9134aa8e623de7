-- name: claim-writebacks
WITH picked AS MATERIALIZED (
    SELECT w.ref, w.event_ref, w.seq FROM writeback w
    WHERE w.source = :source AND w.state = 'ready' AND w.due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM writeback e WHERE e.ref = w.ref AND e.state IN ('ready', 'leased')
                    AND (e.told < w.told OR e.told = w.told AND e.since < w.since))
    ORDER BY w.due_at LIMIT :most {lock}
)
UPDATE writeback SET state = 'leased', owner = :owner, lease_until = {now} + :lease, attempts = attempts + 1,
    tracking_id = coalesce(tracking_id, (SELECT t.tracking_id FROM ticket t WHERE t.ref = writeback.event_ref))
WHERE (ref, event_ref, seq) IN (SELECT ref, event_ref, seq FROM picked)
RETURNING ref, event_ref, seq, told, attempts, since, coalesce(tracking_id, '') AS tracking_id

-- name: read-change
SELECT c.source, c.source_id, c.reporter, c.secret, coalesce(e.status, 'forwarded') AS status, coalesce(e.raw, '') AS raw, coalesce(e.note, '') AS note,
       coalesce(e.agency, '') AS agency, coalesce(e.at, t.forwarded_at) AS at,
       coalesce((SELECT p.status FROM event p WHERE p.ref = t.ref AND p.seq <= :seq AND p.applied = 1 AND p.status <> ''
                 ORDER BY p.seq DESC LIMIT 1), 'forwarded') AS then_status,
       a.secret AS about_secret, a.reporter AS about_reporter
FROM ticket t JOIN complaint c ON c.ref = :ref JOIN complaint a ON a.ref = t.ref LEFT JOIN event e ON e.ref = t.ref AND e.seq = :seq
WHERE t.ref = :event_ref

-- name: read-receipt
SELECT c.source, c.source_id, c.reporter, c.secret, c.received_at AS at, coalesce(l.matched_ref, '') AS about
FROM complaint c LEFT JOIN link l ON l.ref = c.ref AND l.quiet = 1 WHERE c.ref = :ref

-- name: settle-writeback
-- What is to be told again of a complaint that stands for this one no more is told no more.
UPDATE writeback SET due_at = :due, owner = '', lease_until = 0, reason = :reason, detail = :detail, attempts = attempts - :uncounted,
    state = CASE WHEN :state = 'ready' AND ref <> event_ref AND NOT EXISTS (
        SELECT 1 FROM link l WHERE l.ref = writeback.ref AND l.primary_ref = writeback.event_ref) THEN 'done' ELSE :state END
WHERE ref = :ref AND event_ref = :event_ref AND seq = :seq AND owner = :owner AND attempts = :attempts AND state = 'leased'

-- name: undelivered
-- The source is put so that no index on it is taken: the reference leads to the rows.
UPDATE writeback SET state = 'dead', owner = '', lease_until = 0, reason = :reason, detail = :detail
WHERE ref = :ref AND told = :told AND source || '' = :source AND state IN ('done', 'leased')

-- name: rescue-writebacks
UPDATE writeback SET owner = '', lease_until = 0,
    state = CASE WHEN ref <> event_ref AND NOT EXISTS (
        SELECT 1 FROM link l WHERE l.ref = writeback.ref AND l.primary_ref = writeback.event_ref) THEN 'done' ELSE 'ready' END
WHERE state = 'leased' AND (lease_until <= {now} OR owner LIKE :dead)

-- name: hurry-writebacks
WITH picked AS MATERIALIZED (
    SELECT ref, event_ref, seq FROM writeback
    WHERE source = :source AND state = 'ready' AND due_at > :now AND reason {in :reasons} LIMIT :most {lock}
)
UPDATE writeback SET due_at = :now WHERE (ref, event_ref, seq) IN (SELECT ref, event_ref, seq FROM picked)

-- name: last-change
SELECT l.source_id, l.status, l.status_raw, l.held_by, l.tracking_id, l.hidden, CASE WHEN l.top > l.last_seq THEN l.top ELSE l.last_seq END AS last_seq, l.changed_at
FROM (SELECT c.source_id, t.status, t.status_raw, t.held_by, t.tracking_id, t.last_seq, t.changed_at,
             (SELECT a.secret FROM complaint a WHERE a.ref = t.ref AND a.ref <> c.ref) AS hidden,
             coalesce((SELECT max(w.told) FROM writeback w WHERE w.ref = c.ref), 0) AS top
      FROM complaint c JOIN ticket t ON t.ref = coalesce((SELECT o.ref FROM ticket o WHERE o.ref = c.ref),
                                                         (SELECT l.primary_ref FROM link l WHERE l.ref = c.ref AND l.quiet = 0))
      WHERE c.ref = :ref) AS l

-- name: complaint-source
SELECT source, source_id, received_at FROM complaint WHERE ref = :ref
