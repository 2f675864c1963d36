import { parseCommandLine } from '../start/command-line.ts';
import { UsageError } from '../start/user-error.ts';
import { RECEIVERS, type Receiver } from './receivers.ts';

export const USAGE = `npm run test:clients -- [options]

  --only NAMES    of ${RECEIVERS.map(({ name }) => name).join(', ')}, separated by commas (all of them)
  --help          this text

Starts the receivers of examples/receivers, sends them deliveries and says what they did with them.`;

/** The receivers to test. Undefined when help was asked for. @throws UsageError */
export function parseOptions(args: readonly string[]): readonly Receiver[] | undefined {
  const { only, help } = parseCommandLine({
    args: [...args],
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  }).values;
  if (help) return undefined;
  return only === undefined ? RECEIVERS : only.split(',').map(named);
}

function named(name: string): Receiver {
  const receiver = RECEIVERS.find((one) => one.name === name);
  if (receiver) return receiver;
  throw new UsageError(
    `--only names some of ${RECEIVERS.map((one) => one.name).join(', ')}, and not "${name}"`,
  );
}
