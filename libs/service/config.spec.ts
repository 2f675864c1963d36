import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, loadConfig } from './config.ts';

const schema = z.object({
  NATS_URL: z.string(),
  PORT: z.coerce.number().int().default(8080),
  SECRET: z.string().min(8).optional(),
});

const scratch = mkdtempSync(join(tmpdir(), 'config-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};

function problemsOf(env: Record<string, string>, of: z.ZodObject = schema): readonly string[] {
  try {
    loadConfig(of, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  afterAll(() => {
    rmSync(scratch, { recursive: true });
  });

  it('is read by the names of the schema, with its defaults', () => {
    expect(loadConfig(schema, { NATS_URL: 'nats://a', OTHER: 'x' })).toEqual({
      NATS_URL: 'nats://a',
      PORT: 8080,
    });
  });

  it('takes a setting from the file that NAME_FILE names, without trailing line ends', () => {
    const env = { NATS_URL: 'nats://a', SECRET_FILE: file('secret', ' correct horse \r\n\n') };
    expect(loadConfig(schema, env).SECRET).toBe(' correct horse ');
  });

  it('treats an empty variable as absent', () => {
    expect(loadConfig(schema, { NATS_URL: 'nats://a', PORT: '', SECRET: '', SECRET_FILE: '' }).PORT).toBe(
      8080,
    );
  });

  it('refuses a name given both ways', () => {
    const env = { NATS_URL: 'a', SECRET: 'longenough', SECRET_FILE: file('both', 'longenough') };
    expect(problemsOf(env)).toEqual(['SECRET and SECRET_FILE are both set; keep one']);
  });

  it('says which file could not be read, and why', () => {
    const missing = join(scratch, 'missing');
    expect(problemsOf({ NATS_URL: 'a', SECRET_FILE: missing })).toEqual([
      `SECRET_FILE: ${missing} can't be read (ENOENT)`,
    ]);
  });

  it('says all problems at once', () => {
    expect(problemsOf({ PORT: 'eighty', SECRET: 'short' })).toEqual([
      'NATS_URL is not set',
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^SECRET: /),
    ]);
  });

  it('never shows a value, even where the schema quotes it', () => {
    const quoting = z.object({
      SECRET: z.string().refine(() => false, { error: (issue) => `bad: ${String(issue.input)}` }),
    });
    const [problem] = problemsOf({ SECRET: 'hunter2hunter2' }, quoting);
    expect(problem).toBe('SECRET: bad: [hidden]');
  });
});
