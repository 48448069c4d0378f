-- The keys that sign and seal tokens, with their lives. The file's mode protects the secret halves, and encryption where
-- signing.key_encryption_key is configured. Times are Unix seconds, UTC; 0 where there is none. Spans are seconds.
CREATE TABLE token_key (
  -- RFC 7638 thumbprint; of a sealing key random.
  kid            TEXT    NOT NULL PRIMARY KEY,
  -- JWS algorithm name (RFC 7518 section 3.1, RFC 8037), or A256GCM of a key that seals.
  algorithm      TEXT    NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('next', 'active', 'retired')),
  created_at     INTEGER NOT NULL,
  -- Of a next key when it may be used, 0 until it was published.
  used_from      INTEGER NOT NULL,
  retired_at     INTEGER NOT NULL,
  remove_at      INTEGER NOT NULL,
  -- The longest token and the longest cached key set of the key's time.
  token_lifetime INTEGER NOT NULL,
  cache_lifetime INTEGER NOT NULL,
  -- DER SubjectPublicKeyInfo; empty where it follows from the secret, and of a sealing key.
  public_key     BLOB    NOT NULL,
  -- DER PKCS#8, or a sealing key's octets; empty of a signing key that is retired.
  secret         BLOB    NOT NULL,
  -- Whether the secret is encrypted: nonce, AES-256-GCM ciphertext, tag.
  is_encrypted   INTEGER NOT NULL CHECK (is_encrypted IN (0, 1))
) STRICT;

-- What the older keys signed with is not known: the longest that was permitted, and what every key set said.
INSERT INTO token_key
  SELECT kid, algorithm, state, created_at, created_at, 0, 0, 86400, 300, x'', pkcs8, 0 FROM signing_key;
DROP TABLE signing_key;

-- Two programs that start at once on one folder must not both make the key that is used.
CREATE UNIQUE INDEX token_key_one_active ON token_key (algorithm) WHERE state = 'active';
