-- Messages wait until their sender is silent, or has spoken for too long; then one gateway looks at what they said.

-- name: insert-messages
INSERT INTO message (source, id, sender, arrived, state, ref, received_at, content, files, raw_type, raw)
SELECT r.source, r.id, r.sender, r.arrived, 'waiting', '', r.received_at, r.content, '', r.raw_type, r.raw
FROM {rows source text, id text, sender text, arrived text, received_at bigint, content text, raw_type text, raw text} WHERE true
ON CONFLICT (source, id) DO NOTHING
RETURNING source, id

-- name: hear
INSERT INTO talk (source, sender, heard, heard_at, waiting_since, asked_at, ref, due_at, owner, lease_until, fence, attempts, tried_at)
SELECT r.source, r.sender, r.heard, r.heard_at, r.received_at, 0, '', r.received_at + :within, '', 0, 0, 0, 0
FROM {rows source text, sender text, heard bigint, heard_at bigint, received_at bigint} WHERE true
ON CONFLICT (source, sender) DO UPDATE SET
    heard = talk.heard + excluded.heard,
    heard_at = CASE WHEN talk.heard_at > excluded.heard_at AND talk.heard_at <= excluded.waiting_since THEN talk.heard_at
                    ELSE excluded.heard_at END, -- nobody wrote later than now
    waiting_since = CASE WHEN talk.waiting_since = 0 THEN excluded.waiting_since ELSE talk.waiting_since END,
    due_at = CASE WHEN talk.waiting_since > 0 AND talk.waiting_since + :longest < excluded.due_at
                  THEN talk.waiting_since + :longest ELSE excluded.due_at END

-- name: talk-due
SELECT coalesce(min(due_at), 0) FROM talk WHERE source = :source AND due_at > 0

-- name: claim-talks
WITH picked AS MATERIALIZED (
    SELECT source, sender FROM talk WHERE source = :source AND due_at > 0 AND due_at <= :now AND lease_until <= {now}
    ORDER BY due_at LIMIT :most {lock}
)
UPDATE talk
SET owner = :owner, lease_until = {now} + :lease, fence = fence + 1, attempts = attempts + 1,
    tried_at = CASE WHEN tried_at = 0 OR tried_at > :now THEN :now ELSE tried_at END
WHERE (source, sender) IN (SELECT source, sender FROM picked)
RETURNING sender, heard, heard_at, waiting_since, asked_at, ref, fence, attempts, tried_at

-- name: open-messages
-- Nothing is read but what is taken: a flood of messages is put aside by its keys.
SELECT id, sender, arrived, state, received_at, content, files, raw_type, raw FROM message
WHERE source = :source AND id IN (
    SELECT o.id FROM message o WHERE o.source = :source AND o.sender = :sender AND o.state IN ('waiting', 'asked')
    ORDER BY CASE WHEN o.state = 'waiting' THEN 0 ELSE 1 END, o.arrived LIMIT :most)
ORDER BY arrived

-- name: save-files
UPDATE message SET files = :files
WHERE source = :source AND id = :id AND state IN ('waiting', 'asked')

-- name: renew-talk
UPDATE talk SET lease_until = {now} + :lease
WHERE source = :source AND sender = :sender AND fence = :fence AND owner = :owner AND lease_until > {now}

-- name: lock-talk
SELECT heard FROM talk WHERE source = :source AND sender = :sender AND fence = :fence AND owner = :owner AND lease_until > {now} {lock-wait}

-- name: mark-messages
UPDATE message
SET state = :state, ref = :ref, content = CASE WHEN :ref = '' THEN content ELSE '' END, raw = CASE WHEN :ref = '' THEN raw ELSE '' END,
    files = CASE WHEN :ref = '' THEN files ELSE '' END
WHERE source = :source AND id {in :ids} AND state IN ('waiting', 'asked')

-- name: still-open
SELECT CASE
    WHEN EXISTS (SELECT 1 FROM message WHERE source = :source AND sender = :sender AND state IN ('waiting', 'asked') AND state = 'waiting') THEN 'waiting'
    WHEN EXISTS (SELECT 1 FROM message WHERE source = :source AND sender = :sender AND state IN ('waiting', 'asked')) THEN 'asked'
    ELSE '' END

-- name: end-talk
UPDATE talk
SET waiting_since = :waiting_since, asked_at = :asked_at, due_at = :due, ref = CASE WHEN :ref = '' THEN ref ELSE :ref END,
    owner = '', lease_until = 0, attempts = 0, tried_at = 0
WHERE source = :source AND sender = :sender

-- name: postpone-talk
UPDATE talk
SET due_at = CASE WHEN heard = :heard THEN :due ELSE due_at END, owner = '', lease_until = 0, attempts = attempts - :uncounted
WHERE source = :source AND sender = :sender AND fence = :fence AND owner = :owner

-- name: free-talks
UPDATE talk SET owner = '', lease_until = 0 WHERE lease_until > 0 AND owner LIKE :dead

-- name: insert-receipt
INSERT INTO writeback (ref, seq, told, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
VALUES (:ref, 0, 0, :ref, :source, 'ready', :now, :now, '', 0, 0, '', '')
ON CONFLICT (ref, event_ref, seq) DO NOTHING

-- name: heard-at
SELECT heard_at FROM talk WHERE source = :source AND sender = :sender

-- name: tracked-as
-- The source is put so that no index on it is taken: the tracking ids lead to the rows.
SELECT t.ref FROM ticket t JOIN complaint c ON c.ref = t.ref
WHERE t.tracking_id <> '' AND t.tracking_id {in :ids} AND c.source || '' = :source ORDER BY t.ref

-- name: count-messages
SELECT state, count(*) AS n FROM message GROUP BY state

-- name: count-messages-open
SELECT state, count(*) AS n FROM message WHERE state IN ('waiting', 'asked') GROUP BY state

-- name: count-heard
SELECT coalesce(sum(heard), 0) FROM talk

-- name: vanished
SELECT count(*) FROM talk t
LEFT JOIN (SELECT source, sender, count(*) AS n FROM message GROUP BY source, sender) AS m ON m.source = t.source AND m.sender = t.sender
WHERE t.heard <> coalesce(m.n, 0)

-- name: unheard-messages
SELECT count(*) FROM message m WHERE m.state IN ('waiting', 'asked') AND NOT EXISTS (
    SELECT 1 FROM talk t WHERE t.source = m.source AND t.sender = m.sender AND t.due_at > 0)

-- name: late-talks
SELECT source, count(*) AS n FROM talk WHERE due_at > 0 AND due_at < :before AND lease_until <= {now} GROUP BY source

-- name: joined-to-nothing
SELECT count(*) FROM message m WHERE m.state IN ('joined', 'followed')
AND NOT EXISTS (SELECT 1 FROM complaint c WHERE c.ref = m.ref)
