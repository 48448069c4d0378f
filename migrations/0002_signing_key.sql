-- The keys that sign tokens. The file's mode protects the private halves.
CREATE TABLE signing_key (
  -- RFC 7638 thumbprint.
  kid        TEXT    NOT NULL PRIMARY KEY,
  -- JWS algorithm name (RFC 7518 section 3.1, RFC 8037).
  algorithm  TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('next', 'active', 'retired')),
  created_at INTEGER NOT NULL,
  -- Private key as DER PKCS#8, unencrypted.
  pkcs8      BLOB    NOT NULL
) STRICT;

-- Two programs that start at once on one folder must not both make the key that signs.
CREATE UNIQUE INDEX signing_key_one_active ON signing_key (algorithm) WHERE state = 'active';
