-- name: insert-complaints
INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
                       incident_at, reported_at, received_at, attachments, missing, raw_type, raw)
SELECT r.* FROM {rows ref text, source text, source_id text, hash text, title text, text text, class text, anonymous bigint,
    secret bigint, reporter text, place text, category text, incident_at bigint, reported_at bigint, received_at bigint,
    attachments text, missing bigint, raw_type text, raw text}
WHERE true
ON CONFLICT (source, source_id) DO NOTHING
RETURNING ref

-- name: insert-deliveries
INSERT INTO delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at, step,
                      sent_at, reason, detail, changed_at, decided_at, agency, category, location, hand_over, rule, why)
SELECT r.ref, r.state, r.urgency, r.received_at, r.received_at, CASE WHEN r.tries = 0 THEN '' ELSE :owner END,
       CASE WHEN r.tries = 0 THEN 0 ELSE {now} + r.lease END, r.tries, r.tries, CASE WHEN r.tries = 0 THEN 0 ELSE CAST(:now AS bigint) END,
       r.step, CASE WHEN r.step = '' THEN 0 ELSE {now} END, '', '', r.received_at, r.decided_at, r.agency, r.to_category, r.location,
       r.hand_over, r.rule, r.why
FROM {rows ref text, state text, urgency bigint, received_at bigint, lease bigint, tries bigint, step text, decided_at bigint,
      agency text, to_category text, location text, hand_over text, rule bigint, why text}

-- name: insert-with-deliveries
-- Both at once: PostgreSQL is far away. "IS TRUE" has what was kept looked up instead of joined, row by row.
WITH kept AS (
{query insert-complaints}
), queued AS (
{query insert-deliveries}
WHERE (r.ref IN (SELECT ref FROM kept)) IS TRUE
)
SELECT ref FROM kept

-- name: find-known
-- Joined by the whole key: asked for a list of ids, PostgreSQL may go through all of the source while it believes it small.
SELECT c.source, c.source_id, c.ref, c.hash FROM {rows source text, source_id text}
JOIN complaint c ON c.source = r.source AND c.source_id = r.source_id

-- name: insert-revision
INSERT INTO revision (ref, hash, seen_at, content) VALUES (:ref, :hash, :seen_at, :content)
ON CONFLICT (ref, hash) DO NOTHING

-- name: insert-refusal
INSERT INTO refusal (id, source, source_id, place, reason, detail, raw, seen_at)
VALUES (:id, :source, :source_id, :place, :reason, :detail, :raw, :seen_at)
ON CONFLICT (id) DO NOTHING

-- name: refusals-of
SELECT id, source, source_id, place, reason, detail, seen_at FROM refusal
WHERE id > :after AND source = :source AND reason {in :reasons} ORDER BY id LIMIT :most

-- name: refusal-raw
SELECT raw FROM refusal WHERE id = :id

-- name: update-refusal
UPDATE refusal SET source_id = :source_id, reason = :reason, detail = :detail WHERE id = :id

-- name: delete-refusals
DELETE FROM refusal WHERE id {in :ids}

-- name: read-cursor
SELECT position FROM cursor WHERE connector = :connector

-- name: insert-cursor
INSERT INTO cursor (connector, position, moved_at) VALUES (:connector, :next, :now)
ON CONFLICT (connector) DO NOTHING

-- name: move-cursor
UPDATE cursor SET position = :next, moved_at = :now WHERE connector = :connector AND position = :position

-- name: count-revisions
SELECT count(*) FROM revision
