import type { FormDefinition, FormItem } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';
import { LIMITS } from '#contracts/form/definition-limits';
import type { ErrorItem } from '#contracts/errors';

export interface OutlinedContainer {
  readonly name: string;
  readonly path: string;
  readonly parent: number | undefined;
  readonly visible: string | undefined;
}
export interface OutlinedField {
  readonly path: string;
  readonly field: Field;
  readonly container: number;
}

/** A definition laid flat, in its order, with the place of each part. */
export interface Outline {
  readonly containers: readonly OutlinedContainer[];
  readonly fields: readonly OutlinedField[];
  /** Names and ids used twice, and limits passed. */
  readonly errors: readonly ErrorItem[];
}

export function outline(definition: FormDefinition): Outline {
  const containers: OutlinedContainer[] = [];
  const fields: OutlinedField[] = [];
  const errors: ErrorItem[] = [];
  const names = new Map<string, string>();
  const ids = new Map<string, string>();

  const claim = (taken: Map<string, string>, value: string, path: string, what: string): void => {
    const holder = taken.get(value);
    if (holder === undefined) taken.set(value, path);
    else
      errors.push({
        path,
        code: `duplicate_${what}`,
        message: `${value} is the ${what} of ${holder} already`,
      });
  };

  const visit = (item: FormItem, path: string, container: number, depth: number): void => {
    claim(names, item.name, `${path}/name`, 'name');
    claim(ids, item.id ?? item.name, item.id === undefined ? `${path}/name` : `${path}/id`, 'id');
    if (item.type !== 'group') {
      fields.push({ path, field: item, container });
      return;
    }
    if (depth === LIMITS.depth) {
      errors.push({
        path,
        code: 'too_deep',
        message: `groups may lie at most ${LIMITS.depth} deep, pages counted`,
      });
      return;
    }
    const index = containers.push({ name: item.name, path, parent: container, visible: item.visible }) - 1;
    item.fields.forEach((inner, i) => visit(inner, `${path}/fields/${i}`, index, depth + 1));
  };

  definition.pages.forEach((page, i) => {
    const path = `/pages/${i}`;
    if (page.name !== undefined) claim(names, page.name, `${path}/name`, 'name');
    const name = page.name ?? `page ${i + 1}`;
    const index = containers.push({ name, path, parent: undefined, visible: page.visible }) - 1;
    page.fields.forEach((item, j) => visit(item, `${path}/fields/${j}`, index, 1));
  });

  const groups = containers.length - definition.pages.length;
  const limit = (what: 'fields' | 'groups', count: number): void => {
    if (count <= LIMITS[what]) return;
    const message = `a form may have ${LIMITS[what]} ${what}; this one has ${count}`;
    errors.push({ path: '/pages', code: `too_many_${what}`, message });
  };
  limit('fields', fields.length);
  limit('groups', groups);
  if (fields.length === 0)
    errors.push({ path: '/pages', code: 'no_fields', message: 'the form has no field' });
  return { containers, fields, errors };
}
