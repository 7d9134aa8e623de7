-- name: claim-writebacks
WITH picked AS MATERIALIZED (
    SELECT w.ref, w.event_ref, w.seq FROM writeback w
    WHERE w.source = :source AND w.state = 'ready' AND w.due_at <= :now
    AND NOT EXISTS (SELECT 1 FROM writeback e WHERE e.ref = w.ref AND e.state IN ('ready', 'leased')
                    AND (e.event_ref = w.event_ref AND e.seq < w.seq OR e.event_ref <> w.event_ref AND e.since < w.since))
    ORDER BY w.due_at LIMIT :most {lock}
)
UPDATE writeback SET state = 'leased', owner = :owner, lease_until = {now} + :lease, attempts = attempts + 1
WHERE (ref, event_ref, seq) IN (SELECT ref, event_ref, seq FROM picked)
RETURNING ref, event_ref, seq, attempts, since

-- name: read-change
SELECT c.source_id, e.status, e.raw, e.note, e.agency, e.at, t.tracking_id,
       coalesce((SELECT p.status FROM event p WHERE p.ref = e.ref AND p.seq <= e.seq AND p.applied = 1 AND p.status <> ''
                 ORDER BY p.seq DESC LIMIT 1), t.status) AS then_status
FROM event e JOIN ticket t ON t.ref = e.ref JOIN complaint c ON c.ref = :ref
WHERE e.ref = :event_ref AND e.seq = :seq

-- name: settle-writeback
UPDATE writeback SET state = :state, due_at = :due, owner = '', lease_until = 0, reason = :reason, detail = :detail,
    attempts = attempts - :uncounted
WHERE ref = :ref AND event_ref = :event_ref AND seq = :seq AND owner = :owner AND attempts = :attempts AND state = 'leased'

-- name: rescue-writebacks
UPDATE writeback SET state = 'ready', owner = '', lease_until = 0
WHERE state = 'leased' AND (lease_until <= {now} OR owner LIKE :dead)

-- name: last-change
SELECT c.source_id, t.status, t.status_raw, t.held_by, t.tracking_id, t.last_seq, t.changed_at
FROM complaint c JOIN ticket t ON t.ref = coalesce((SELECT primary_ref FROM link WHERE ref = c.ref), c.ref)
WHERE c.ref = :ref

-- name: complaint-source
SELECT source, source_id, received_at FROM complaint WHERE ref = :ref
