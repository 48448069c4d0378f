-- The secrets that this server made for clients that authenticate by one: two of a client at the most. Times are Unix
-- seconds, UTC.
CREATE TABLE client_secret (
  -- Never given twice: `client secret remove` must not hit another one.
  id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  client_id  TEXT    NOT NULL REFERENCES client (client_id) ON DELETE CASCADE,
  -- base64url of the SHA-256 of its text. It has 256 random bits, so no salt and no slow hash is of use.
  sha256     TEXT    NOT NULL CHECK (length(sha256) = 43),
  created_at INTEGER NOT NULL,
  -- NULL: it does not end.
  expires_at INTEGER CHECK (expires_at > created_at)
) STRICT;

CREATE INDEX client_secret_by_client ON client_secret (client_id, id);

-- Finds what ends soon.
CREATE INDEX client_secret_by_end ON client_secret (expires_at);
