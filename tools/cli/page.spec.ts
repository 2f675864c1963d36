import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../start/services.ts';
import { commandLinePage } from './page.ts';

describe('docs/cli.md', () => {
  it('says what the commands are (npm run contracts:generate writes it)', () => {
    expect(readFileSync(join(packageRoot(), 'docs', 'cli.md'), 'utf8')).toBe(commandLinePage());
  });
});
