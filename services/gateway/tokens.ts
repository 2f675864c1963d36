/** Injection tokens for what is an interface. */
export const EXECUTOR = Symbol('Executor');
