/**
 * Who may import what. Each rule says why; tools/architecture/boundaries.spec.ts breaks each of them once and sees
 * it reported.
 */

/** Specs and what only they use; they may reach for the machinery that production code must not. */
const SPECS = '\\.(spec|bench|cases)\\.ts$|/(testing|fixtures)/';
const NATS = 'node_modules/@nats-io/';
const MONGO = 'node_modules/(mongoose|mongodb)/';
/** Clients, frameworks and telemetry: nothing that a decision or a fold should know. */
const INFRASTRUCTURE =
  'node_modules/(@nats-io|@nestjs|@opentelemetry|@fastify|fastify|mongoose|mongodb|pino|prom-client|undici|rxjs)/';
const PURE = '\\.(decider|projection)\\.ts$';

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'no-circular',
    comment: 'Files that need each other are one idea, or hide a third one.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'services-apart',
    comment: 'A service reacts to events of another or asks it over RPC; contracts/ is all they share.',
    severity: 'error',
    from: { path: '^services/([^/]+)/' },
    to: { path: '^services/', pathNot: '^services/$1/' },
  },
  {
    name: 'libs-below-services',
    comment: 'Services are built on libs, never the other way round.',
    severity: 'error',
    from: { path: '^libs/' },
    to: { path: '^services/' },
  },
  {
    name: 'contracts-are-data',
    comment: 'What crosses a boundary is Zod schemas: they need nothing else of this repository, nor Node.',
    severity: 'error',
    from: { path: '^contracts/', pathNot: SPECS },
    to: { pathNot: '^contracts/|node_modules/zod/' },
  },
  {
    name: 'logic-is-portable',
    comment:
      'The form rules run in a browser too: contracts and portable packages, no Node API, no other library.',
    severity: 'error',
    from: { path: '^libs/logic/', pathNot: SPECS },
    to: {
      pathNot: '^(libs/logic|contracts)/|node_modules/(zod|ajv|ajv-formats|re2js|@marcbachmann/cel-js)/',
    },
  },
  {
    name: 'pure-without-infrastructure',
    comment:
      'Deciders and projections are functions of what they are given; not even a type of a client library.',
    severity: 'error',
    from: { path: PURE },
    to: { path: INFRASTRUCTURE },
  },
  {
    name: 'pure-without-node',
    comment: 'No clock, file, network or randomness in a decider or a projection.',
    severity: 'error',
    from: { path: PURE },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'pure-by-types-alone',
    comment:
      'Deciders and projections implement the interfaces of these libraries, and call nothing of them.',
    severity: 'error',
    from: { path: PURE },
    to: { path: '^libs/(eventing|readmodel|service|cgroup)/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'queries-are-given-their-read-model',
    comment: 'A query asks the read model that it is handed; how that is connected is not its business.',
    severity: 'error',
    from: { path: '\\.query\\.ts$' },
    to: {
      path: '^libs/(eventing|readmodel|service)/',
      pathNot: '^libs/readmodel/(keyset|time-left)\\.ts$',
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'one-place-knows-nats',
    comment: 'Everybody else goes through libs/eventing, where the rules that keep data safe are.',
    severity: 'error',
    from: {
      path: '^(contracts|libs|services|tools)/',
      pathNot: `^libs/eventing/|^libs/service/rpc|${SPECS}`,
    },
    to: { path: NATS },
  },
  {
    name: 'one-place-knows-mongo',
    comment: 'Read models are reached through libs/readmodel; only it holds a connection.',
    severity: 'error',
    from: { path: '^(contracts|libs|services|tools)/', pathNot: `^libs/readmodel/|${SPECS}` },
    to: { path: MONGO },
  },
  {
    name: 'eventing-is-the-bottom',
    comment: 'The log knows nothing of what is folded from it, nor of how a service is run.',
    severity: 'error',
    from: { path: '^libs/eventing/', pathNot: SPECS },
    to: { path: '^libs/', pathNot: '^libs/(eventing|security)/' },
  },
  {
    name: 'small-libs-stand-alone',
    comment: 'libs/cgroup and libs/security are of use to anyone, and need nobody but contracts.',
    severity: 'error',
    from: { path: '^libs/(cgroup|security)/', pathNot: SPECS },
    to: { path: '^(libs|services)/', pathNot: '^libs/$1/' },
  },
  {
    name: 'product-without-tools',
    comment:
      'tools/ and e2e/ are about the product, not part of it; specs may use tools/testing and components.',
    severity: 'error',
    from: { path: '^(contracts|libs|services)/', pathNot: SPECS },
    to: { path: '^(tools|e2e)/' },
  },
  {
    name: 'specs-use-testing-tools-only',
    comment: 'What specs share lies in tools/testing.',
    severity: 'error',
    from: { path: `^(contracts|libs|services)/.*(${SPECS})` },
    to: { path: '^(tools|e2e)/', pathNot: '^tools/testing/' },
  },
  {
    name: 'no-dist',
    comment: 'An import of built output escapes every other rule, and the types.',
    severity: 'error',
    from: {},
    to: { path: '^dist/' },
  },
  {
    name: 'no-unresolvable',
    comment: 'An import that resolves to nothing escapes every other rule.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared-packages-only',
    comment: 'A package that comes along with another one can go away with it.',
    severity: 'error',
    from: { path: '^(contracts|libs|services|tools|e2e)/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'production-packages-only',
    comment: 'Images hold no development dependencies.',
    severity: 'error',
    from: { path: '^(contracts|libs|services)/', pathNot: SPECS },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      // Without `source`, `#...` resolves into dist/, and a forbidden import goes unseen.
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.node', '.d.ts'],
    },
  },
};
