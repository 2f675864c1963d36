import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import vm from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { transformSync } from '@swc/core';
import { compileForm } from './compile.ts';
import { CASES, NOW } from './validate.cases.ts';
import { validateAnswers } from './validate.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const packages = (name: string, entry: string) => join(ROOT, 'node_modules', name, entry);
/** Sets these copies of the modules apart from those that coverage is measured of. */
const SCHEME = 'browser:';
/** What the logic may use from outside the repository. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  zod: packages('zod', 'index.js'),
  re2js: packages('re2js', 'build/index.js'),
  '@marcbachmann/cel-js': packages('@marcbachmann/cel-js', 'lib/index.js'),
};

function locate(specifier: string, from: string): string {
  if (specifier.startsWith('.')) return resolve(dirname(from), specifier);
  const [, root, path] = /^#(contracts|logic)\/(.+)$/.exec(specifier) ?? [];
  if (path !== undefined) return join(ROOT, root === 'logic' ? 'libs/logic' : 'contracts', `${path}.ts`);
  const file = DEPENDENCIES[specifier];
  if (file === undefined) throw new Error(`${from} imports ${specifier}, which no browser has`);
  return file;
}

/** Runs a module and all that it imports where there is nothing but the language and what browsers add to it. */
async function runAsInBrowser(source: string): Promise<Record<string, unknown>> {
  const context = vm.createContext(
    { TextEncoder, TextDecoder },
    { codeGeneration: { strings: false, wasm: false } },
  );
  const modules = new Map<string, vm.SourceTextModule>();
  const load = (path: string, text: string): vm.SourceTextModule => {
    const code = path.endsWith('.ts')
      ? transformSync(text, { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, isModule: true })
          .code
      : text;
    const module = new vm.SourceTextModule(code, { context, identifier: SCHEME + path });
    modules.set(path, module);
    return module;
  };
  const entry = load(join(ROOT, 'libs/logic/in-browser.ts'), source);
  await entry.link((specifier, from) => {
    const path = locate(specifier, from.identifier.slice(SCHEME.length));
    return modules.get(path) ?? load(path, readFileSync(path, 'utf8'));
  });
  await entry.evaluate();
  return entry.namespace as Record<string, unknown>;
}

describe('the logic in a browser', () => {
  it('compiles and validates as it does on Node, without anything of Node', async () => {
    const { results } = await runAsInBrowser(`
      import { compileForm } from './compile.ts';
      import { validateAnswers } from './validate.ts';
      import { CASES, NOW } from './validate.cases.ts';
      export const results = JSON.stringify(CASES.map(({ fields, answers }) => {
        const compilation = compileForm({ title: 'Test', pages: [{ fields }] });
        return compilation.ok ? validateAnswers(compilation.form, answers, { now: new Date(NOW) }) : compilation;
      }));
    `);
    const expected = CASES.map(({ fields, answers }) => {
      const compilation = compileForm({ title: 'Test', pages: [{ fields }] });
      return compilation.ok
        ? validateAnswers(compilation.form, answers, { now: new Date(NOW) })
        : compilation;
    });
    expect(JSON.parse(String(results))).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  it('is refused there when it imports something of Node', async () => {
    await expect(runAsInBrowser("import 'node:fs';")).rejects.toThrow('node:fs, which no browser has');
  });

  it('is refused there when it uses something of Node', async () => {
    await expect(runAsInBrowser('Buffer.from("x");')).rejects.toThrow('Buffer is not defined');
  });
});
