import type { Colors } from 'picocolors/types.js';

/** Least severe first. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
type Level = (typeof LEVELS)[number];

/** A service's log line, as pino writes it. */
interface LogRecord {
  readonly level: Level;
  readonly msg?: string;
  readonly req?: { readonly method?: string; readonly url?: string };
  readonly res?: { readonly statusCode?: number };
  readonly responseTime?: number;
  readonly err?: { readonly message?: string };
  readonly [field: string]: unknown;
}

/** What every line holds, what says nothing at a glance, and what is put into words. The log file has it all. */
const LEFT_OUT = new Set(
  'level time msg pid service component trace_id span_id trace_flags req res responseTime err'.split(' '),
);

/**
 * A line of output for a person: level, message, fields. Undefined for what is left to the log file: what is below
 * `info`, and requests that were answered well.
 */
export function renderLogLine(line: string, colors: Colors): string | undefined {
  const record = parseRecord(line);
  if (!record) return line.trim() === '' ? undefined : line;
  const severity = LEVELS.indexOf(record.level);
  if (severity < LEVELS.indexOf('info')) return undefined;
  if (record.level === 'info' && record.res) return undefined;
  const words = [levelWord(record.level, colors), record.msg ?? '', ...fields(record).map(colors.dim)];
  return words.filter((text) => text !== '').join(' ');
}

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as { level?: unknown };
    return LEVELS.some((level) => level === value.level) ? (value as LogRecord) : undefined;
  } catch {
    return undefined; // a line that only looks like JSON is shown as it is
  }
}

function levelWord(level: Level, colors: Colors): string {
  if (level === 'error' || level === 'fatal') return colors.red('ERROR');
  return level === 'warn' ? colors.yellow('WARN') : colors.green('INFO');
}

function fields(record: LogRecord): string[] {
  const { req, res, responseTime, err } = record;
  const known = [
    ...(req ? [`${req.method ?? ''} ${req.url ?? ''}`.trim()] : []),
    ...(res?.statusCode === undefined ? [] : [String(res.statusCode)]),
    ...(responseTime === undefined ? [] : [`${responseTime} ms`]),
    ...(err?.message === undefined || err.message === record.msg ? [] : [`err=${quoted(err.message)}`]),
  ];
  const others = Object.entries(record).filter(([name]) => !LEFT_OUT.has(name));
  return [...known, ...others.map(([name, value]) => `${name}=${quoted(value)}`)];
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
