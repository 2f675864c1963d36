import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'boundaries-'));

/** Files that are fine; they are what the forbidden imports lead to, too. */
const ALLOWED: Readonly<Record<string, string>> = {
  'contracts/errors.ts': "import { z } from 'zod';\nexport const Problem = z;",
  'libs/logic/rules.ts': "import { Problem } from '#contracts/errors';\nexport const rules = Problem;",
  'libs/eventing/bus.ts': "import { connect } from '@nats-io/transport-node';\nexport const bus = connect;",
  'libs/eventing/decider.ts': 'export interface Decider { decide(): void }\nexport const helper = 1;',
  'libs/readmodel/database.ts': "import mongoose from 'mongoose';\nexport const database = mongoose;",
  'libs/readmodel/read-model.ts': 'export interface ReadModel { find(): void }\nexport const make = 1;',
  'libs/service/run.ts': "import { bus } from '#eventing/bus';\nexport const run = bus;",
  'libs/service/rpc-server.ts':
    "import { connect } from '@nats-io/transport-node';\nexport const rpc = connect;",
  'libs/cgroup/quota.ts': "import { cpus } from 'node:os';\nexport const quota = cpus;",
  'libs/service/run.int.spec.ts': "import { nats } from '#tools/testing/nats';\nexport const spec = nats;",
  'services/forms/form.decider.ts':
    "import type { Decider } from '#eventing/decider';\nimport { rules } from '#logic/rules';\nexport const form: [Decider, unknown] = [rules, rules];",
  'services/forms/form.query.ts':
    "import type { ReadModel } from '#readmodel/read-model';\nexport const query = {} as ReadModel;",
  'services/gateway/main.ts': "import { run } from '#service/run';\nexport const main = run;",
  'tools/testing/nats.ts': "import { connect } from '@nats-io/transport-node';\nexport const nats = connect;",
  'tools/start/main.ts': "import { main } from '#services/gateway/main';\nexport const start = main;",
  'e2e/client.ts': 'export const client = 1;',
  'dist/libs/service/run.js': 'export const run = 1;',
};

/** Each rule broken once (some in the ways that count), by a file of its own. */
const FORBIDDEN: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['services-apart', 'services/forms/neighbour.ts', "import '#services/gateway/main';"],
  ['services-apart', 'services/forms/relative.ts', "import '../gateway/main.ts';"],
  ['libs-below-services', 'libs/service/upward.ts', "import '#services/gateway/main';"],
  ['contracts-are-data', 'contracts/clever.ts', "import '#logic/rules';"],
  ['contracts-are-data', 'contracts/stamped.ts', "import 'node:crypto';"],
  ['logic-is-portable', 'libs/logic/reading.ts', "import 'node:fs';"],
  ['logic-is-portable', 'libs/logic/serving.ts', "import '#service/run';"],
  ['logic-is-portable', 'libs/logic/chatty.ts', "import 'pino';"],
  ['pure-without-infrastructure', 'services/forms/nest.decider.ts', "import '@nestjs/common';"],
  [
    'pure-without-infrastructure',
    'services/forms/typed.projection.ts',
    "import type { Schema } from 'mongoose';\nexport type S = Schema;",
  ],
  ['pure-without-node', 'services/forms/file.projection.ts', "import 'node:fs';"],
  [
    'pure-by-types-alone',
    'services/forms/calling.decider.ts',
    "import { helper } from '#eventing/decider';\nexport const x = helper;",
  ],
  [
    'queries-are-given-their-read-model',
    'services/forms/making.query.ts',
    "import { make } from '#readmodel/read-model';\nexport const x = make;",
  ],
  ['one-place-knows-nats', 'services/gateway/own-nats.ts', "import '@nats-io/transport-node';"],
  ['one-place-knows-nats', 'libs/service/logger.ts', "import '@nats-io/transport-node';"],
  ['one-place-knows-mongo', 'services/forms/own-mongo.ts', "import 'mongoose';"],
  ['eventing-is-the-bottom', 'libs/eventing/folding.ts', "import '#readmodel/read-model';"],
  ['small-libs-stand-alone', 'libs/cgroup/logging.ts', "import '#service/run';"],
  ['product-without-tools', 'services/gateway/tooled.ts', "import '#tools/testing/nats';"],
  ['product-without-tools', 'libs/service/driven.ts', "import '../../e2e/client.ts';"],
  ['specs-use-testing-tools-only', 'libs/service/odd.spec.ts', "import '#tools/start/main';"],
  ['no-dist', 'services/gateway/built.ts', "import '../../dist/libs/service/run.js';"],
  ['no-unresolvable', 'services/gateway/lost.ts', "import '#service/nowhere';"],
  ['declared-packages-only', 'services/gateway/hidden.ts', "import 'undeclared';"],
  ['production-packages-only', 'services/gateway/fast-check.ts', "import 'fast-check';"],
  ['no-circular', 'libs/service/egg.ts', "import { hen } from './hen.ts';\nexport const egg = () => hen;"],
];

/** The other half of the circle, which is reported once, at its first file. */
const HEN = "import { egg } from './egg.ts';\nexport const hen = () => egg;";

const PACKAGES = [
  'zod',
  'pino',
  'mongoose',
  '@nestjs/common',
  '@nats-io/transport-node',
  'undeclared',
  'fast-check',
];

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), `${text}\n`);
}

interface Cruise {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  };
}

let cruise: Cruise;
const reported = (file: string): string[] =>
  cruise.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);

describe('the boundaries', () => {
  beforeAll(async () => {
    cpSync(join(repository, 'tsconfig.json'), join(scratch, 'tsconfig.json'));
    const manifest = readFileSync(join(repository, 'package.json'), 'utf8');
    const { imports, type } = JSON.parse(manifest) as Record<string, unknown>;
    const declared = PACKAGES.filter((name) => name !== 'undeclared' && name !== 'fast-check');
    const dependencies = Object.fromEntries(declared.map((name) => [name, '*']));
    plant(
      'package.json',
      JSON.stringify({ type, imports, dependencies, devDependencies: { 'fast-check': '*' } }),
    );
    for (const name of PACKAGES) {
      plant(
        `node_modules/${name}/package.json`,
        JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
      );
      plant(`node_modules/${name}/index.js`, 'module.exports = {};');
    }
    for (const [path, text] of Object.entries(ALLOWED)) plant(path, text);
    for (const [, path, text] of FORBIDDEN) plant(path, text);
    plant('libs/service/hen.ts', HEN);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
        '--config',
        join(repository, '.dependency-cruiser.mjs'),
        '--output-type',
        'json',
        ...['contracts', 'libs', 'services', 'tools', 'e2e'],
      ],
      { cwd: scratch, maxBuffer: 64 * 1024 * 1024 },
    );
    cruise = JSON.parse(stdout) as Cruise;
  });

  afterAll(() => {
    rmSync(scratch, { recursive: true });
  });

  it.each(FORBIDDEN)('of %s are seen to be broken in %s', (rule, file) => {
    expect(reported(file)).toContain(rule);
  });

  it.each(Object.keys(ALLOWED))('let %s pass', (file) => {
    expect(reported(file)).toEqual([]);
  });

  it('have a broken example for each rule', () => {
    const rules = cruise.summary.ruleSetUsed.forbidden.map(({ name }) => name);
    expect(new Set(FORBIDDEN.map(([rule]) => rule))).toEqual(new Set(rules));
  });
});
