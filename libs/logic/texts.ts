import type { FormDefinition, FormItem } from '#contracts/form/definition';
import type { LocalizedText } from '#contracts/form/definition-text';
import type { ErrorItem } from '#contracts/errors';

type Located = readonly [path: string, text: LocalizedText];

const TEXTS = ['title', 'description', 'label', 'hint', 'help', 'message'] as const;
type Texts = { readonly [Name in (typeof TEXTS)[number]]?: LocalizedText | undefined };

const textsIn = (part: Texts, path: string): readonly Located[] =>
  TEXTS.flatMap((name): Located[] => (part[name] === undefined ? [] : [[`${path}/${name}`, part[name]]]));

function textsOfItem(item: FormItem, path: string): readonly Located[] {
  const own = textsIn(item, path);
  if (item.type === 'group')
    return [...own, ...item.fields.flatMap((inner, i) => textsOfItem(inner, `${path}/fields/${i}`))];
  const constraints = (item.constraints ?? []).flatMap((one, i) => textsIn(one, `${path}/constraints/${i}`));
  const choices =
    'choices' in item ? item.choices.flatMap((one, i) => textsIn(one, `${path}/choices/${i}`)) : [];
  return [...own, ...constraints, ...choices];
}

/** Languages that the form offers and a text that is a map lacks. */
export function missingTranslations(definition: FormDefinition): readonly ErrorItem[] {
  const { languages, pages } = definition;
  if (!languages) return [];
  const texts = [
    ...textsIn(definition, ''),
    ...pages.flatMap((page, i) => [
      ...textsIn(page, `/pages/${i}`),
      ...page.fields.flatMap((item, j) => textsOfItem(item, `/pages/${i}/fields/${j}`)),
    ]),
  ];
  return texts.flatMap(([path, text]) => {
    if (typeof text === 'string') return [];
    const there = new Set(Object.keys(text).map((tag) => tag.toLowerCase()));
    return languages
      .filter((tag) => !there.has(tag.toLowerCase()))
      .map((tag) => ({ path, code: 'missing_translation', message: `there is no text for ${tag}` }));
  });
}
