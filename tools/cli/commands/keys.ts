import { Argument, Option } from 'commander';
import { SCOPES } from '#contracts/access/scopes';
import { UsageError } from '../../start/user-error.ts';
import { command, type NounSpec } from '../command.ts';
import { NotFound } from '../exit-code.ts';
import type { Column } from '../table.ts';
import { list, whenLater } from '../values.ts';
import { time } from '../words.ts';

/** A key as the API shows it. */
interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

const stateOf = ({ expiresAt, revokedAt }: ApiKey): string => {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'valid';
  return Date.parse(expiresAt) <= Date.now() ? 'expired' : `until ${time(expiresAt)}`;
};

const COLUMNS: readonly Column<ApiKey>[] = [
  { title: 'Key', text: ({ id }) => id },
  { title: 'Name', text: ({ name }) => name, cuts: true },
  { title: 'State', text: stateOf },
  { title: 'Created', text: ({ createdAt }) => time(createdAt) },
  { title: 'By', text: ({ createdBy }) => createdBy },
  { title: 'Scopes', text: ({ scopes }) => scopesText(scopes), cuts: true },
];

const scopesText = (scopes: readonly string[]): string =>
  scopes.length === SCOPES.length ? 'all' : scopes.join(' ');

const FIELDS = '`id`, `name`, `scopes`, `createdAt`, `createdBy`, `expiresAt`, `revokedAt`';

const listCommand = command({
  name: 'list',
  summary: "List the workspace's API keys, the newest first",
  talksTo: ['gateway'],
  scope: 'keys:read',
  json: `NDJSON, one key a line: ${FIELDS}`,
  examples: [['formbus keys list', 'all of them, revoked ones too']],
  async run({ gateway, print }) {
    const { items } = await gateway.get<{ items: readonly ApiKey[] }>('/v1/keys');
    print.list(items, COLUMNS, 'there are no keys');
  },
});

interface CreateInput {
  readonly name: string;
  readonly scope: readonly string[];
  readonly expires?: string;
}

const createCommand = command<CreateInput>({
  name: 'create',
  summary: 'Create an API key',
  details: 'The new key is printed once, and never again. It can have no scope that the key in use has not.',
  arguments: [new Argument('<name>', 'what it is for')],
  options: [
    new Option('--scope <scope>', `what it may do, several with commas: ${SCOPES.join(', ')}, or all`)
      .argParser(list)
      .makeOptionMandatory(),
    new Option('--expires <when>', 'a time, or how long from now: 2030-01-31T12:00:00Z, 90d').argParser(
      whenLater,
    ),
  ],
  talksTo: ['gateway'],
  scope: 'keys:write',
  json: `one key: ${FIELDS}, and \`key\`, the key itself`,
  examples: [
    ['formbus keys create website --scope submissions:write', 'a key that can submit and do nothing else'],
    [
      'formbus keys create ci --scope forms:read,forms:write --expires 90d --json | jq -r .key',
      'for a script',
    ],
  ],
  async run({ gateway, print }, { name, scope, expires }) {
    const scopes = scope.includes('all') ? SCOPES : scope;
    const unknown = scopes.filter((one) => !SCOPES.some((known) => known === one));
    if (unknown.length > 0) {
      throw new UsageError(`there is no scope ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
    }
    const body = { name, scopes, expiresAt: expires ?? null };
    const made = await gateway.post<ApiKey & { readonly key: string }>('/v1/keys', body);
    print.record(made, {
      Key: made.key,
      Id: made.id,
      Name: made.name,
      Scopes: scopesText(made.scopes),
      State: stateOf(made),
    });
    print.note('Keep the key now: it is not shown again.');
  },
});

interface RevokeInput {
  readonly keys: readonly string[];
  readonly yes?: true;
}

const revokeCommand = command<RevokeInput>({
  name: 'revoke',
  summary: 'Revoke API keys, for ever',
  arguments: [new Argument('<keys...>', 'their ids')],
  options: [new Option('--yes', 'do not ask before more than one is revoked')],
  talksTo: ['gateway'],
  scope: 'keys:write',
  json: 'NDJSON, one key a line: `id`, `revoked`',
  examples: [['formbus keys revoke 4fTq81xz', 'from now on it opens nothing']],
  async run(session, { keys, yes }) {
    const { gateway, print } = session;
    const wrong = keys.find((key) => !/^[A-Za-z0-9]{8}$/.test(key));
    if (wrong !== undefined) throw new NotFound(`"${wrong}" is no id of a key: formbus keys list shows them`);
    if (keys.length > 1 && !(await session.confirmed(`Revoke ${keys.length} keys?`, yes))) return;
    for (const key of keys) {
      const revoked = await gateway.change<{ readonly id: string }>('DELETE', `/v1/keys/${key}`);
      print.list([revoked], [{ title: 'Revoked', text: ({ id }) => id }], '');
    }
  },
});

export const keys: NounSpec = {
  name: 'keys',
  summary: 'API keys of the workspace',
  commands: [listCommand, createCommand, revokeCommand],
};
