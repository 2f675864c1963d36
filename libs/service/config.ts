import { readFileSync } from 'node:fs';
import type { z } from 'zod';

/** Some settings are missing or wrong; the message lists all of them, one a line, and holds no value of any. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} problem(s):\n${problems.map((line) => `  ${line}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

/**
 * Reads a service's settings from its environment. The schema's properties are the names of variables; each `NAME`
 * can also be given as `NAME_FILE`, the path of a file that holds it (a Docker secret, a Vault agent's file), whose
 * trailing line ends are dropped. An empty variable counts as absent, as Compose writes `${NAME:-}`. Variables that
 * the schema does not name are left alone.
 *
 * @throws ConfigError with every problem at once; values never appear in it
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>> = process.env,
): z.output<Schema> {
  const problems: string[] = [];
  const unread = new Set<string>();
  const found: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name] === '' ? undefined : env[name];
    const file = env[`${name}_FILE`] === '' ? undefined : env[`${name}_FILE`];
    if (value !== undefined && file !== undefined) {
      problems.push(`${name} and ${name}_FILE are both set; keep one`);
      unread.add(name);
    } else if (file !== undefined) {
      try {
        found[name] = readFileSync(file, 'utf8').replace(/[\r\n]+$/, '');
      } catch (error) {
        problems.push(`${name}_FILE: ${file} can't be read (${reasonOf(error)})`);
        unread.add(name);
      }
    } else if (value !== undefined) {
      found[name] = value;
    }
  }
  const result = schema.safeParse(found);
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '');
    if (unread.has(name)) continue; // already said why there is no value
    problems.push(
      found[name] === undefined
        ? `${name} is not set`
        : `${name}: ${withoutValue(issue.message, found[name])}`,
    );
  }
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** A schema's own message might quote what it got, which may be a secret. */
const withoutValue = (message: string, value: string): string =>
  value === '' ? message : message.replaceAll(value, '[hidden]');
