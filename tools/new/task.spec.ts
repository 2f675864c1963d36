import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, resolveConfig } from 'prettier';
import { transform } from '@swc/core';
import { writeTask } from './task.ts';

const TASKS = `import type { TaskDefinition } from './task.ts';

export const TASKS: readonly TaskDefinition[] = [];
`;
const LIST = `import type { HandledTask } from '#eventing/task/context';
import { firstTask } from './form/first.task.ts';

export const formsTasks = (): readonly HandledTask[] => [firstTask()];
`;

describe('npm run new:task', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'formbus-new-'));
    await mkdir(join(root, 'contracts'));
    await mkdir(join(root, 'services/forms'), { recursive: true });
    await copyFile('.prettierrc.json', join(root, '.prettierrc.json'));
    await writeFile(join(root, 'contracts/tasks.ts'), TASKS);
    await writeFile(join(root, 'services/forms/forms.tasks.ts'), LIST);
  });
  afterEach(() => rm(root, { recursive: true }));

  const read = (path: string) => readFile(join(root, path), 'utf8');
  const task = {
    service: 'forms',
    noun: 'form',
    kind: 'count-answers',
    tier: 'batch',
    tracked: true,
  } as const;

  it('writes a contract, a handler and a spec that are well formed, and lists them', async () => {
    const paths = await writeTask(root, task);
    expect(paths).toEqual([
      'contracts/form/count-answers.task.ts',
      'services/forms/form/count-answers.task.ts',
      'services/forms/form/count-answers.task.spec.ts',
      'contracts/tasks.ts',
      'services/forms/forms.tasks.ts',
    ]);
    for (const path of paths) {
      const text = await read(path);
      expect(await check(text, { ...(await resolveConfig('package.json')), filepath: path })).toBe(true);
      await transform(text, { jsc: { parser: { syntax: 'typescript' } } });
    }
    expect(await read('contracts/tasks.ts')).toContain('= [countAnswersTask];');
    const list = await read('services/forms/forms.tasks.ts');
    expect(list).toContain('[firstTask(), handle(countAnswersTask, countAnswers)];');
    expect(list).toContain("import { handle } from '#eventing/task/context';");
    expect(await read('contracts/form/count-answers.task.ts')).toContain("kind: 'count-answers'");
  });

  it('adds to what is listed already', async () => {
    await writeTask(root, task);
    await writeTask(root, { ...task, kind: 'second', tracked: false });
    expect(await read('contracts/tasks.ts')).toContain('= [countAnswersTask, secondTask];');
    expect((await read('services/forms/forms.tasks.ts')).match(/import \{ handle \}/g)).toHaveLength(1);
  });

  it('overwrites nothing, and needs a service', async () => {
    await writeTask(root, task);
    await expect(writeTask(root, task)).rejects.toThrow('is there already');
    await expect(writeTask(root, { ...task, service: 'nobody' })).rejects.toThrow(
      'services with tasks are forms',
    );
  });

  it('knows the list of every service that does tasks', async () => {
    for (const service of ['forms', 'notifier']) {
      const list = `services/${service}/${service}.tasks.ts`;
      await mkdir(join(root, 'services', service), { recursive: true });
      await copyFile(list, join(root, list));
      await writeTask(root, { ...task, kind: `try-${service}`, service });
      expect(await read(list)).toMatch(/\n {2}handle\(try\w+Task, try\w+\),\n\];\n$/);
    }
  });
});
