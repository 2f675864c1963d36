/** Injection tokens for what is an interface, a generic, or may not be there. */
export const EXECUTOR = Symbol('Executor');
export const MAILER = Symbol('Mailer | null');
export const MAIL_TEMPLATES_MODEL = Symbol('ReadModel<TemplateDocument>');

/** How long a list waits for the read model and for MongoDB: less than its caller waits for an answer. */
export const QUERY_TIMEOUT_MS = 4_000;
