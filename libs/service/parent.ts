import cluster from 'node:cluster';
import { fstatSync } from 'node:fs';

/**
 * Calls back when the process that started this one is gone, so that no service outlives its launcher. Asked for by
 * FORMBUS_PARENT_WATCH=1; the parent must have given it an IPC channel, or a pipe as standard input that it keeps
 * open. Under Docker or systemd nothing is watched: they look after their processes themselves.
 */
export function onParentGone(callback: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env.FORMBUS_PARENT_WATCH !== '1') return;
  if (process.connected) {
    process.once('disconnect', callback);
  } else if (stdinIsPipe()) {
    process.stdin.once('close', callback);
    process.stdin.resume();
  }
}

/**
 * A cluster's worker whose primary died: Node would exit at once (its own `disconnect` handler runs after this
 * event), with requests in hand; marking the worker as leaving on purpose gives it the time to answer them.
 */
export function onPrimaryGone(callback: () => void): void {
  const { worker } = cluster;
  worker?.once('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    callback();
  });
}

function stdinIsPipe(): boolean {
  const stdin = fstatSync(0);
  return stdin.isFIFO() || stdin.isSocket();
}
