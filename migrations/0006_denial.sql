-- Tokens that are out of service before they expire. Rows go when nothing that they could match is alive. Times are Unix
-- seconds, UTC.
CREATE TABLE denial (
  -- Never given twice: `deny remove` must not hit another one.
  id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  kind          TEXT    NOT NULL CHECK (kind IN ('jti', 'thumbprint', 'client', 'issued_before')),
  -- A jti, an x5t#S256 or a client_id. Empty where all tokens are meant.
  subject       TEXT    NOT NULL CHECK ((subject = '') = (kind = 'issued_before')),
  -- Only tokens with an earlier iat. NULL: all of them.
  issued_before INTEGER CHECK (issued_before IS NOT NULL OR kind <> 'issued_before'),
  -- For people.
  reason        TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  until         INTEGER NOT NULL
) STRICT;

-- Finds what can be forgotten.
CREATE INDEX denial_by_end ON denial (until);
