import type { FieldOf } from '#contracts/form/definition-fields';
import {
  boundsFault,
  defined,
  type Answer,
  type FieldFault,
  type FieldKind,
  type ReadAnswer,
  type Reader,
} from './kind.ts';

/** Digits in one piece: they may be a year or the number of an order. */
function shown(answer: Answer, { locale }: Reader, digits: Intl.NumberFormatOptions): string {
  const format = new Intl.NumberFormat([locale, 'en'], { useGrouping: false, ...digits });
  return format.format(answer as Parameters<typeof format.format>[0]); // the text of a number is one, too
}

const integer: FieldKind<FieldOf<'integer'>> = {
  celType: 'int',
  faults: (field) => boundsFault(['min', field.min], ['max', field.max]),
  reader:
    ({ min = -Infinity, max = Infinity }) =>
    (raw, report) => {
      if (!Number.isSafeInteger(raw)) return void report('type.integer');
      const answer = Number(raw) + 0; // -0 is stored as 0
      if (answer < min) report('too_small', { min });
      if (answer > max) report('too_large', { max });
      return { answer, value: BigInt(answer) };
    },
  schema: ({ min, max }) =>
    defined({
      type: 'integer',
      minimum: min ?? Number.MIN_SAFE_INTEGER,
      maximum: max ?? Number.MAX_SAFE_INTEGER,
    }),
  show: (_field, answer, reader) => shown(answer, reader, {}),
};

type Decimal = FieldOf<'decimal'>;

const readNumber =
  ({ min = -Infinity, max = Infinity }: Decimal): ReadAnswer =>
  (raw, report) => {
    if (typeof raw !== 'number' || !Number.isFinite(raw)) return void report('type.decimal');
    const answer = raw + 0;
    if (answer < min) report('too_small', { min });
    if (answer > max) report('too_large', { max });
    return { answer, value: answer };
  };

/** Digits before the point; together with the scale within what databases keep exactly (34 digits). */
const WHOLE_DIGITS = 18;

const scaledPattern = (scale: number): string =>
  `^-?(?:0|[1-9][0-9]{0,${WHOLE_DIGITS - 1}})${scale === 0 ? '' : `\\.[0-9]{${scale}}`}$`;

/** A decimal of a scale as a whole number of its last place, for exact comparison. */
const unscaled = (text: string): bigint => BigInt(text.replace('.', ''));

function readScaled({ min, max }: Decimal, scale: number): ReadAnswer {
  const shape = new RegExp(scaledPattern(scale));
  const [lower, upper] = [min, max].map((bound) => bound?.toFixed(scale));
  const [least, most] = [lower, upper].map((bound) => (bound === undefined ? undefined : unscaled(bound)));
  return (raw, report) => {
    if (typeof raw !== 'string' || !shape.test(raw)) {
      return void report('type.scale', { scale, example: (12.5).toFixed(scale) });
    }
    const exact = unscaled(raw);
    const answer = exact === 0n ? raw.replace('-', '') : raw;
    if (least !== undefined && exact < least) report('too_small', { min: lower ?? '' });
    if (most !== undefined && exact > most) report('too_large', { max: upper ?? '' });
    return { answer, value: Number(answer) };
  };
}

/** A bound that cannot be written with the scale would be rounded, and mean another. */
function scaleFaults({ scale, ...field }: Decimal): readonly FieldFault[] {
  if (scale === undefined) return [];
  return (['min', 'max'] as const).flatMap((name) => {
    const bound = field[name];
    if (bound === undefined || (Math.abs(bound) < 1e15 && Number(bound.toFixed(scale)) === bound)) return [];
    return [
      { path: `/${name}`, message: `${name} (${bound}) cannot be written with ${scale} decimal places` },
    ];
  });
}

const decimal: FieldKind<Decimal> = {
  celType: 'double',
  faults: (field) => [...boundsFault(['min', field.min], ['max', field.max]), ...scaleFaults(field)],
  reader: (field) => (field.scale === undefined ? readNumber(field) : readScaled(field, field.scale)),
  schema: ({ scale, min, max }) =>
    scale === undefined
      ? defined({ type: 'number', minimum: min, maximum: max })
      : { type: 'string', pattern: scaledPattern(scale) },
  show: ({ scale }, answer, reader) =>
    shown(answer, reader, { minimumFractionDigits: scale ?? 0, maximumFractionDigits: scale ?? 20 }),
};

export const numberKinds = { integer, decimal };
