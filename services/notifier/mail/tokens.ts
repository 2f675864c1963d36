/** Injection tokens of mail, for what is a generic or may not be there. */
export const MAILER = Symbol('Mailer | null');
export const MAIL_TEMPLATES_MODEL = Symbol('ReadModel<TemplateDocument>');
