import type { Argument, Option } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Via } from './places.ts';
import type { Session } from './session.ts';

/** One command as data: the tree of commands, its help, its page and its completion all follow from it. */
export interface CommandSpec<Input = never> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Whom it can talk to, the preferred one first; empty when to nobody. */
  readonly talksTo: readonly Via[];
  /** What a key needs. */
  readonly scope?: string;
  /** What `--json` prints. */
  readonly json?: string;
  /** Each a command line and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Arguments and options by name. An exit code where it is not 0. */
  run(session: Session, input: Input): Promise<ExitCode | void>;
}

/** Commands about one thing. */
export interface NounSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandSpec[];
}

/** For the types alone: what `run` is given is what arguments and options say. */
export const command = <Input>(spec: CommandSpec<Input>): CommandSpec => spec;
