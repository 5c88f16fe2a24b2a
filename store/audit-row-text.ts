/**
 * What is hashed of an audit event: its columns in this order as `json_build_array` writes them, times in microseconds
 * since 1970. Names of columns are those of `audit_events`. It never changes: a new column makes a new version of the
 * chain.
 */
export const auditRowText = `json_build_array(number, id, cast(extract(epoch from at) * 1000000 as bigint), action,
  actor_kind, actor_id, identity_id, run_id, policy_set, effects, reason, detail)::text`
