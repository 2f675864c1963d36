import type { LocalizedText } from '#contracts/form/definition-text';

/**
 * The text for a reader: the map's entry for the locale, or for it with its last subtags taken off (`pt-BR`, `pt`),
 * or for the form's language, or the first. Tags are compared without regard to case.
 */
export function localize(text: LocalizedText, locale: string, language: string): string {
  if (typeof text === 'string') return text;
  const entries = Object.entries(text);
  for (const tag of [...fallbacks(locale), ...fallbacks(language)]) {
    const found = entries.find(([key]) => key.toLowerCase() === tag);
    if (found) return found[1];
  }
  return entries[0]?.[1] ?? '';
}

function fallbacks(tag: string): readonly string[] {
  const parts = tag.toLowerCase().slice(0, 100).split('-');
  return parts.map((_part, i) => parts.slice(0, parts.length - i).join('-'));
}

/** The first subtag, which our own words are chosen by. */
export const primaryLanguage = (tag: string): string => tag.toLowerCase().replace(/-.*$/, '');

/** The first of the tags that names a language, as Intl takes it; English where none does. */
export function readableTag(...tags: readonly (string | null)[]): string {
  for (const tag of tags) {
    try {
      const [canonical] = tag === null ? [] : Intl.getCanonicalLocales(tag);
      if (canonical !== undefined) return canonical;
    } catch {
      // not a tag, though it looks like one
    }
  }
  return 'en';
}
