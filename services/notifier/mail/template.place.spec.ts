import { describe, expect, it } from '@jest/globals';
import { candidates, checkedPlace, templateId } from './template.place.ts';

const receipt = (form: string | null, language: string | null) =>
  templateId({ purpose: 'receipt', form, language });

describe('the choice of a template', () => {
  it('prefers the form to the workspace, and each in the language to each in all of them', () => {
    expect(candidates('receipt', 'order', 'de')).toEqual([
      { id: receipt('order', 'de'), source: 'formLanguage' },
      { id: receipt('order', null), source: 'form' },
      { id: receipt(null, 'de'), source: 'workspaceLanguage' },
      { id: receipt(null, null), source: 'workspace' },
    ]);
  });

  it('takes the language for one of its regions or scripts that has none of its own', () => {
    const ids = candidates('receipt', null, 'zh-Hant-TW').map(({ id }) => id);
    expect(ids).toEqual(['zh-Hant-TW', 'zh-Hant', 'zh', null].map((language) => receipt(null, language)));
  });

  it('looks for no form where there is none', () => {
    expect(candidates('webhookDisabled', null, 'en').map(({ source }) => source)).toEqual([
      'workspaceLanguage',
      'workspace',
    ]);
  });
});

describe('the place of a template', () => {
  it('has one id, however its language is written', () => {
    expect(receipt('order', 'DE-at')).toBe(receipt('order', 'de-AT'));
    expect(receipt('order', 'de')).not.toBe(receipt(null, 'de'));
    expect(receipt('order', null)).not.toBe(receipt(null, 'order'));
  });

  it('holds its language in canonical case', () => {
    expect(checkedPlace({ purpose: 'receipt', form: null, language: 'DE-at' }).language).toBe('de-AT');
  });

  it('refuses a language that is none, and a form where mail belongs to none', () => {
    const refused = { code: 'bad_request' };
    expect(() => checkedPlace({ purpose: 'receipt', form: null, language: 'de-x' })).toThrow(
      expect.objectContaining(refused),
    );
    expect(() => checkedPlace({ purpose: 'webhookDisabled', form: 'order', language: null })).toThrow(
      expect.objectContaining(refused),
    );
  });
});
