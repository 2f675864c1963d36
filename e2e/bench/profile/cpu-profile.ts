/** A CPU profile as V8 writes it, as far as it is read here. */
export interface CpuProfile {
  /** Microseconds of the monotonic clock, the one of `process.hrtime`. */
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  /** Ids of nodes, one a sample. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
  readonly children?: readonly number[];
}

/** A stretch of time, in microseconds of the monotonic clock. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Share {
  readonly name: string;
  /** Of the busy time, in per cent: in this alone, and in this with all that it calls. */
  readonly self: number;
  readonly total: number;
}

export interface ProfileSummary {
  readonly busySeconds: number;
  readonly functions: readonly Share[];
  /** By package, folder of ours, or part of Node; what is native counts for its caller. */
  readonly places: readonly Share[];
}

const NOT_BUSY = new Set(['(idle)', '(root)']);

/** Where the time went in which the process did something within the window, the largest first. */
export function summarize(profile: CpuProfile, window: Window): ProfileSummary {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const functions = new Tally();
  const places = new Tally();
  let busy = 0;
  for (const [id, micros] of selfMicros(profile, window)) {
    const stack = stackOf(id, byId, parents);
    const [top] = stack;
    if (!top || NOT_BUSY.has(top.callFrame.functionName)) continue;
    busy += micros;
    functions.add(stack.map(functionOf), micros);
    places.add(placesOf(stack), micros);
  }
  return { busySeconds: busy / 1e6, functions: functions.shares(busy), places: places.shares(busy) };
}

function selfMicros(
  { samples, timeDeltas, startTime }: CpuProfile,
  { from, to }: Window,
): Map<number, number> {
  const found = new Map<number, number>();
  let now = startTime;
  for (const [at, id] of samples.entries()) {
    const micros = timeDeltas[at] ?? 0;
    now += micros;
    if (now >= from && now <= to) found.set(id, (found.get(id) ?? 0) + micros);
  }
  return found;
}

/** The node and all that led to it, innermost first, without the root. */
function stackOf(
  id: number,
  byId: ReadonlyMap<number, ProfileNode>,
  parents: ReadonlyMap<number, number>,
): ProfileNode[] {
  const stack: ProfileNode[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const node = byId.get(at);
    if (node && node.callFrame.functionName !== '(root)') stack.push(node);
  }
  return stack;
}

class Tally {
  readonly #self = new Map<string, number>();
  readonly #total = new Map<string, number>();

  /** A name counts once for a stack, however often it is in it. */
  add(stack: readonly string[], micros: number): void {
    const [top = ''] = stack;
    this.#self.set(top, (this.#self.get(top) ?? 0) + micros);
    for (const name of new Set(stack)) this.#total.set(name, (this.#total.get(name) ?? 0) + micros);
  }

  shares(all: number): Share[] {
    return [...this.#total]
      .map(([name, total]) => ({
        name,
        self: ((this.#self.get(name) ?? 0) * 100) / all,
        total: (total * 100) / all,
      }))
      .sort((a, b) => b.self - a.self);
  }
}

function functionOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${shortUrl(url)}:${lineNumber + 1}`;
}

function placesOf(stack: readonly ProfileNode[]): string[] {
  const name = stack[0]?.callFrame.functionName ?? '';
  if (name.startsWith('(') && stack[0]?.callFrame.url === '') return [name];
  const urls = stack.map(({ callFrame: { url } }) => url).filter((url) => url !== '');
  return urls.length === 0 ? ['(native)'] : urls.map(placeOf);
}

const IN_PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/;

/** A package by its name, our own code by its folder, Node's by its module. */
export function placeOf(url: string): string {
  if (url.startsWith('node:')) return url.split('/').slice(0, 2).join('/');
  const path = shortUrl(url);
  return IN_PACKAGE.exec(path)?.[1] ?? path.split('/').slice(0, 3).join('/');
}

/** From the last `node_modules`, or from `dist`, on. */
function shortUrl(url: string): string {
  const packaged = url.lastIndexOf('/node_modules/');
  return url.slice((packaged >= 0 ? packaged : url.lastIndexOf('/dist/')) + 1);
}
