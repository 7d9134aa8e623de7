-- Rows {from} to {to} of complaints delivered and closed 200 days ago, each
-- with what is left of its way; the index of duplicates has forgotten them. {now} is in unix milliseconds.

INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
    incident_at, reported_at, received_at, attachments, raw_type, raw)
SELECT 'SP-0' || lpad(i::text, 14, '0'), 'portal', 'LAMA-' || i::text, md5('a' || i) || md5('b' || i), 'Lampu jalan mati di Sedanau',
    'Lampu jalan nomor ' || i::text || ' di Sedanau mati sejak seminggu, warga takut lewat pada malam hari. ' ||
    repeat('Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. ', 5), 'ordinary', 0, 0,
    '{"name":"Warga Contoh ' || i::text || '","phone":"+6282' || i::text || '","email":"lama' || i::text || '@contoh.example"}',
    '{"region":"21.03.07","address":"Jalan Contoh ' || i::text || ', Sedanau"}', 'Infrastruktur',
    0, {now} - 17280000000, {now} - 17280000000, 'null', '', ''
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at,
    status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at, hand_over, attempts)
SELECT 'SP-0' || lpad(i::text, 14, '0'),
    '21030', '15', '', -1, 'no rule matches', {now} - 17280000000, 'LAMA-' || i::text, '', {now} - 17280000000, 'done', 'Selesai', '', 1, {now} - 17280000000, 0, {now} - 17280000000, '', 1
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO attempt (ref, fence, started_at, ended_at, reason, detail)
SELECT 'SP-0' || lpad(i::text, 14, '0'), 1, {now} - 17280000000, {now} - 17280000000, 'ok', ''
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO event (ref, key, seq, at, seen_at, status, raw, agency, note, applied)
SELECT 'SP-0' || lpad(i::text, 14, '0'), 'status done', 1, {now} - 17280000000, {now} - 17280000000, 'done', 'Selesai', '', '', 1
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);
