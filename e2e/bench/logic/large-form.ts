import type { FormDefinition } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';

const PER_PAGE = 20;
const CHOICES = ['red', 'green', 'blue', 'yellow', 'black'];

/**
 * A form of `count` fields as forms are: most of them plain, every other one with rules that look at fields before
 * it, some shown or offered depending on an answer.
 */
export function formOf(count: number): FormDefinition {
  const fields = Array.from({ length: count }, (_, index) => fieldAt(index));
  const pages = Array.from({ length: Math.ceil(count / PER_PAGE) }, (_, page) => ({
    title: `Page ${page + 1}`,
    fields: fields.slice(page * PER_PAGE, (page + 1) * PER_PAGE),
  }));
  return { title: `${count} fields`, pages };
}

function fieldAt(index: number): Field {
  const name = `f${index}`;
  const label = `Question ${index}`;
  const base = index - (index % 10);
  switch (index % 10) {
    case 0:
      return { type: 'select', name, label, required: true, choices: CHOICES.map((value) => ({ value })) };
    case 1:
      return {
        type: 'text',
        name,
        label,
        visible: `f${base} == "red" || f${base} == "blue"`,
        maxLength: 200,
      };
    case 2:
      return { type: 'integer', name, label, min: 0, max: 1000 };
    case 3:
      return {
        type: 'integer',
        name,
        label,
        constraints: [{ rule: `f${base + 3} >= f${base + 2}`, message: 'not less than the one before' }],
      };
    case 4:
      return { type: 'date', name, label };
    case 5:
      return {
        type: 'select',
        name,
        label,
        required: `f${base} == "green"`,
        choices: CHOICES.map((value) => ({
          value,
          attributes: { of: CHOICES.filter((other) => other !== value) },
        })),
        filter: `f${base} in choice.of`,
      };
    case 6:
      return { type: 'boolean', name, label };
    case 7:
      return {
        type: 'text',
        name,
        label,
        visible: `f${base + 6} == true`,
        constraints: [{ rule: `size(f${base + 7}) > 2`, message: 'too short' }],
      };
    case 8:
      return { type: 'longText', name, label };
    default:
      return {
        type: 'text',
        name,
        label,
        pattern: '^[0-9]{5}$',
        required: `f${base + 2} > 500`,
      };
  }
}

/** Answers that the form takes; another `seed` answers differently. */
export function answersFor(count: number, seed: number): Record<string, unknown> {
  const answers: Record<string, unknown> = {};
  for (let index = 0; index < count; index++) {
    const base = index - (index % 10);
    const turn = seed + base / 10;
    const colour = CHOICES[turn % CHOICES.length];
    const yes = turn % 2 === 0;
    const value = {
      0: colour,
      1: colour === 'red' || colour === 'blue' ? `text ${seed}` : undefined,
      2: (turn * 37) % 1000,
      3: 1000,
      4: '2026-03-14',
      5: CHOICES[(turn + 1) % CHOICES.length],
      6: yes,
      7: yes ? 'something longer' : undefined,
      8: 'A few words, as people write them when they are asked for some. '.repeat(1 + (turn % 3)),
      9: '12345',
    }[index % 10];
    if (value !== undefined) answers[`f${index}`] = value;
  }
  return answers;
}
