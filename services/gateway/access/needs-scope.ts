/** Metadata of a handler: the scope that a key needs to call it. */
export const NEEDS_SCOPE = 'formbus:needs-scope';
