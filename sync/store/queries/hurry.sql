-- name: hurry
WITH late AS MATERIALIZED (
    SELECT ref FROM delivery WHERE state IN ('ready', 'unknown') AND due_at <> accepted_at AND reason IN (:reasons)
    LIMIT :most {lock}
)
UPDATE delivery SET due_at = accepted_at WHERE ref IN (SELECT ref FROM late) AND state IN ('ready', 'unknown') RETURNING ref
