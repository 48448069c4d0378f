-- The registry of clients. Times are Unix seconds, UTC.
CREATE TABLE client (
  client_id       TEXT    NOT NULL PRIMARY KEY,
  -- Who declared it: 'yaml' for the configuration's clients.
  source          TEXT    NOT NULL,
  -- Where, for people: 'clients.d/a.yaml:3'.
  place           TEXT    NOT NULL,
  -- JSON with the member names of RFC 7591 and RFC 8705.
  metadata        TEXT    NOT NULL,
  -- SHA-256 of metadata: tells a changed client from an unchanged one, and a damaged one.
  metadata_sha256 BLOB    NOT NULL CHECK (length(metadata_sha256) = 32),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL
) STRICT;

-- Finds the declared clients that the configuration no longer holds.
CREATE INDEX client_by_source ON client (source, client_id);
