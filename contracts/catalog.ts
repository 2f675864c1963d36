import { keyCreatedV1, keyRevokedV1, keyScopesChangedV1 } from './access/access.events.ts';
import type { DomainEventDefinition, DomainFamily, Upcaster } from './event.ts';
import {
  formCreatedV1,
  formDraftEditedV1,
  formRetiredV1,
  formVersionPublishedV1,
  formVersionRetiredV1,
} from './form/form.events.ts';
import { mailTemplateRemovedV1, mailTemplateSetV1 } from './mail/mail.events.ts';
import {
  submissionSubmittedV1,
  submissionSubmittedV2,
  submittedV1ToV2,
} from './submission/submission.events.ts';
import {
  webhookChangedV1,
  webhookCreatedV1,
  webhookDeletedV1,
  webhookDisabledV1,
  webhookEnabledV1,
  webhookFailingV1,
  webhookRecoveredV1,
  webhookSecretRotatedV1,
} from './webhook/webhook.events.ts';
import { workspaceCreatedV1 } from './workspace/workspace.events.ts';

/** Every version of every event that was ever released. Entries are added, never changed or removed. */
export const EVENTS: readonly DomainEventDefinition[] = [
  workspaceCreatedV1,
  keyCreatedV1,
  keyScopesChangedV1,
  keyRevokedV1,
  formCreatedV1,
  formDraftEditedV1,
  formVersionPublishedV1,
  formVersionRetiredV1,
  formRetiredV1,
  submissionSubmittedV1,
  submissionSubmittedV2,
  mailTemplateSetV1,
  mailTemplateRemovedV1,
  webhookCreatedV1,
  webhookChangedV1,
  webhookSecretRotatedV1,
  webhookFailingV1,
  webhookRecoveredV1,
  webhookDisabledV1,
  webhookEnabledV1,
  webhookDeletedV1,
];

/** From each superseded version to the next one. */
export const UPCASTERS: readonly Upcaster[] = [submittedV1ToV2];

/** The service that alone appends the events of a family. */
export const OWNERS = {
  workspace: 'gateway',
  access: 'gateway',
  form: 'forms',
  submission: 'forms',
  webhook: 'notifier',
  mail: 'notifier',
} as const satisfies Record<DomainFamily, string>;
