/** One runner: `unit` (no I/O), `integration` (real nats-server and MongoDB engine), `e2e` (the whole system, from dist/). */
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.formbus/'],
};

export default {
  // Tests start processes or wait for them, for as long as a busy machine needs. Jest takes this for all projects alone.
  testTimeout: 120_000,
  coverageProvider: 'v8',
  collectCoverageFrom: [
    '{contracts,libs,services,tools}/**/*.ts',
    '!**/*.spec.ts',
    '!**/*.d.ts',
    '!**/main.ts',
    '!**/*.bench.ts',
  ],
  coverageReporters: ['text-summary', 'lcovonly'],
  coverageThreshold: { global: { lines: 80 } },
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{contracts,libs,services,tools,e2e}/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.spec\\.ts$', '\\.e2e\\.spec\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/{contracts,libs,services,tools,e2e}/**/*.int.spec.ts'],
      globalSetup: '<rootDir>/tools/testing/global-setup.mjs',
      globalTeardown: '<rootDir>/tools/testing/global-teardown.mjs',
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/{e2e,tools}/**/*.e2e.spec.ts'],
    },
  ],
};
