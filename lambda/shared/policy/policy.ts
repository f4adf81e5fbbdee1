/** A value in Cedar's JSON format. */
type Value =
  | string
  | number
  | boolean
  | readonly string[]
  | { readonly __extn: { readonly fn: 'ip'; readonly arg: string } };
export type Attributes = Readonly<Record<string, Value>>;

/** An entity of a request. */
export interface Entity<T extends string> {
  readonly type: T;
  readonly id: string;
  readonly attributes: Attributes;
  /** Id of its parent, an `Application`. */
  readonly application?: string;
}

/** An authorization request; see `POLICY_SCHEMA`. */
export interface Question {
  readonly principal: Entity<'Processor' | 'Sender' | 'Operator'>;
  readonly action: string;
  readonly resource: Entity<'Task' | 'Application' | 'Target'>;
  readonly context: Attributes;
}

/** The decision, and the ids of the policies that determined it. No id if no policy permits the request. */
export interface PolicyDecision {
  readonly allowed: boolean;
  readonly policies: readonly string[];
  /** Policies that could not be evaluated. One of them denies the request, because it might have forbidden it. */
  readonly failed: readonly string[];
}

export interface Policy {
  decide(question: Question): PolicyDecision;
}

/** The export `createPolicy` of the policy code, which is loaded at the first request. */
export type CreatePolicy = (policies: Readonly<Record<string, string>>) => Policy;

/** Returns the attribute `source` for an address; none for an empty text. */
export const asAddress = (address: string): Attributes =>
  address === '' ? {} : { source: { __extn: { fn: 'ip', arg: address } } };

/** For the log line: the decision and its policies. */
export const policyFields = ({ allowed, failed, policies }: PolicyDecision): { readonly policy: string } => ({
  policy: [allowed ? 'allow' : 'deny', ...policies, ...failed.map((id) => `!${id}`)].join(' '),
});
