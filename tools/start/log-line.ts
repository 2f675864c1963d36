import type { Colors } from 'picocolors/types.js';

/** A service's log line, as pino writes it. */
interface LogRecord {
  readonly level: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** What every line holds, or what says nothing at a glance. The log file has it all. */
const LEFT_OUT = new Set([
  'level',
  'time',
  'msg',
  'pid',
  'hostname',
  'service',
  'name',
  'context',
  'v',
  'trace_id',
  'span_id',
  'trace_flags',
  'req',
  'res',
  'err',
  'responseTime',
  'worker',
]);

const INFO = 30;
const WARN = 40;
const ERROR = 50;

/**
 * A line of output for a person: level, message, fields. Undefined for what is left to the log file: what is below
 * `info`, and requests that were answered well.
 */
export function renderLogLine(line: string, colors: Colors): string | undefined {
  const record = parseRecord(line);
  if (!record) return line.trim() === '' ? undefined : line;
  if (record.level < INFO || (record.level < WARN && 'res' in record)) return undefined;
  return [
    levelWord(record.level, colors),
    record.msg ?? '',
    ...fields(record).map((text) => colors.dim(text)),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value && typeof value.level === 'number'
      ? (value as LogRecord)
      : undefined;
  } catch {
    return undefined; // a line that only looks like JSON is shown as it is
  }
}

function levelWord(level: number, colors: Colors): string {
  if (level >= ERROR) return colors.red('ERROR');
  if (level >= WARN) return colors.yellow('WARN');
  return colors.green('INFO');
}

function fields(record: LogRecord): string[] {
  const { req, res, err, responseTime } = record as {
    req?: { method?: string; url?: string };
    res?: { statusCode?: number };
    err?: { message?: string };
    responseTime?: number;
  };
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
