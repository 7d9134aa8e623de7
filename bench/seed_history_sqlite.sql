-- Rows {from} to {to} of complaints delivered and closed 200 days ago, each
-- with what is left of its way; the index of duplicates has forgotten them. {now} is in unix milliseconds.

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
    incident_at, reported_at, received_at, attachments, raw_type, raw)
SELECT 'SP-0' || printf('%014d', i), 'portal', 'LAMA-' || CAST(i AS TEXT), lower(hex(randomblob(32))), 'Lampu jalan mati di Sedanau',
    'Lampu jalan nomor ' || CAST(i AS TEXT) || ' di Sedanau mati sejak seminggu, warga takut lewat pada malam hari. ' ||
    replace(hex(zeroblob(5)), '00', 'Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. '), 'ordinary', 0, 0,
    '{"name":"Warga Contoh ' || CAST(i AS TEXT) || '","phone":"+6282' || CAST(i AS TEXT) || '","email":"lama' || CAST(i AS TEXT) || '@contoh.example"}',
    '{"region":"21.03.07","address":"Jalan Contoh ' || CAST(i AS TEXT) || ', Sedanau"}', 'Infrastruktur',
    0, {now} - 17280000000, {now} - 17280000000, 'null', '', ''
FROM n;

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at,
    status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at, hand_over, attempts)
SELECT 'SP-0' || printf('%014d', i),
    '21030', '15', '', -1, 'no rule matches', {now} - 17280000000, 'LAMA-' || CAST(i AS TEXT), '', {now} - 17280000000, 'done', 'Selesai', '', 1, {now} - 17280000000, 0, {now} - 17280000000, '', 1
FROM n;

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
SELECT 'SP-0' || printf('%014d', i), 1, {now} - 17280000000, {now} - 17280000000, 'ok', ''
FROM n;

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO event (ref, key, seq, at, seen_at, status, raw, agency, note, applied)
SELECT 'SP-0' || printf('%014d', i), 'status done', 1, {now} - 17280000000, {now} - 17280000000, 'done', 'Selesai', '', '', 1
FROM n;
