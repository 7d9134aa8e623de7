-- name: pick-late
SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND due_at <> accepted_at AND reason {in :reasons} LIMIT :most {lock}

-- name: hurry
UPDATE delivery SET due_at = accepted_at WHERE ref {in :refs}
