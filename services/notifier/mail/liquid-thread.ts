import { parentPort } from 'node:worker_threads';
import { LiquidText } from './liquid.ts';
import { TemplateFaults } from './template-fault.ts';
import type { TemplatePart, Typeset, TypesetRequest } from './typesetter.ts';

/** The thread that parses and renders templates, one request at a time. It is ended from outside when it takes too long. */
parentPort?.on('message', ({ parts, variables, names }: TypesetRequest) => {
  parentPort?.postMessage(parts.map((part) => typeset(part, variables, names)));
});
parentPort?.postMessage('ready');

function typeset({ source, html }: TemplatePart, variables: readonly object[], names: boolean): Typeset {
  try {
    const template = new LiquidText(source, { html });
    const unknown = names ? template.unknownVariables(variables[0] ?? {}) : [];
    if (unknown.length > 0) return { faults: unknown };
    return { made: variables.map((one) => template.render(one)) };
  } catch (error) {
    if (error instanceof TemplateFaults) return { faults: error.faults };
    throw error;
  }
}
