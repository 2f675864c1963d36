import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { CommandCaller } from '#contracts/rpc';
import { DeadLetters } from '#eventing/dead-letters';
import { Operation } from '../http/operation.ts';
import { Cursor, PageLimit } from '../http/paging.ts';
import { FromCommandCaller } from '../http/principal.ts';
import { LOGGER } from '../tokens.ts';
import { DeadLetter, DeadLetterSummary, describeLetter, summarize } from './dead-letter.resource.ts';
import { CONDITIONS, dealWith, LetterPath, SELECTION } from './dead-letter.selection.ts';

const ListQuery = z.strictObject({
  ...CONDITIONS,
  discarded: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Those that were discarded, instead of those that wait' }),
  limit: PageLimit,
  cursor: Cursor,
});

const LetterPage = z.object({ items: z.array(DeadLetterSummary), next: z.string().nullable() });

const reason = z
  .string()
  .min(1)
  .max(1000)
  .meta({ description: 'Why nothing more is to be done; kept with the letter and in the log' });

const RetryBody = z.strictObject(SELECTION).meta({
  examples: [{ kind: 'webhook-replay', error: 'ECONNREFUSED', limit: 500 }, { ids: ['42', '43'] }],
});
const DiscardBody = z.strictObject({ reason }).meta({ examples: [{ reason: 'sent by hand' }] });
const DiscardManyBody = z.strictObject({ ...SELECTION, reason }).meta({
  examples: [{ kind: 'mail', since: '2026-03-01T00:00:00Z', reason: 'the mail server was a test' }],
});

const remaining = z
  .int()
  .nonnegative()
  .meta({ description: 'How many satisfy the conditions still; 0 of ids' });
const Retried = z.object({ retried: z.int().nonnegative(), remaining });
const Discarded = z.object({ discarded: z.int().nonnegative(), remaining });

const NEWEST_FIRST =
  'The newest first, of the last 30 days, of all workspaces. Keys of the workspace of the operator alone.';
const OF_MANY =
  'Names ids or at least one condition, so that nobody means all by mistake. Letters that somebody else has dealt with meanwhile are passed over; the same request again goes on with what remains.';

@ApiTags('operations')
@Controller('v1/operations/dead-letters')
export class DeadLetterController {
  constructor(
    private readonly letters: DeadLetters,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get()
  @Operation({
    id: 'listDeadLetters',
    summary: 'List tasks and events that were given up',
    description: NEWEST_FIRST,
    scope: 'operations:read',
    response: LetterPage,
    errors: ['bad_cursor'],
  })
  async list(
    @Query({ schema: ListQuery }) { limit, cursor, discarded, ...filter }: z.infer<typeof ListQuery>,
  ): Promise<z.infer<typeof LetterPage>> {
    const conditions = { ...filter, discarded: discarded === 'true' };
    const { items, next } = await this.letters.list(conditions, { limit, cursor: cursor ?? null });
    return { items: items.map(summarize), next };
  }

  @Post('retry')
  @Operation({
    id: 'retryDeadLetters',
    summary: 'Have many dead letters tried again',
    description: OF_MANY,
    scope: 'operations:write',
    response: Retried,
  })
  async retryMany(
    @FromCommandCaller() caller: CommandCaller,
    @Body({ schema: RetryBody }) selection: z.infer<typeof RetryBody>,
  ): Promise<z.infer<typeof Retried>> {
    const { done, remaining: left } = await dealWith(this.letters, selection, (id) => this.retry(id, caller));
    return { retried: done, remaining: left };
  }

  @Post('discard')
  @Operation({
    id: 'discardDeadLetters',
    summary: 'Put many dead letters away',
    description: OF_MANY,
    scope: 'operations:write',
    response: Discarded,
  })
  async discardMany(
    @FromCommandCaller() { actor }: CommandCaller,
    @Body({ schema: DiscardManyBody }) { reason: why, ...selection }: z.infer<typeof DiscardManyBody>,
  ): Promise<z.infer<typeof Discarded>> {
    const { done, remaining: left } = await dealWith(this.letters, selection, (id) =>
      this.letters.discard(id, { actor, reason: why }),
    );
    return { discarded: done, remaining: left };
  }

  @Get(':letter')
  @Operation({
    id: 'getDeadLetter',
    summary: 'Read one dead letter with its error and what was to be done',
    scope: 'operations:read',
    response: DeadLetter,
    errors: ['dead_letter_not_found'],
  })
  async get(@Param({ schema: LetterPath }) { letter }: z.infer<typeof LetterPath>): Promise<DeadLetter> {
    return describeLetter(await this.letters.get(letter));
  }

  @Post(':letter/retry')
  @Operation({
    id: 'retryDeadLetter',
    summary: 'Have one dead letter tried again, from its first attempt',
    description:
      'A task is enqueued as it was; an event is given once more to the consumer that gave it up, and to no other. Then the letter is gone; what fails again becomes another.',
    scope: 'operations:write',
    response: Retried,
    errors: ['dead_letter_not_found', 'dead_letter_discarded', 'dead_letter_unclaimed'],
  })
  async retryOne(
    @FromCommandCaller() caller: CommandCaller,
    @Param({ schema: LetterPath }) { letter }: z.infer<typeof LetterPath>,
  ): Promise<z.infer<typeof Retried>> {
    await this.retry(letter, caller);
    return { retried: 1, remaining: 0 };
  }

  @Post(':letter/discard')
  @Operation({
    id: 'discardDeadLetter',
    summary: 'Put one dead letter away',
    description:
      'It can still be read until its 30 days are over, with who put it away and why, and no more be tried again.',
    scope: 'operations:write',
    response: Discarded,
    errors: ['dead_letter_not_found'],
  })
  async discardOne(
    @FromCommandCaller() { actor }: CommandCaller,
    @Param({ schema: LetterPath }) { letter }: z.infer<typeof LetterPath>,
    @Body({ schema: DiscardBody }) { reason: why }: z.infer<typeof DiscardBody>,
  ): Promise<z.infer<typeof Discarded>> {
    await this.letters.discard(letter, { actor, reason: why });
    return { discarded: 1, remaining: 0 };
  }

  private async retry(letter: string, { actor, correlation }: CommandCaller): Promise<void> {
    await this.letters.retry(letter);
    this.logger.info({ letter, actor, correlation }, 'a dead letter was retried');
  }
}
