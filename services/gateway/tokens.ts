/** Injection tokens for what is an interface. */
export const EXECUTOR = Symbol('Executor');
export const TASKS = Symbol('Tasks');
export const LOGGER = Symbol('Logger');
/** The workspace whose keys may operate the installation. */
export const OPERATOR_WORKSPACE = Symbol('operator workspace');
