-- Rows {from} to {to} of complaints that are decided and wait for their turn, which is far off. {now} is in unix milliseconds.

INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
    incident_at, reported_at, received_at, attachments, raw_type, raw)
SELECT 'SP-0' || lpad(i::text, 14, '0'), 'portal', 'LAMA-' || i::text, md5('a' || i) || md5('b' || i), 'Lampu jalan mati di Sedanau',
    'Lampu jalan nomor ' || i::text || ' di Sedanau mati sejak seminggu, warga takut lewat pada malam hari. ' ||
    'Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. ', 'ordinary', 0, 0,
    '{"name":"Warga Contoh ' || i::text || '","phone":"+6282' || i::text || '","email":"lama' || i::text || '@contoh.example"}',
    '{"region":"21.03.07","address":"Jalan Contoh ' || i::text || ', Sedanau"}', 'Infrastruktur',
    0, {now} - 3600000, {now} - 3600000, 'null', '', ''
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at,
    sent_at, reason, detail, changed_at)
SELECT 'SP-0' || lpad(i::text, 14, '0'), 'ready', 1, {now} - 3600000, {now} + 315360000000, '', 0, 0, 0, 0, 0, '', '', {now} - 3600000
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO ticket (ref, agency, category, location, rule, why, decided_at, national_id, tracking_id, forwarded_at,
    status, status_raw, held_by, last_seq, changed_at, sync_at, synced_at)
SELECT 'SP-0' || lpad(i::text, 14, '0'), '21030', '15', '', -1, 'no rule matches', {now} - 3600000, '', '', 0, 'received', '', '', 0, {now} - 3600000, 0, 0
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO dedup_key (key, ref, occurred_at)
SELECT 'phone+words:' || md5('k' || i), 'SP-0' || lpad(i::text, 14, '0'), {now} - 3600000
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);
