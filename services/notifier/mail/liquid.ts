import { Liquid, type Template } from 'liquidjs';
import { TemplateFaults, type TemplateFault } from './template-fault.ts';
import { excessOf } from './template-size.ts';

const MIB = 1024 * 1024;

/** Bounds of one part of one mail, where they can be told with their place; the thread's own bounds end the rest. */
const LIMITS = {
  renderMs: 250,
  /** What filters, ranges and assignments may make, in characters and items. */
  memory: 4 * MIB,
  /** Tags and outputs that are rendered, loops unrolled. */
  steps: 50_000,
  outputLength: MIB,
} as const;

/** Tags that read other templates, of which there are none; and `liquid`, whose lines would nest uncounted. */
const MISSING_TAGS = ['include', 'render', 'layout', 'block', 'liquid'] as const;

type Answered = readonly { readonly name: string; readonly answer: string }[];

function engine(options: { escaping: boolean }): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    catchAllErrors: true,
    // No lookups, whatever tag might ask for one.
    templates: {},
    renderLimit: LIMITS.renderMs,
    memoryLimit: LIMITS.memory,
    timezoneOffset: 0,
    locale: 'en',
    ...(options.escaping ? { outputEscape: 'escape' as const } : {}),
  });
  for (const tag of MISSING_TAGS) delete liquid.tags[tag];
  liquid.registerFilter('answer', (answers: Answered, name: string) =>
    Array.isArray(answers) ? ((answers as Answered).find((one) => one.name === name)?.answer ?? '') : '',
  );
  return liquid;
}

const PLAIN = engine({ escaping: false });
const ESCAPING = engine({ escaping: true });

/** One part of a mail, parsed: by the thread for templates alone, since any of them may take its time. What it puts out is escaped for HTML where that is asked for, unless it says `raw`. */
export class LiquidText {
  readonly #engine: Liquid;
  readonly #template: Template[];

  /** @throws TemplateFaults of syntax, or of its size */
  constructor(source: string, { html }: { html: boolean }) {
    this.#engine = html ? ESCAPING : PLAIN;
    try {
      const excess = excessOf(source);
      if (excess !== undefined) throw new TemplateFaults([excess]);
      this.#template = this.#engine.parse(source);
    } catch (error) {
      throw error instanceof TemplateFaults ? error : new TemplateFaults(faultsOf(error, 'syntax'));
    }
  }

  /** @throws TemplateFaults: a limit, or a variable that is not there */
  render(variables: object): string {
    let output: string;
    try {
      output = this.#engine.renderSync(this.#template, variables, {
        templateLimit: LIMITS.steps,
      }) as string;
    } catch (error) {
      throw new TemplateFaults(faultsOf(error, 'failed'));
    }
    if (output.length <= LIMITS.outputLength) return output;
    const message = `puts out ${output.length} characters; ${LIMITS.outputLength} are allowed`;
    throw new TemplateFaults([{ code: 'too_long', message, line: 1, column: 1 }]);
  }

  /** Names that are used anywhere, in branches not taken too, and that the variables do not have. */
  unknownVariables(variables: object): TemplateFault[] {
    const { globals } = this.#engine.analyzeSync(this.#template, { partials: false });
    return Object.values(globals)
      .flat()
      .filter(({ segments }) => !isThere(variables, segments))
      .map(({ segments, location }) => ({
        code: 'unknown_variable',
        message: `there is no variable ${segments.join('.')}`,
        line: location.row,
        column: location.col,
      }));
  }
}

/** Follows a name through objects; inside lists and texts Liquid has properties of its own (`first`, `size`). */
function isThere(variables: object, segments: readonly unknown[]): boolean {
  let value: unknown = variables;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
    if (typeof segment !== 'string') return true; // known when it is rendered
    if (!Object.hasOwn(value, segment)) return false;
    value = (value as Record<string, unknown>)[segment];
  }
  return true;
}

interface LiquidFailure {
  readonly name: string;
  readonly message: string;
  readonly token?: { getPosition(): number[] };
  readonly errors?: readonly LiquidFailure[];
}

function faultsOf(error: unknown, code: TemplateFault['code']): TemplateFault[] {
  const { errors, token, name, message } = error as LiquidFailure;
  if (errors !== undefined) return errors.flatMap((one) => faultsOf(one, code));
  const [line = 1, column = 1] = token?.getPosition() ?? [];
  return [
    {
      code: name === 'UndefinedVariableError' ? 'unknown_variable' : code,
      message: message.replace(/, line:\d+, col:\d+$/, ''),
      line,
      column,
    },
  ];
}
