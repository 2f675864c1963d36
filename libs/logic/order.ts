import type { CompiledRule, FormNode } from './form.ts';

interface Part {
  readonly name: string;
  readonly path: string;
  /** Index of the container around it. */
  readonly around: number | undefined;
  readonly visible: CompiledRule | undefined;
}

export interface Cycle {
  /** Of the rule that closes the circle. */
  readonly path: string;
  /** The names on the way round, the first of them twice. */
  readonly names: readonly string[];
  readonly rule: string | undefined;
}

/**
 * Orders containers and fields so that each comes after its container and after the fields that its `visible` rule
 * reads, as near to the order of the definition as that allows. Only `visible` rules count: no other rule changes an
 * answer that rules can read.
 */
export function evaluationOrder(
  containers: readonly Part[],
  fields: readonly Part[],
): { readonly order: readonly FormNode[]; readonly cycles: readonly Cycle[] } {
  const parts = [...containers, ...fields];
  const offset = containers.length;
  const order: FormNode[] = [];
  const cycles: Cycle[] = [];
  const state = new Map<number, 'open' | 'done'>();
  const way: number[] = [];

  const visit = (id: number): void => {
    const part = parts[id];
    if (!part || state.get(id) === 'done') return;
    if (state.get(id) === 'open') {
      cycles.push(cycleOf([...way.slice(way.indexOf(id)), id], parts));
      return;
    }
    state.set(id, 'open');
    way.push(id);
    if (part.around !== undefined) visit(part.around);
    for (const field of part.visible?.reads ?? []) visit(offset + field);
    way.pop();
    state.set(id, 'done');
    order.push(id < offset ? { container: id } : { field: id - offset });
  };
  parts.forEach((_part, id) => visit(id));
  return { order, cycles };
}

/** Reported where a rule leads on, not where a field merely lies in a container. */
function cycleOf(ids: readonly number[], parts: readonly Part[]): Cycle {
  const ruled = ids.map((id) => parts[id]).find((part) => part?.visible);
  const names = ids.map((id) => parts[id]?.name ?? '');
  return { path: `${ruled?.path ?? ''}/visible`, names, rule: ruled?.visible?.text };
}
