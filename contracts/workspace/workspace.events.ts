import { z } from 'zod';
import { defineEvent } from '../event.ts';

export const workspaceCreatedV1 = defineEvent({
  name: 'formbus.workspace.created',
  version: 1,
  family: 'workspace',
  summary: 'A workspace exists from here on; every form, submission and key belongs to one.',
  data: z.object({ name: z.string().min(1).max(200) }),
});
