import { relative } from 'node:path';
import type { Colors } from 'picocolors/types.js';
import type { RunningSystem } from './system.ts';

/** What to do next, for somebody who sees Formbus for the first time. */
export function welcome(
  { url, data }: Pick<RunningSystem, 'url' | 'data'>,
  tookMs: number,
  colors: Colors,
  cwd = process.cwd(),
): string {
  const path = (file: string): string => {
    const near = relative(cwd, file);
    return near.startsWith('..') ? file : near;
  };
  return [
    '',
    `${colors.bold(colors.green('Formbus is ready'))} ${colors.dim(`in ${(tookMs / 1000).toFixed(1)} s`)}`,
    '',
    `  API docs   ${colors.cyan(`${url}/docs`)}`,
    `  API        ${colors.cyan(`${url}/v1`)}`,
    `  API key    in ${path(data.apiKeyFile)}`,
    `  Logs       in ${path(data.logs)}`,
    '',
    '  Try it:',
    `    curl -H "Authorization: Bearer $(cat ${path(data.apiKeyFile)})" ${url}/v1/forms`,
    '',
    `  Ctrl-C stops it. Everything is kept in ${path(data.root)}.`,
    '',
  ].join('\n');
}
