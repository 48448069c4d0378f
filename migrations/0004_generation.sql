-- The configuration that the registry was last made equal to. No row: no server has run on this registry. Times are Unix
-- seconds, UTC.
CREATE TABLE generation (
  one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  -- Counts the configurations that took effect, also across restarts.
  number INTEGER NOT NULL CHECK (number > 0),
  since  INTEGER NOT NULL
) STRICT;
