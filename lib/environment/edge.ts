/**
 * Requests per 5 minutes; what is above it the web ACL answers with 429. 10 to 2,000,000,000 each. They keep one address
 * from taking everything; they are no quota of a processor or an application.
 */
export interface RateLimits {
  /** Callbacks from one address. A processor's whole fleet may call from one. */
  readonly callbacks: number;
  /** Callbacks to one path, from anywhere: a processor that reports progress each second needs 300. */
  readonly callbackPath: number;
  /**
   * Everything else, from one address: senders, operators, public documents. An application behind one NAT has one
   * address, however many tasks it opens and asks about: 10,000 are 33 requests a second, all the time.
   */
  readonly others: number;
}

/** Countries that requests may come from, as ISO 3166-1 alpha-2 codes: only these, or all but these. */
export type Countries = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** What an environment says about its web ACL. */
export interface WebAclInput {
  /** @default { callbacks: 10_000, callbackPath: 1_000, others: 10_000 } */
  readonly rateLimits?: RateLimits;
  /**
   * Countries that requests may come from, operators' and senders' too. AWS tells the country by the address.
   * @default from anywhere
   */
  readonly countries?: Countries;
  /**
   * Whether AWS's group of rules against denial of service looks at every request first. About 20 USD a month and 0.15 USD
   * a million requests.
   * @default false
   */
  readonly antiDdos?: boolean;
}
