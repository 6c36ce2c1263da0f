-- People and what they are trusted with. Times are microseconds since 1970 in UTC, days are YYYY-MM-DD in China Standard Time.
-- No secret stands here, only what is left of it after a hash.

CREATE TABLE account (
    id           TEXT PRIMARY KEY,          -- the pseudonym that stands in the ledger as `by`
    login        TEXT NOT NULL UNIQUE,      -- normalised
    person       TEXT NOT NULL,             -- a personal name: it stands here and nowhere else
    password     TEXT,                      -- a PHC string; null until a link was used
    created_at   INTEGER NOT NULL,
    locked_at    INTEGER,
    locked_why   TEXT,
    CHECK ((locked_at IS NULL) = (locked_why IS NULL))
) STRICT;

-- Who a provider outside says somebody is.
CREATE TABLE external_identity (
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    account      TEXT NOT NULL REFERENCES account (id),
    PRIMARY KEY (issuer, subject)
) STRICT;

CREATE TABLE role_grant (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    role         TEXT NOT NULL,
    unit         TEXT NOT NULL,
    starts_on    TEXT NOT NULL,
    ends_on      TEXT,                      -- the last day
    withdrawn_at INTEGER
) STRICT;
CREATE INDEX role_grant_of_account ON role_grant (account);

CREATE TABLE session (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    digest       BLOB NOT NULL UNIQUE,
    address      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_why    TEXT
) STRICT;
CREATE INDEX session_of_account ON session (account) WHERE ended_at IS NULL;

CREATE TABLE token (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    digest       BLOB NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    scopes       TEXT NOT NULL,             -- words, parted by blanks
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER,
    ended_at     INTEGER,
    ended_why    TEXT
) STRICT;
CREATE INDEX token_of_account ON token (account);

CREATE TABLE link (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    digest       BLOB NOT NULL UNIQUE,
    purpose      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_why    TEXT
) STRICT;
CREATE INDEX link_of_account ON link (account) WHERE ended_at IS NULL;

-- Attempts at login, by the hash of what was tried.
CREATE TABLE attempt (
    tried        BLOB PRIMARY KEY,
    failures     INTEGER NOT NULL,
    failed_at    INTEGER NOT NULL,
    paused_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_time ON attempt (failed_at);

-- Keys whose possession is being proved or was.
CREATE TABLE enrolment (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (id),
    unit         TEXT NOT NULL,             -- the unit, or the unit the member belongs to
    kind         TEXT NOT NULL,             -- unit or member
    key          TEXT NOT NULL,             -- the C2SP verifier key
    payload      TEXT NOT NULL,             -- what is to be signed
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    proved_at    INTEGER,
    signature    TEXT,
    CHECK ((proved_at IS NULL) = (signature IS NULL))
) STRICT;

-- What happened to accounts. Each row's digest covers the digest of the row before.
CREATE TABLE act (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    actor        TEXT NOT NULL,             -- an account's id; `@operator` at the machine; `@nobody` before a login
    act          TEXT NOT NULL,
    account      TEXT,
    detail       TEXT NOT NULL,
    address      TEXT NOT NULL,
    digest       BLOB NOT NULL
) STRICT;
CREATE INDEX act_of_account ON act (account);
CREATE TRIGGER act_stays BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'acts are never changed'); END;
CREATE TRIGGER act_is_kept BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'acts are never removed'); END;
