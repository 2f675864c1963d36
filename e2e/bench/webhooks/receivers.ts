import { Webhook as Verifier } from 'standardwebhooks';
import type { FormbusClient } from '../../client/client.ts';
import { startChild, type Child } from '../child.ts';
import type { Closing } from '../closing.ts';
import type { ReceiversOrder, ReceiversReport } from './receivers.process.ts';

/** Webhooks of the form, each with a receiver; the last one answers as it is told to. */
export class Receivers {
  readonly hooks: readonly { readonly id: string; readonly secret: string }[];
  readonly #child: Child;

  private constructor(child: Child, hooks: Receivers['hooks']) {
    this.#child = child;
    this.hooks = hooks;
  }

  static async start(
    steps: Closing,
    client: FormbusClient,
    { form, type, count }: { form: string; type: string; count: number },
  ): Promise<Receivers> {
    const child = steps.later(await startChild(import.meta.dirname, 'receivers.process'), (open) =>
      open.stop(),
    );
    const ports = await child.ask<number[]>({ do: 'listen', count } satisfies ReceiversOrder);
    const hooks: { id: string; secret: string }[] = [];
    for (const port of ports) {
      const body = { url: `http://127.0.0.1:${port}/hook`, form, types: [type] };
      const created = await client.call<{ id: string }>({ method: 'POST', path: '/v1/webhooks', body });
      const { id } = created.body;
      const keys = await client.call<{ secret: string }>({
        method: 'GET',
        path: `/v1/webhooks/${id}/secret`,
      });
      hooks.push({ id, secret: keys.body.secret });
    }
    return new Receivers(child, hooks);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get healthy(): number {
    return this.hooks.length - 1;
  }

  /** How soon the last one answers from now on; latencies and connections count from now on, too. */
  async begin(slowMs: number | 'never'): Promise<void> {
    await this.#child.ask({ do: 'slow', ms: slowMs } satisfies ReceiversOrder);
    await this.#child.ask({ do: 'begin' } satisfies ReceiversOrder);
  }

  /** Different deliveries that the healthy ones have got in all. */
  count(): Promise<number> {
    return this.#child.ask({ do: 'count' } satisfies ReceiversOrder);
  }

  report(): Promise<ReceiversReport> {
    return this.#child.ask({ do: 'report' } satisfies ReceiversOrder);
  }

  /** Verifies what was kept, with the library of the standard; gives how many. @throws when a signature is wrong */
  async verifySamples(): Promise<number> {
    const { samples } = await this.report();
    for (const { receiver, headers, body } of samples) {
      new Verifier(this.hooks[receiver]?.secret ?? '').verify(body, headers);
    }
    return samples.length;
  }
}
