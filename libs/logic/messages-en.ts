/**
 * What is said about each problem, unless the form's author wrote it. The part before the dot is the problem's code,
 * which callers may rely on; `{name}` is replaced by the parameter of that name.
 */
export const ENGLISH = {
  required: 'An answer is required.',
  unknown_field: 'The form has no field of this name.',
  'unknown_field.more': 'And {count} more fields that the form does not have.',
  'type.answers': 'Expected an object with the answers by the names of their fields.',
  'type.text': 'Expected text.',
  'type.unicode': 'The text is not well-formed Unicode.',
  'type.email': 'Expected an e-mail address such as name@example.org.',
  'type.integer': 'Expected a whole number.',
  'type.decimal': 'Expected a number.',
  'type.scale': 'Expected a string with a number of exactly {scale} decimal places, such as "{example}".',
  'type.boolean': 'Expected true or false.',
  'type.date': 'Expected a date of the calendar, YYYY-MM-DD.',
  'type.dateTime': 'Expected a date and time with an offset from UTC, such as 2024-02-29T12:00:00Z.',
  'type.choice': 'Choose one of the offered values.',
  'type.choices': 'Choose from the offered values, in a list such as {example}.',
  too_short: 'At least {min} characters are needed.',
  too_long: 'At most {max} characters are allowed.',
  line_break: 'The text must be one line.',
  control_character: 'The text holds a control character, which cannot be seen.',
  pattern: 'The answer does not have the form that is asked for.',
  too_small: 'Must be at least {min}.',
  too_large: 'Must be at most {max}.',
  too_early: 'Must not be before {min}.',
  too_late: 'Must not be after {max}.',
  too_few: 'At least {min} choices are needed.',
  too_many: 'At most {max} choices are allowed.',
  duplicate: 'This choice is given twice.',
  choice: '{value} is not one of the choices.',
  'choice.more': 'And {count} more values of the list that are wrong.',
  'choice.filtered': '{value} is not offered with the other answers given.',
  rule_failed: 'A rule of the form could not be evaluated: {reason}.',
} as const;

export type MessageKey = keyof typeof ENGLISH;
export type Catalogue = Readonly<Record<MessageKey, string>>;
