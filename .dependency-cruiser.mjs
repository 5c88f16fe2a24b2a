const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
/** Type-only imports may cross: they leave no trace at run time. */
const value = { dependencyTypesNot: ['type-only'] }

export default {
  forbidden: [
    rule('no-cycles', 'A cycle has no direction.', {}, { circular: true, viaOnly: value }),
    rule(
      'domain-is-pure',
      'Words and pure functions: nothing of ours, no packages.',
      { path: '^domain/' },
      { pathNot: '^domain/' },
    ),
    rule(
      'workflows-run-on-domain-alone',
      'Workflow code is replayed: it may not reach the world.',
      { path: '^workflows/' },
      { pathNot: '^(workflows|domain)/|@temporalio/(workflow|common)/', ...value },
    ),
    rule(
      'policies-store-and-connectors-know-only-domain',
      '',
      { path: '^(policies|store|connectors)/' },
      { path: '^(application|workflows|activities|server|config|embedded|directory|bin)/' },
    ),
    rule(
      'scim-knows-domain-and-filters',
      'SCIM 2.0 as pure functions: schemas, PATCH, projection, tolerance.',
      { path: '^scim/' },
      { path: '^(?!scim/|domain/|policies/filter/|node_modules/)[^/]+/' },
    ),
    rule(
      'policies-know-neither-store-nor-connectors',
      '',
      { path: '^policies/' },
      { path: '^(store|connectors)/' },
    ),
    rule(
      'store-knows-neither-policies-nor-connectors',
      '',
      { path: '^store/' },
      { path: '^(policies|connectors)/' },
    ),
    rule(
      'connectors-know-neither-policies-nor-store',
      '',
      { path: '^connectors/' },
      { path: '^(policies|store)/' },
    ),
    rule(
      'connectors-are-strangers',
      'A connector never imports another.',
      { path: '^connectors/([^/]+)/' },
      { path: '^connectors/[^/]+/', pathNot: '^connectors/$1/' },
    ),
    rule(
      'connectors-open-by-their-index',
      '',
      { path: '^(?!test/|bench/)', pathNot: '^connectors/[^/]+/' },
      { path: '^connectors/[^/]+/', pathNot: '^connectors/[^/]+/index\\.ts$' },
    ),
    rule(
      'application-takes-its-world-as-an-argument',
      'Use cases know domain and policies; of store and connectors only the types.',
      { path: '^application/' },
      { path: '^(connectors|activities|workflows|server|config|embedded|directory|bin)/', ...value },
    ),
    rule('application-knows-the-store-by-type', '', { path: '^application/' }, { path: '^store/', ...value }),
    rule(
      'activities-take-their-world-as-an-argument',
      '',
      { path: '^activities/' },
      { path: '^(connectors/[^/]+|store|server|config|embedded|directory|bin)/', ...value },
    ),
    rule(
      'server-speaks-messages-only',
      '',
      { path: '^server/' },
      {
        path: '^(workflows|activities|connectors|config|embedded|directory|bin)/',
        pathNot: '^workflows/messages\\.ts$',
        ...value,
      },
    ),
    rule('only-bin-wires', '', { pathNot: '^(bin|config|test|bench)/' }, { path: '^(bin|config)/' }),
    rule(
      'embedded-and-directory-stand-alone',
      '',
      { path: '^(embedded|directory)/' },
      { path: '^(?!embedded|directory|domain|node_modules)[^/]+/', dependencyTypesNot: ['core'] },
    ),
    rule('nothing-imports-tests', '', { pathNot: '^(test|bench)/' }, { path: '^(test|bench)/' }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
  },
}
