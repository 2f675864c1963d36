import { z } from 'zod';

/** Metadata of a schema that lets anything through: the component that the service behind checks it with. */
export const CHECKED_AS = 'x-checked-as';

/** Any JSON value here; described as the named component, which its receiver checks with all its rules. */
export const checkedAs = (component: string): z.ZodUnknown => z.unknown().meta({ [CHECKED_AS]: component });
