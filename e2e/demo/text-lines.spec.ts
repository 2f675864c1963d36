import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textLines, type TextLine } from './text-lines.ts';

async function linesOf(...chunks: Buffer[]): Promise<TextLine[]> {
  const lines: TextLine[] = [];
  for await (const line of textLines(Readable.from(chunks))) lines.push(line);
  return lines;
}

describe('the lines of a text', () => {
  it('are the same, wherever a chunk ends', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', '€', '🐢', '\n', '\r'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (characters, size) => {
        const bytes = Buffer.from(characters.join(''));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size),
        );
        const expected = characters.join('').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(...chunks)).toEqual(expected.map((line, n) => ({ number: n + 1, text: line })));
      }),
    );
  });

  it('end with an error that names the first one that is not UTF-8', async () => {
    const latin = Buffer.from('\ncafé\nthé', 'latin1');
    await expect(linesOf(Buffer.from('é\né'), latin)).rejects.toThrow('line 3 is not UTF-8');
    await expect(linesOf(Buffer.from('café', 'latin1'))).rejects.toThrow('line 1 is not UTF-8');
    await expect(linesOf(Buffer.from('1\n2\n'), Buffer.from('🐢').subarray(0, 3))).rejects.toThrow(
      'line 3 is',
    );
    await expect(linesOf(Buffer.from('ab', 'utf16le'), Buffer.of(0xff))).rejects.toThrow('line 1 is');
  });

  it('without an end are cut between two characters', async () => {
    const endless = Buffer.from('€'.repeat(1024 * 1024));
    const lines = await linesOf(endless.subarray(0, -1), endless.subarray(-1));
    expect(lines).toHaveLength(2);
    expect(lines.map(({ text }) => text).join('')).toBe(endless.toString());
  });
});
