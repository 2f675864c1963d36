/** Why a target is refused: each of them holds until the URL, its DNS entry or the configuration is changed. */
export type RefusalReason =
  'malformed' | 'scheme' | 'plain_http' | 'credentials' | 'port' | 'host_name' | 'address';

/**
 * The target is one that requests never go to; nothing was sent. Repeating does not help. The message is meant for
 * whoever wrote the URL: it names the kind of an address that a host resolved to and never the address itself, which
 * would tell strangers about the network behind.
 */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** No answer came. A later attempt may have one. */
export class EgressFailed extends Error {
  override readonly name = 'EgressFailed';
  /** `TIMEOUT`, or the code of the network error: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, ... */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
