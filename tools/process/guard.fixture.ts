/** Starts two processes under a guard, prints their numbers and waits to be killed. */
import { spawn } from 'node:child_process';
import { ProcessGuard } from './guard.ts';

const guard = new ProcessGuard(1);
const children = ['exec sleep 60', `trap '' TERM; while :; do sleep 1; done`].map((script) =>
  spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' }),
);
for (const { pid } of children) guard.watch(pid ?? 0);
process.stdout.write(`${children.map(({ pid }) => pid).join(' ')}\n`);
setInterval(() => undefined, 1000);
