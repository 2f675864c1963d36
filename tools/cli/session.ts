import type { Command } from 'commander';
import type { Bus } from '#eventing/bus';
import { bareAddresses } from '#eventing/bare-addresses';
import { UsageError } from '../start/user-error.ts';
import { openBus } from './bus.ts';
import { Unreachable } from './exit-code.ts';
import { Gateway } from './gateway.ts';
import type { Io } from './io.ts';
import type { GlobalOptions, Places, Via } from './places.ts';
import { Printer } from './print.ts';

export interface SessionOptions {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly places: Places;
  /** Which way the command goes; undefined for one that talks to nobody. */
  readonly via: Via | undefined;
  /** Where data of this checkout lies, whether a system runs on it or not. */
  readonly folders: readonly string[];
  /** The tree of all commands. */
  readonly program: Command;
}

/** What to do where one of the two ways is not known, and the other one is or is not. */
const unknown = (what: Via, other: string | undefined, options: string): string =>
  other === undefined
    ? `no system runs here: start one with \`npm start\` or name its folder with --data, or give ${options}`
    : `${other} is named, but not its ${what}, which this needs: give ${options}`;

/** One run of one command: how it prints, and what it talks to, which is opened when it is first asked for. */
export class Session {
  readonly io: Io;
  readonly print: Printer;
  readonly via: Via | undefined;
  readonly places: Places;
  readonly folders: readonly string[];
  readonly program: Command;
  #gateway: Gateway | undefined;
  #bus: Promise<Bus> | undefined;

  constructor({ io, options, places, via, folders, program }: SessionOptions) {
    this.io = io;
    this.print = new Printer(io, options.json === true);
    this.via = via;
    this.places = places;
    this.folders = folders;
    this.program = program;
  }

  get signal(): AbortSignal {
    return this.io.signal;
  }

  /** @throws Unreachable where no gateway is known; UsageError where no key is */
  get gateway(): Gateway {
    const { gateway, bus } = this.places;
    if (gateway === undefined)
      throw new Unreachable(
        unknown('gateway', bus && bareAddresses(bus.servers), '--url and FORMBUS_API_KEY'),
      );
    if (gateway.key === undefined) {
      throw new UsageError(`${gateway.url} needs an API key: set FORMBUS_API_KEY or FORMBUS_API_KEY_FILE`);
    }
    return (this.#gateway ??= new Gateway({ ...gateway, key: gateway.key }, this.signal));
  }

  /** @throws Unreachable, Refused */
  bus(): Promise<Bus> {
    const { bus, gateway } = this.places;
    if (bus === undefined) throw new Unreachable(unknown('bus', gateway?.url, '--nats'));
    return (this.#bus ??= openBus(bus, { name: 'formbus', signal: this.signal }));
  }

  /**
   * Asks before something that can't be taken back.
   *
   * @throws UsageError where nobody can be asked
   */
  async confirmed(question: string, yes: boolean | undefined): Promise<boolean> {
    if (yes === true) return true;
    if (this.io.ask === undefined) throw new UsageError(`${question} Say so with --yes`);
    if (await this.io.ask(question)) return true;
    this.print.note('Nothing was done.');
    return false;
  }

  async close(): Promise<void> {
    await this.#bus?.then(
      (bus) => bus.close(),
      () => undefined, // it was never open
    );
  }
}
