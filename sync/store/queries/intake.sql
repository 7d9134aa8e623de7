-- name: insert-complaints
INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
                       incident_at, reported_at, received_at, attachments, raw_type, raw)
VALUES (:ref, :source, :source_id, :hash, :title, :text, :class, :anonymous, :secret, :reporter, :place, :category,
        :incident_at, :reported_at, :received_at, :attachments, :raw_type, :raw)
ON CONFLICT (source, source_id) DO NOTHING
RETURNING ref

-- name: insert-deliveries
INSERT INTO delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at,
                      sent_at, reason, detail, changed_at)
VALUES (:ref, 'new', :urgency, :received_at, :received_at, '', 0, 0, 0, 0, 0, '', '', :received_at)

-- name: find-known
SELECT ref, hash FROM complaint WHERE source = :source AND source_id = :source_id

-- name: insert-revision
INSERT INTO revision (ref, hash, seen_at, content) VALUES (:ref, :hash, :seen_at, :content)
ON CONFLICT (ref, hash) DO NOTHING

-- name: insert-refusal
INSERT INTO refusal (id, source, source_id, place, reason, detail, raw, seen_at)
VALUES (:id, :source, :source_id, :place, :reason, :detail, :raw, :seen_at)
ON CONFLICT (id) DO NOTHING

-- name: read-cursor
SELECT position FROM cursor WHERE connector = :connector

-- name: insert-cursor
INSERT INTO cursor (connector, position, moved_at) VALUES (:connector, :next, :now)
ON CONFLICT (connector) DO NOTHING

-- name: move-cursor
UPDATE cursor SET position = :next, moved_at = :now WHERE connector = :connector AND position = :position

-- name: count-revisions
SELECT count(*) FROM revision
