import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from './files.ts';

describe('generated files', () => {
  it('are as the contracts would write them: if not, run `npm run contracts:generate`', async () => {
    for (const [path, content] of await generatedFiles()) {
      expect({ path, content: await readFile(path, 'utf8') }).toEqual({ path, content });
    }
  });
});
