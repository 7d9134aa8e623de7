-- name: pick-late
SELECT ref FROM delivery WHERE ref > :after AND reason <> '' AND state IN ('ready', 'unknown') AND due_at <> accepted_at AND reason {in :reasons}
AND (due_at > :now OR accepted_at <= :now) ORDER BY ref LIMIT :most {lock}

-- name: hurry
UPDATE delivery SET due_at = CASE WHEN accepted_at > :now THEN :now ELSE accepted_at END WHERE ref {in :refs}
