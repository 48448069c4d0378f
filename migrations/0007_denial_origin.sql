-- Denials without an end, who asked for each, and one row for what names the same.
CREATE TABLE denial_next (
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind          TEXT    NOT NULL CHECK (kind IN ('jti', 'thumbprint', 'client', 'issued_before')),
  subject       TEXT    NOT NULL CHECK ((subject = '') = (kind = 'issued_before')),
  issued_before INTEGER CHECK (issued_before IS NOT NULL OR kind <> 'issued_before'),
  reason        TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  -- NULL: until it is removed.
  until         INTEGER,
  origin        TEXT    NOT NULL CHECK (origin IN ('operator', 'client', 'server')),
  -- The client_id of the client that revoked a token of its own; else empty.
  revoked_by    TEXT    NOT NULL CHECK ((revoked_by = '') = (origin <> 'client'))
) STRICT;

-- Who asked stood in the reason alone. Of rows that say the same the one that ends last is kept.
WITH named AS (
  SELECT *, CASE WHEN kind = 'jti' AND reason LIKE 'revoked by client _%' THEN 'client'
                 WHEN kind = 'thumbprint' AND reason LIKE 'found revoked when it came as client %' THEN 'server'
                 ELSE 'operator' END AS origin
  FROM denial)
INSERT INTO denial_next (id, kind, subject, issued_before, reason, created_at, until, origin, revoked_by)
SELECT id, kind, subject, issued_before, reason, created_at, until, origin,
       CASE WHEN origin = 'client' THEN substr(reason, 19) ELSE '' END
FROM (SELECT *, row_number() OVER (
                  PARTITION BY origin, kind, subject,
                    CASE WHEN issued_before IS NULL THEN -1 WHEN origin = 'server' THEN -2 ELSE issued_before END
                  ORDER BY until DESC, id DESC) AS place
      FROM named)
WHERE place = 1
ORDER BY id;

-- Ids go on where they were.
DELETE FROM sqlite_sequence WHERE name = 'denial_next';
INSERT INTO sqlite_sequence (name, seq) SELECT 'denial_next', seq FROM sqlite_sequence WHERE name = 'denial';

DROP TABLE denial;
ALTER TABLE denial_next RENAME TO denial;

CREATE INDEX denial_by_end ON denial (until);

-- What one row says for each origin: a token; all tokens of a certificate or client; its older tokens by time, but those of a
-- certificate that was found revoked once, with the latest time.
CREATE UNIQUE INDEX denial_of_subject ON denial (
  origin, kind, subject,
  (CASE WHEN issued_before IS NULL THEN -1 WHEN origin = 'server' THEN -2 ELSE issued_before END));
