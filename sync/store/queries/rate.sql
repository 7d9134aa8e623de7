-- name: insert-rate
INSERT INTO rate (platform, next_at, held_until, less, moved_at) VALUES (:platform, 0, 0, 0, 0) ON CONFLICT (platform) DO NOTHING

-- name: lock-rate
SELECT next_at, held_until, less, moved_at, {clock} AS clock FROM rate WHERE platform = :platform {lock-wait}

-- name: write-rate
UPDATE rate SET next_at = :next_at, held_until = :held_until, less = :less, moved_at = :moved_at WHERE platform = :platform
