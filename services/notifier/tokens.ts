/** Injection tokens for what is an interface or a generic. */
export const BUS = Symbol('Bus');
export const EVENT_LOG = Symbol('EventLog');
export const EXECUTOR = Symbol('Executor');
export const EGRESS = Symbol('Egress');
export const TASKS = Symbol('Tasks');
export const DELIVERIES_MODEL = Symbol('ReadModel<DeliveryDocument>');

/**
 * How long a query waits for the read model to reach a position, and for MongoDB to answer. Less than its caller waits
 * for an answer, so that the caller learns why there is none.
 */
export const QUERY_TIMEOUT_MS = 4_000;
