-- Who stands for whom. A row of link is a link in force; what is undone lies in unlinked.

-- name: primary-of
SELECT primary_ref FROM link WHERE ref = :ref

-- name: parted
-- Whichever of the two was parted from the other.
SELECT (SELECT count(*) FROM unlinked u WHERE u.ref = :ref AND u.primary_ref = :primary_ref)
     + (SELECT count(*) FROM unlinked u WHERE u.ref IN (:primary_ref, :matched_ref) AND u.primary_ref = :ref)
     + (SELECT count(*) FROM review v WHERE v.ref = :ref AND v.earlier_ref IN (:primary_ref, :matched_ref) AND v.decision <> '')
     + (SELECT count(*) FROM review v WHERE v.ref IN (:primary_ref, :matched_ref) AND v.earlier_ref = :ref AND v.decision = 'different')

-- name: insert-link
INSERT INTO link (ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at, quiet)
VALUES (:ref, :primary_ref, :matched_ref, :kind, :score, :why, :why_id, :evidence, :by, :now, :quiet)

-- name: keep-unlinked
INSERT INTO unlinked (ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at, undone_at, undone_by, undone_why)
SELECT ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at, CAST(:now AS bigint), CAST(:by AS text), CAST(:why AS text)
FROM link WHERE ref {in :refs}
ON CONFLICT (ref, primary_ref, undone_at) DO NOTHING

-- name: delete-links
DELETE FROM link WHERE ref {in :refs}

-- name: move-links
UPDATE link SET primary_ref = :primary_ref WHERE ref {in :refs}

-- name: hush-links
UPDATE link SET quiet = 1 WHERE ref {in :refs}

-- name: linked-to
SELECT l.ref, l.matched_ref, l.kind, l.quiet, CASE WHEN d.state = 'linked' THEN 1 ELSE 0 END AS waits
FROM link l LEFT JOIN delivery d ON d.ref = l.ref WHERE l.primary_ref = :ref ORDER BY l.ref

-- name: read-link
SELECT ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at, quiet FROM link WHERE ref = :ref

-- name: forget-tried-news
UPDATE writeback SET state = 'done', reason = '', detail = 'it was tried, and is not tried again: the link was undone'
WHERE ref {in :refs} AND event_ref = :about AND state IN ('ready', 'dead') AND attempts > 0

-- name: forget-news
DELETE FROM writeback WHERE ref {in :refs} AND event_ref = :about AND state IN ('ready', 'dead')

-- name: catch-up-linked
-- What nobody knows to be told, and was not tried again because a link was undone, is told under a new number.
INSERT INTO writeback (ref, seq, told, event_ref, source, state, due_at, since, owner, lease_until, attempts, reason, detail)
SELECT n.ref, n.seq, CASE WHEN n.top >= n.seq THEN n.top + 1 ELSE n.seq END, n.event_ref, n.source, 'ready',
       CAST(:now AS bigint), CAST(:now AS bigint), '', 0, 0, '', ''
FROM (SELECT c.ref, coalesce((SELECT max(m.seq) FROM event m WHERE m.ref = t.ref AND m.applied = 1), 1) AS seq, t.ref AS event_ref, c.source,
             coalesce((SELECT max(w.told) FROM writeback w WHERE w.ref = c.ref), 0) AS top
      FROM ticket t JOIN complaint c ON c.ref {in :linked} AND c.source IN (SELECT name FROM listener) WHERE t.ref = :ref
      AND NOT EXISTS (SELECT 1 FROM link q WHERE q.ref = c.ref AND q.quiet = 1)) AS n
WHERE true ON CONFLICT (ref, event_ref, seq) DO UPDATE
SET state = 'ready', told = excluded.told, due_at = excluded.due_at, since = excluded.since, attempts = 0, reason = '', detail = ''
WHERE writeback.state = 'done' AND writeback.reason <> 'success'

-- name: hold-back
UPDATE delivery SET state = 'linked', reason = '', detail = '', owner = '', lease_until = 0, changed_at = :now, due_at = :now, earlier_ref = ''
WHERE ref = :ref AND state IN ('new', 'ready', 'held', 'dead') AND sent_at = 0
AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.ref = delivery.ref)

-- name: let-go
UPDATE delivery SET state = CASE WHEN decided_at = 0 THEN 'new' ELSE 'ready' END, due_at = :now, reason = '', detail = :detail, changed_at = :now,
    attempts = 0, first_attempt_at = 0
WHERE ref = :ref AND state = 'linked'

-- name: insert-review
INSERT INTO review (ref, earlier_ref, kind, score, why, why_id, evidence, asked_at, until, decision, decided_by, decided_at)
VALUES (:ref, :earlier_ref, :kind, :score, :why, :why_id, :evidence, :now, :until, :decision, :by, :decided_at)
ON CONFLICT (ref, earlier_ref) DO UPDATE SET decision = excluded.decision, decided_by = excluded.decided_by, decided_at = excluded.decided_at

-- name: open-review
SELECT earlier_ref, kind, score, why, why_id, evidence FROM review WHERE ref = :ref AND decision = ''

-- name: close-review
UPDATE review SET decision = :decision, decided_by = :by, decided_at = :now WHERE ref {in :refs} AND decision = ''

-- name: pick-overdue-reviews
SELECT ref FROM review WHERE decision = '' AND until <= :now ORDER BY until LIMIT :most {lock}

-- name: go-on
UPDATE delivery SET state = CASE WHEN decided_at = 0 THEN 'new' ELSE 'ready' END, due_at = :now, reason = '', detail = :detail, changed_at = :now
WHERE ref {in :refs} AND state = 'held' AND reason = 'review'

-- name: insert-recurrences
INSERT INTO recurrence (ref, earlier_ref, score, why, why_id, evidence, noted_at)
SELECT r.ref, r.earlier_ref, CAST(r.score AS double precision), r.why, r.why_id, r.evidence, :now
FROM {rows ref text, earlier_ref text, score text, why text, why_id text, evidence text} WHERE true ON CONFLICT (ref) DO NOTHING

-- name: earlier-tickets
-- A follow-up has no ticket: that of whom it adds to is of another matter, and may be of another's.
SELECT r.ref, coalesce(nullif(t.tracking_id, ''), t.national_id) AS tracking_id
FROM recurrence r LEFT JOIN link l ON l.ref = r.earlier_ref AND l.kind <> 'follow_up' JOIN ticket t ON t.ref = coalesce(l.primary_ref, r.earlier_ref)
JOIN complaint e ON e.ref = r.earlier_ref JOIN complaint p ON p.ref = t.ref
WHERE r.ref {in :refs} AND e.secret = 0 AND p.secret = 0

-- name: list-reviews
SELECT v.ref, v.earlier_ref, v.kind, v.score, v.why, v.why_id, v.evidence, v.asked_at, v.until, v.decision, v.decided_by, v.decided_at
FROM review v JOIN delivery d ON d.ref = v.ref AND d.state = 'held' AND d.reason = 'review'
WHERE v.decision = '' ORDER BY v.until, v.ref LIMIT :most

-- name: list-links
SELECT ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at FROM link
ORDER BY ref DESC LIMIT :most

-- name: reviews-of
SELECT ref, earlier_ref, kind, score, why, why_id, evidence, asked_at, until, decision, decided_by, decided_at FROM review
WHERE ref = :ref ORDER BY asked_at, earlier_ref

-- name: unlinked-of
SELECT ref, primary_ref, matched_ref, kind, score, why, why_id, evidence, linked_by, linked_at, undone_at, undone_by, undone_why
FROM unlinked WHERE ref = :ref ORDER BY undone_at, primary_ref

-- name: recurrence-of
SELECT ref, earlier_ref, score, why, why_id, evidence, noted_at FROM recurrence WHERE ref = :ref

-- name: labels
SELECT ref, earlier_ref, decision, decided_at FROM review
WHERE decision IN ('same', 'different') AND decided_at >= :since ORDER BY decided_at, ref LIMIT :most

-- name: count-reviews
SELECT count(*) FROM review v JOIN delivery d ON d.ref = v.ref AND d.state = 'held' AND d.reason = 'review' WHERE v.decision = ''

-- name: unasked
SELECT count(*) FROM delivery d WHERE d.state = 'held' AND d.reason = 'review'
AND NOT EXISTS (SELECT 1 FROM review v WHERE v.ref = d.ref AND v.decision = '')

-- name: chained
SELECT count(*) FROM link l JOIN link p ON p.ref = l.primary_ref

-- name: insert-model
INSERT INTO model (number, model, note, fitted_at, in_use, used_at)
SELECT coalesce(max(number), 0) + 1, CAST(:model AS text), CAST(:note AS text), CAST(:now AS bigint), 0, 0 FROM model
RETURNING number

-- name: list-models
SELECT number, model, note, fitted_at, in_use, used_at, replaced FROM model ORDER BY number

-- name: stop-models
UPDATE model SET in_use = 0 WHERE in_use = 1 RETURNING number

-- name: use-model
UPDATE model SET in_use = 1, used_at = :now, replaced = CASE WHEN used_at = 0 THEN :was ELSE replaced END WHERE number = :number
