import { Problem } from '#contracts/errors';
import type { Answers } from '#contracts/submission/submission.events';
import { validateAnswers } from '#logic/validate';
import type { CatalogEntry } from '../form/form-catalog.ts';
import type { Admission } from './submission.decider.ts';

/** The version that a submission is made to: the one asked for, or the newest that takes submissions. */
export function chooseVersion(
  { outline }: Pick<CatalogEntry, 'outline'>,
  asked: number | null,
): number | undefined {
  return asked ?? outline.current ?? undefined;
}

/** Says whether the form takes these answers, with every reason why not. Pure but for the form's own cache. */
export function admit(
  entry: CatalogEntry,
  asked: number | null,
  answers: Record<string, unknown>,
  { now, locale }: { now: string; locale: string | null },
): Admission {
  const closed = refusalOf(entry, asked);
  if (closed) return { accepted: false, problem: closed };
  const number = chooseVersion(entry, asked);
  if (number === undefined) return { accepted: false, problem: new Problem('form_not_published') };
  const checked = validateAnswers(entry.compiled(number), answers, {
    now: new Date(now),
    ...(locale === null ? {} : { locale }),
  });
  if (checked.problems.length > 0) {
    return {
      accepted: false,
      problem: new Problem('invalid_answers', undefined, { errors: checked.problems }),
    };
  }
  return { accepted: true, answers: checked.answers as Answers, dropped: checked.dropped };
}

/** Why the form, or the version asked for, takes nothing now. */
function refusalOf({ outline }: CatalogEntry, asked: number | null): Problem | undefined {
  if (outline.state === 'retired') return new Problem('form_retired');
  if (outline.versions.length === 0) return new Problem('form_not_published');
  if (asked === null) {
    return outline.current === null
      ? new Problem('version_retired', 'every version of the form is retired')
      : undefined;
  }
  const version = outline.versions.find(({ number }) => number === asked);
  if (!version) return new Problem('version_not_found', `the form has no version ${asked}`);
  if (!version.retired) return undefined;
  const instead =
    outline.current === null ? 'no version takes submissions' : `version ${outline.current} is current`;
  return new Problem('version_retired', `version ${asked} is retired; ${instead}`);
}
