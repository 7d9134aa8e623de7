-- What lies further ahead than anything is ever put off: a clock that was wrong put it there. Each look begins at the far end of
-- the index that its queue is read by, where nothing else lies.

-- name: bring-back-deliveries
-- The oldest first, as when the platform works again.
WITH picked AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND urgency = :urgency AND due_at > :far
    ORDER BY due_at DESC LIMIT :most {lock}
)
UPDATE delivery SET due_at = CASE WHEN accepted_at > :now THEN :now ELSE accepted_at END WHERE ref IN (SELECT ref FROM picked)

-- name: bring-back-follow-ups
WITH picked AS MATERIALIZED (
    SELECT ref FROM follow_up WHERE state IN ('ready', 'unknown') AND due_at > :far ORDER BY due_at DESC LIMIT :most {lock}
)
UPDATE follow_up SET due_at = :now WHERE ref IN (SELECT ref FROM picked)

-- name: bring-back-news
WITH picked AS MATERIALIZED (
    SELECT ref, event_ref, seq FROM writeback WHERE source = :source AND state = 'ready' AND due_at > :far
    ORDER BY due_at DESC LIMIT :most {lock}
)
UPDATE writeback SET due_at = :now WHERE (ref, event_ref, seq) IN (SELECT ref, event_ref, seq FROM picked)

-- name: bring-back-talks
-- Nothing that counts from a time to come may put it off again.
WITH picked AS MATERIALIZED (
    SELECT source, sender FROM talk WHERE source = :source AND due_at > 0 AND due_at > :far ORDER BY due_at DESC LIMIT :most {lock}
)
UPDATE talk
SET due_at = :now, heard_at = CASE WHEN heard_at > :now THEN :now ELSE heard_at END,
    waiting_since = CASE WHEN waiting_since > :now THEN :now ELSE waiting_since END,
    asked_at = CASE WHEN asked_at > :now THEN :now ELSE asked_at END
WHERE (source, sender) IN (SELECT source, sender FROM picked)

-- name: bring-back-reviews
WITH picked AS MATERIALIZED (
    SELECT ref, earlier_ref FROM review WHERE decision = '' AND until > :far ORDER BY until DESC LIMIT :most {lock}
)
UPDATE review SET until = CAST(:now AS bigint) + :wait WHERE (ref, earlier_ref) IN (SELECT ref, earlier_ref FROM picked)

-- name: bring-back-questions
WITH picked AS MATERIALIZED (
    SELECT ref FROM ticket WHERE sync_at > 0 AND sync_at > :far ORDER BY sync_at DESC LIMIT :most {lock}
)
UPDATE ticket SET sync_at = :now WHERE ref IN (SELECT ref FROM picked)
