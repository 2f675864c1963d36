import { primaryLanguage } from './localize.ts';
import { GERMAN } from './messages-de.ts';
import { ENGLISH, type Catalogue, type MessageKey } from './messages-en.ts';

export type MessageParameters = Readonly<Record<string, string | number>>;

/** By primary language; English where none fits. */
const CATALOGUES: ReadonlyMap<string, Catalogue> = new Map<string, Catalogue>([
  ['en', ENGLISH],
  ['de', GERMAN],
]);

export const codeOf = (key: MessageKey): string => key.replace(/\..*$/, '');

export function messageFor(key: MessageKey, locale: string, parameters: MessageParameters = {}): string {
  const template = (CATALOGUES.get(primaryLanguage(locale)) ?? ENGLISH)[key];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}
