import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { TIERS, type Tier } from '#contracts/task';
import { parseCommandLine } from '../start/command-line.ts';
import { UserError, UsageError } from '../start/user-error.ts';
import { camelCase, taskFiles, withEntry, type Import, type NewTask } from './task-files.ts';

const USAGE = `npm run new:task -- --service NAME --noun NOUN --kind KIND [--tier TIER] [--tracked]

  --service   whose workers do it: forms, ...
  --noun      the folder in contracts/ and in the service: submission, ...
  --kind      its name, in lower case with dashes: export-answers
  --tier      ${TIERS.join(', ')}: default unless given
  --tracked   callers can follow it: GET /v1/tasks/{id}

Writes the contract, the handler and its spec, and lists them. The spec fails
until the handler does something.`;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** @throws UsageError */
function parse(args: readonly string[]): NewTask | undefined {
  const { values } = parseCommandLine({
    args: [...args],
    options: {
      service: { type: 'string' },
      noun: { type: 'string' },
      kind: { type: 'string' },
      tier: { type: 'string', default: 'default' },
      tracked: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const named = (option: 'service' | 'noun' | 'kind'): string => {
    const value = values[option];
    if (value === undefined || !NAME.test(value))
      throw new UsageError(
        value === undefined
          ? `--${option} is missing\n\n${USAGE}`
          : `--${option} must be lower-case words with dashes between them`,
      );
    return value;
  };
  if (!TIERS.includes(values.tier as Tier)) throw new UsageError(`--tier must be one of ${TIERS.join(', ')}`);
  return {
    service: named('service'),
    noun: named('noun'),
    kind: named('kind'),
    tier: values.tier as Tier,
    tracked: values.tracked,
  };
}

/** Those that keep a list of the tasks that they do. */
const servicesOf = (root: string): string[] =>
  globSync('services/*/*.tasks.ts', { cwd: root }).map((path) => basename(path, '.tasks.ts'));

/**
 * Writes a new kind of task into the repository at `root`, and gives the paths of what was written or changed.
 *
 * @throws UserError when the service or its list is not there, or a file of that name is
 */
export async function writeTask(root: string, task: NewTask): Promise<string[]> {
  const { service, noun, kind } = task;
  const list = `services/${service}/${service}.tasks.ts`;
  if (!existsSync(join(root, list)))
    throw new UserError(`${list} is not there; services with tasks are ${servicesOf(root).join(', ')}`);
  const files = taskFiles(task);
  for (const path of files.keys())
    if (existsSync(join(root, path))) throw new UserError(`${path} is there already`);
  const name = camelCase(kind);
  const changed = new Map(files);
  const add = async (path: string, imports: readonly Import[], entry: string): Promise<void> => {
    changed.set(path, withEntry(await readFile(join(root, path), 'utf8'), imports, entry));
  };
  const contract = { name: `${name}Task`, from: `./${noun}/${kind}.task.ts` };
  await add('contracts/tasks.ts', [contract], contract.name);
  const imports = [
    { ...contract, from: `#contracts/${noun}/${kind}.task` },
    { name: 'handle', from: '#eventing/task/context' },
    { name, from: `./${noun}/${kind}.task.ts` },
  ];
  await add(list, imports, `handle(${name}Task, ${name})`);
  for (const [path, text] of changed) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    const config = await resolveConfig(file);
    await writeFile(file, await format(text, { ...config, filepath: file }));
  }
  return [...changed.keys()];
}

async function main(): Promise<void> {
  const task = parse(process.argv.slice(2));
  if (task === undefined) return console.log(USAGE);
  const paths = await writeTask(process.cwd(), task);
  const spec = paths.find((path) => path.endsWith('.spec.ts'));
  console.log(`Written or changed:\n${paths.map((path) => `  ${path}`).join('\n')}

Next: say in the contract what the task is about, and make its spec pass:
  npm run test:unit -- ${spec}`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
