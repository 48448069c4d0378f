-- The certificate with which each client last authenticated, so that its end is known before it comes. Times are Unix
-- seconds, UTC.
CREATE TABLE seen_certificate (
  client_id  TEXT    NOT NULL PRIMARY KEY,
  -- RFC 8705 section 3.1: base64url of the SHA-256 of its DER.
  x5t_s256   TEXT    NOT NULL,
  -- Hexadecimal.
  serial     TEXT    NOT NULL,
  -- RFC 4514, for people.
  issuer     TEXT    NOT NULL,
  not_after  INTEGER NOT NULL,
  -- Of this certificate: the client's one before it is forgotten.
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL
) STRICT;

-- Finds what ends soon.
CREATE INDEX seen_certificate_by_end ON seen_certificate (not_after);
