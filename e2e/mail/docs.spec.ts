import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { setTemplate } from '#contracts/mail/mail.rpc';
import { mailTask } from '#contracts/mail/mail.task';
import { compileForm } from '#logic/compile';
import { MailConfig } from '#services/notifier/mail/mail.settings';
import { Typesetter } from '#services/notifier/mail/typesetter';
import { checkContent } from '#services/notifier/mail/wording';

const page = readFileSync(new URL('../../docs/mail.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text ?? '');

describe('the page on mail', () => {
  it('shows templates that are taken', async () => {
    const typesetter = new Typesetter();
    const templates = blocks('liquid');
    expect(templates).toHaveLength(1);
    for (const text of templates)
      await checkContent(typesetter, 'receipt', { subject: 'S', text, html: text });
    await typesetter.close();
  });

  it('shows forms that can be published', () => {
    const forms = blocks('json');
    expect(forms).toHaveLength(1);
    for (const form of forms) expect(compileForm(JSON.parse(form))).toMatchObject({ ok: true });
  });

  it('names every setting, and no other', () => {
    const settings = [...page.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name);
    expect(settings).toEqual(Object.keys(MailConfig.shape));
  });

  it('says how long words may be', () => {
    const { subject, text, html } = setTemplate.request.shape;
    const said = /subject may have (\S+) characters, the text (\S+), the HTML (\S+)\./.exec(page)?.slice(1);
    const lengths = [subject.maxLength, text.maxLength, html.unwrap().maxLength];
    expect(said).toEqual(lengths.map((length) => length?.toLocaleString('en')));
  });

  it('says when mail is tried again', () => {
    const units = { s: 1_000, min: 60_000, h: 3_600_000 } as const;
    const said = /tried again after ([^|]+?) *\|/.exec(page)?.[1] ?? '';
    const pauses = said.split(', ').map((pause) => {
      const [amount, unit] = pause.split(' ');
      return Number(amount) * units[unit as keyof typeof units];
    });
    expect(pauses).toEqual(mailTask.backoffMs);
  });
});
