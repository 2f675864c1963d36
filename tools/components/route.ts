/** One way to obtain a component. `attempt` gives it, or throws an error whose message is the reason why not. */
export interface Route<T> {
  readonly name: string;
  attempt(context: ResolveContext): Promise<T>;
}

export interface ResolveContext {
  readonly env: NodeJS.ProcessEnv;
  /** Told, in words for a person, of work that takes longer than an instant. */
  readonly progress: (text: string) => void;
}

/** A route that is not meant for this machine or was not asked for. Its reason is listed like any other. */
export class NotApplicable extends Error {}

/** No route led to the component; the message lists each with its reason, and what to do. */
export class ComponentUnavailable extends Error {
  readonly component: string;
  readonly reasons: readonly { readonly route: string; readonly reason: string }[];

  constructor(component: string, reasons: ComponentUnavailable['reasons'], advice: string) {
    super(
      [
        `${component} is needed and could not be obtained:`,
        ...reasons.map(({ route, reason }) => `  - ${route}: ${reason}`),
        advice,
      ].join('\n'),
    );
    this.name = 'ComponentUnavailable';
    this.component = component;
    this.reasons = reasons;
  }
}

/** The first route that works, in order. Throws `ComponentUnavailable` when none does. */
export async function resolveByRoutes<T>(
  component: string,
  routes: readonly Route<T>[],
  context: ResolveContext,
  advice: string,
): Promise<T> {
  const reasons: { route: string; reason: string }[] = [];
  for (const route of routes) {
    try {
      return await route.attempt(context);
    } catch (error) {
      reasons.push({ route: route.name, reason: reasonOf(error) });
    }
  }
  throw new ComponentUnavailable(component, reasons, advice);
}

/** Fetch says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return (message === 'fetch failed' ? cause?.message : undefined) ?? message ?? String(error);
}

/** The context of this process. */
export function ambientContext(progress: (text: string) => void = () => undefined): ResolveContext {
  return { env: process.env, progress };
}
