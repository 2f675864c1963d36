import { EVENT_TYPES, TASK_FINISHED } from '#contracts/webhook/event-types';
import { eventName } from '#eventing/catalog';
import type { StoredSettings } from '../webhook/webhook.decider.ts';
import type { WebhookRecord } from '../webhook/webhook.fold.ts';
import type { EventRef } from './event-ref.ts';

const wantsType = ({ types }: StoredSettings, type: string): boolean =>
  types.length === 0 || types.some((wanted) => eventName(wanted) === eventName(type));

/**
 * Whether an endpoint is to be told of an event. An older version of a type stands for the newest. Subjects keep
 * workspaces apart already; were a filter wrong, nothing of one would reach another all the same.
 */
export function isSubscribed({ id, workspace, settings }: WebhookRecord, event: EventRef): boolean {
  if (event.workspace !== workspace) return false;
  if (event.webhook === id || !wantsType(settings, event.type)) return false;
  return settings.form === null || event.form === null || event.form === settings.form;
}

/**
 * The subjects of the log that hold what an endpoint wants, and more. Never none: a consumer that stood still would
 * bring all that it missed when another type is added.
 */
export function logFilters({ workspace, settings }: WebhookRecord): string[] {
  const form = settings.form ?? '*';
  const subjects = {
    form: `evt.${workspace}.form.${form}`,
    submission: `evt.${workspace}.submission.${form}.*`,
    webhook: `evt.${workspace}.webhook.*`,
  };
  const wanted = EVENT_TYPES.filter(({ source, type }) => source === 'log' && wantsType(settings, type));
  const families = new Set(wanted.map(({ type }) => type.split('.')[1] as keyof typeof subjects));
  families.add('webhook');
  return [...families].map((family) => subjects[family]);
}

export const wantsTasks = ({ settings }: WebhookRecord): boolean => wantsType(settings, TASK_FINISHED);

export const taskFilter = ({ workspace }: WebhookRecord): string => `tev.${workspace}.*`;
