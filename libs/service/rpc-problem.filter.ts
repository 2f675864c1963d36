import { Problem } from '#contracts/errors';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { NatsContext } from '@nestjs/microservices';
import type { Logger } from 'pino';
import { throwError, type Observable } from 'rxjs';
import { problemPayload } from './rpc-wire.ts';

/**
 * Turns what a handler throws into what the caller gets: a Problem as it is, anything else as `internal`, whose
 * cause goes to the log and no further. Without a filter Nest answers every error with "Internal server error".
 */
@Catch()
export class RpcProblemFilter implements ExceptionFilter {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  catch(exception: unknown, host: ArgumentsHost): Observable<never> {
    if (exception instanceof Problem) return throwError(() => problemPayload(exception));
    const rpc = host.switchToRpc();
    const subject = rpc.getContext<NatsContext>().getSubject();
    const correlation = correlationOf(rpc.getData());
    this.#logger.error({ err: exception, subject, correlation }, 'a handler failed');
    return throwError(() => problemPayload(new Problem('internal')));
  }
}

const correlationOf = (data: unknown): unknown =>
  (data as { caller?: { correlation?: unknown } } | null | undefined)?.caller?.correlation;
