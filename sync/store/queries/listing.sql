-- What a channel may show of its complaints. Secret ones are left out, and so is what a person said later about one.

-- name: pick-listed
SELECT c.ref FROM complaint c
LEFT JOIN ticket t ON t.ref = coalesce((SELECT o.ref FROM ticket o WHERE o.ref = c.ref), (SELECT l.primary_ref FROM link l WHERE l.ref = c.ref AND l.quiet = 0))
WHERE c.source = :source AND c.secret = 0 AND c.source_id NOT LIKE :later AND c.received_at >= :from AND c.received_at <= :to
AND (c.received_at, c.ref) < (:before_at, :before_ref)
AND (:any_category = 1 OR c.category {in :categories})
AND (:any_standing = 1 OR coalesce(t.status, 'received') {in :standing})
AND CASE WHEN coalesce(t.changed_at, 0) > c.received_at THEN t.changed_at ELSE c.received_at END >= :updated_from
AND CASE WHEN coalesce(t.changed_at, 0) > c.received_at THEN t.changed_at ELSE c.received_at END <= :updated_to
ORDER BY c.received_at DESC, c.ref DESC LIMIT :most OFFSET :skip

-- name: read-listed
-- Source and secrecy are put so that no index on them is taken: the references lead to the rows.
SELECT c.ref, c.category, c.title, c.text, c.anonymous, c.reporter, c.place, c.received_at,
       coalesce(t.status, 'received') AS status, coalesce(t.held_by, '') AS agency, coalesce(t.changed_at, 0) AS changed_at,
       coalesce((SELECT e.note FROM event e WHERE e.ref = t.ref AND e.applied = 1 AND e.note <> '' ORDER BY e.seq DESC LIMIT 1), '') AS note,
       coalesce(p.secret, 0) AS about_secret, coalesce(p.ref, '') AS about, coalesce(p.reporter, '') AS about_reporter
FROM complaint c
LEFT JOIN ticket t ON t.ref = coalesce((SELECT o.ref FROM ticket o WHERE o.ref = c.ref), (SELECT l.primary_ref FROM link l WHERE l.ref = c.ref AND l.quiet = 0))
LEFT JOIN complaint p ON p.ref = t.ref
WHERE c.ref {in :refs} AND c.source || '' = :source AND c.secret + 0 = 0 AND c.source_id NOT LIKE :later
ORDER BY c.received_at DESC, c.ref DESC

-- name: list-updates
SELECT w.ref, w.event_ref AS about, w.seq, w.since, c.reporter, p.secret AS about_secret, p.reporter AS about_reporter,
       coalesce(e.status, 'forwarded') AS status, coalesce(e.note, '') AS note, coalesce(e.agency, '') AS agency,
       coalesce((SELECT b.status FROM event b WHERE b.ref = w.event_ref AND b.seq <= w.seq AND b.applied = 1 AND b.status <> ''
                 ORDER BY b.seq DESC LIMIT 1), 'forwarded') AS then_status
FROM writeback w JOIN complaint c ON c.ref = w.ref JOIN complaint p ON p.ref = w.event_ref
LEFT JOIN event e ON e.ref = w.event_ref AND e.seq = w.seq
WHERE w.source = :source AND w.since >= :from AND w.since <= :to AND c.secret = 0 AND c.source_id NOT LIKE :later
ORDER BY w.since, w.ref, w.told LIMIT :most OFFSET :skip
