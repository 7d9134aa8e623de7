-- Rows {from} to {to} of complaints that are decided and wait for their turn, which is 20 hours
-- off. {now} is in unix milliseconds, {ref} how the references of then begin.

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
    incident_at, reported_at, received_at, attachments, raw_type, raw)
SELECT '{ref}' || printf('%07d', i), 'portal', 'LAMA-' || CAST(i AS TEXT), lower(hex(randomblob(32))), 'Lampu jalan mati di Sedanau',
    'Lampu jalan nomor ' || CAST(i AS TEXT) || ' di Sedanau mati sejak seminggu, warga takut lewat pada malam hari. ' ||
    replace(hex(zeroblob(5)), '00', 'Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. '), 'ordinary', 0, 0,
    '{"name":"Warga Contoh ' || CAST(i AS TEXT) || '","phone":"+6282' || CAST(i AS TEXT) || '","email":"lama' || CAST(i AS TEXT) || '@contoh.example"}',
    '{"region":"21.03.07","address":"Jalan Contoh ' || CAST(i AS TEXT) || ', Sedanau"}', 'Infrastruktur',
    0, {now} - 3600000, {now} - 3600000, 'null', '', ''
FROM n;

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at,
    step, sent_at, reason, detail, changed_at, decided_at, agency, category, location, hand_over, rule, why)
SELECT '{ref}' || printf('%07d', i), 'ready', 1, {now} - 3600000, {now} + 72000000, '', 0, 0, 0, 0, '', 0, '', '', {now} - 3600000,
    {now} - 3600000, '21030', '15', '', '', -1, 'no rule matches'
FROM n;

WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to})
INSERT INTO print (ref, at, print)
SELECT '{ref}' || printf('%07d', i), {now} - 3600000, 'P2' || char(10) || 'wlampu jalan sedanau mati seminggu warga takut malam ' || CAST(i AS TEXT)
FROM n;
