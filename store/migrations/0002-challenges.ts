import type { Migration } from './migration.ts'

/** Challenges, deliveries, limits and tokens. Foreign keys stand here: volume is small (docs/decisions/0001). */
export const challenges: Migration = {
  name: '0002-challenges',
  up: `
create table tokens (
  id uuid primary key,
  name text not null,
  scopes text[] not null,
  -- SHA-256 of the token, which has 256 bits of its own: nothing slower is needed.
  hash bytea not null unique,
  created_at timestamptz not null,
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

-- Failures in a row, whatever became of the challenges they were made in (architecture rule 12).
alter table enrollments add column failures integer not null default 0;
create table identity_failures (
  identity_id uuid primary key,
  failures integer not null,
  locked_until timestamptz
) with (fillfactor = 80);

create table challenges (
  id uuid primary key,
  client text not null,
  identity_id uuid not null,
  purpose text not null check (purpose in ('authentication', 'enrollment')),
  factor text not null,
  -- Null while the person has not chosen.
  enrollment_id uuid references enrollments on delete set null,
  status text not null check (status in ('selecting', 'pending', 'passed', 'failed', 'expired', 'cancelled', 'superseded')),
  -- Erased when the challenge ends: without it no code can be derived again.
  nonce bytea,
  key_id text,
  generation integer not null default 1,
  digits smallint not null,
  attempts integer not null default 0,
  tries integer not null,
  sends integer not null default 0,
  max_sends integer not null,
  resend_at timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  choices jsonb,
  transaction_hash bytea,
  context jsonb not null,
  actor jsonb,
  locale text,
  check (status = 'pending' or nonce is null)
) with (fillfactor = 70);
-- One live challenge for each identity, purpose, factor and enrollment: a new one supersedes the older.
create unique index challenges_live on challenges
  (identity_id, purpose, factor, coalesce(enrollment_id, '00000000-0000-0000-0000-000000000000'::uuid))
  where status in ('selecting', 'pending');
create index challenges_expiry on challenges (expires_at) where status in ('selecting', 'pending');

create table deliveries (
  id uuid primary key,
  kind text not null check (kind in ('code', 'notice', 'test')),
  challenge_id uuid references challenges on delete cascade,
  identity_id uuid not null,
  enrollment_id uuid,
  channel text not null check (channel in ('email', 'sms')),
  -- Where a message goes that no enrollment holds any more (a notice to the old address); else the enrollment's.
  address text,
  -- What is said beside the code: names a template and its parameters. Never a code.
  template text not null,
  parameters jsonb not null,
  locale text,
  status text not null check (status in ('queued', 'sent', 'delivered', 'failed', 'abandoned')),
  attempts integer not null default 0,
  -- Who holds the lease sends; nobody else before it ends.
  leased_until timestamptz,
  lease uuid,
  next_at timestamptz not null,
  deadline timestamptz not null,
  connector text,
  provider_id text,
  error_code text,
  created_at timestamptz not null,
  ended_at timestamptz
) with (fillfactor = 70);
create index deliveries_queued on deliveries (next_at) where status = 'queued';
create index deliveries_identity on deliveries (identity_id, id);
create index deliveries_provider on deliveries (connector, provider_id) where provider_id is not null;

create table delivery_attempts (
  delivery_id uuid not null references deliveries on delete cascade,
  number integer not null,
  connector text not null,
  at timestamptz not null,
  ended_at timestamptz,
  outcome text check (outcome in ('sent', 'retry', 'failed')),
  error_code text,
  provider_id text,
  primary key (delivery_id, number)
);

-- Generic cell rate: the theoretical arrival time of the next event of a key (a keyed hash where it is an address).
create table send_limits (
  key text primary key,
  arrival timestamptz not null
) with (fillfactor = 70);

-- Messages sent and codes typed, by prefix and minute, proven addresses apart: what the conversion breaker weighs.
create table conversions (
  prefix text not null,
  proven boolean not null,
  minute timestamptz not null,
  sent integer not null default 0,
  typed integer not null default 0,
  primary key (prefix, proven, minute)
) with (fillfactor = 70);
-- A row is an open breaker. After probe_at one message is let through; a code typed after it closes the breaker.
create table breakers (
  prefix text not null,
  proven boolean not null,
  opened_at timestamptz not null,
  mode text not null check (mode in ('record', 'enforce')),
  probe_at timestamptz not null,
  probed_at timestamptz,
  primary key (prefix, proven)
);
-- A busy day's count is kept in several rows, so that senders do not queue for one.
create table message_budget (
  day date not null,
  channel text not null check (channel in ('email', 'sms')),
  proven boolean not null,
  slot smallint not null,
  sent integer not null,
  primary key (day, channel, proven, slot)
) with (fillfactor = 70);

create table idempotency_keys (
  client text not null,
  key text not null,
  -- Of the request's body: the same key with another body is a fault of the caller.
  request_hash bytea not null,
  challenge_id uuid not null,
  created_at timestamptz not null,
  primary key (client, key)
);
`,
}
