import cluster, { type Worker } from 'node:cluster';
import { register } from 'prom-client';
import type { Health, HealthReport } from './readiness.ts';

/** What a cluster's primary asks its workers, and what they answer. */
export interface Answers {
  readonly readiness: HealthReport;
  readonly liveness: HealthReport;
  /** prom-client's JSON, as `AggregatorRegistry.aggregate` takes it. */
  readonly metrics: object[];
}

interface Question {
  readonly formbus: 'question';
  readonly id: number;
  readonly what: keyof Answers;
}

interface Answer {
  readonly formbus: 'answer';
  readonly id: number;
  readonly value: unknown;
}

const isQuestion = (message: unknown): message is Question =>
  (message as Partial<Question> | null)?.formbus === 'question';
const isAnswer = (message: unknown): message is Answer =>
  (message as Partial<Answer> | null)?.formbus === 'answer';

/** In a worker: answers the primary's questions for as long as the channel is there. */
export function answerPrimary({ readiness, liveness }: { readiness: Health; liveness: Health }): void {
  const sources: { readonly [What in keyof Answers]: () => Promise<Answers[What]> } = {
    readiness: () => readiness.report(),
    liveness: () => liveness.report(),
    metrics: () => register.getMetricsAsJSON(),
  };
  process.on('message', (message) => {
    if (!isQuestion(message)) return;
    sources[message.what]().then(
      (value) => {
        const answer: Answer = { formbus: 'answer', id: message.id, value };
        // A primary that has just died needs no answer; the channel's end is noticed elsewhere.
        if (process.connected) process.send?.(answer, undefined, {}, () => undefined);
      },
      () => undefined, // a collector that throws: the primary takes the missing answer for one
    );
  });
}

interface Ready {
  readonly formbus: 'ready';
}

export const isReady = (message: unknown): message is Ready =>
  (message as Partial<Ready> | null)?.formbus === 'ready';

/** In a worker: tells the primary that it serves requests; nothing where there is no primary. */
export function tellReady(): void {
  const ready: Ready = { formbus: 'ready' };
  if (cluster.isWorker && process.connected) process.send?.(ready, undefined, {}, () => undefined);
}

let questions = 0;

/** In the primary: one worker's answer, or undefined when it gives none within `timeoutMs` or is gone. */
export function askWorker<What extends keyof Answers>(
  worker: Worker,
  what: What,
  timeoutMs: number,
): Promise<Answers[What] | undefined> {
  if (!worker.isConnected()) return Promise.resolve(undefined);
  const id = questions++;
  return new Promise((resolve) => {
    const end = (value: Answers[What] | undefined): void => {
      clearTimeout(timer);
      worker.off('message', receive);
      worker.off('disconnect', gone);
      resolve(value);
    };
    const receive = (message: unknown): void => {
      if (isAnswer(message) && message.id === id) end(message.value as Answers[What]);
    };
    const gone = (): void => {
      end(undefined);
    };
    const timer = setTimeout(gone, timeoutMs);
    worker.on('message', receive);
    worker.on('disconnect', gone);
    const question: Question = { formbus: 'question', id, what };
    worker.send(question, (error) => {
      if (error !== null) end(undefined);
    });
  });
}
