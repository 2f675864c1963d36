import type { Identified, Projection } from '#readmodel/projection';
import { PROJECTIONS as FORMS } from '#services/forms/forms.module';
import { PROJECTIONS as NOTIFIER } from '#services/notifier/notifier.module';
import { UsageError } from '../start/user-error.ts';

/** Every projection, by the service that keeps it. */
export const PROJECTIONS = { forms: FORMS, notifier: NOTIFIER } as const;

/** All projections, or the one that is named. @throws UsageError naming them */
export function chosen(name: string | undefined): readonly Projection<Identified>[] {
  const all: readonly Projection<Identified>[] = Object.values(PROJECTIONS).flat();
  if (name === undefined) return all;
  const found = all.filter((projection) => projection.name === name);
  if (found.length > 0) return found;
  throw new UsageError(
    `there is no projection "${name}"; there are ${all.map((one) => one.name).join(', ')}`,
  );
}
