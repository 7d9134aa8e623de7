-- Rows {from} to {to} of complaints that are decided and wait for their turn, which is 20 hours
-- off. {now} is in unix milliseconds, {ref} how the references of then begin.

INSERT INTO complaint (ref, source, source_id, hash, title, text, class, anonymous, secret, reporter, place, category,
    incident_at, reported_at, received_at, attachments, raw_type, raw)
SELECT '{ref}' || lpad(i::text, 7, '0'), 'portal', 'LAMA-' || i::text, md5('a' || i) || md5('b' || i), 'Lampu jalan mati di Sedanau',
    'Lampu jalan nomor ' || i::text || ' di Sedanau mati sejak seminggu, warga takut lewat pada malam hari. ' ||
    repeat('Mohon segera diperbaiki, anak-anak pulang mengaji lewat jalan ini. ', 5), 'ordinary', 0, 0,
    '{"name":"Warga Contoh ' || i::text || '","phone":"+6282' || i::text || '","email":"lama' || i::text || '@contoh.example"}',
    '{"region":"21.03.07","address":"Jalan Contoh ' || i::text || ', Sedanau"}', 'Infrastruktur',
    0, {now} - 3600000, {now} - 3600000, 'null', '', ''
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO delivery (ref, state, urgency, accepted_at, due_at, owner, lease_until, fence, attempts, first_attempt_at,
    step, sent_at, reason, detail, changed_at, decided_at, agency, category, location, hand_over, rule, why)
SELECT '{ref}' || lpad(i::text, 7, '0'), 'ready', 1, {now} - 3600000, {now} + 72000000, '', 0, 0, 0, 0, '', 0, '', '', {now} - 3600000,
    {now} - 3600000, '21030', '15', '', '', -1, 'no rule matches'
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);

INSERT INTO print (ref, at, print)
SELECT '{ref}' || lpad(i::text, 7, '0'), {now} - 3600000, 'P2' || chr(10) || 'wlampu jalan sedanau mati seminggu warga takut malam ' || i::text
FROM generate_series({from}::bigint, {to}::bigint) AS n(i);
