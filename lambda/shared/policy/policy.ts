/** A value of a member in `lambda/contract/policy-questions.ts`. An address is a text, which each language converts to its form. */
type Value = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, Value>>;

/** An entity of a request. */
export interface Entity<T extends string> {
  readonly type: T;
  readonly id: string;
  readonly attributes: Attributes;
  /** Id of its parent, an `Application`. */
  readonly application?: string;
}

/** An authorization request; see `POLICY_ACTIONS`. */
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

/**
 * The export `createPolicy` of the policy code, which is loaded at the first request.
 * @typeParam Source the policies: in Cedar by their ids, in Rego the bytes of a module
 */
export type CreatePolicy<Source> = (policies: Source) => Policy;

/** Returns the attribute `source` for an address; none for an empty text. */
export const asAddress = (address: string): Attributes => (address === '' ? {} : { source: address });

/** For the log line: the decision and its policies. */
export const policyFields = ({ allowed, failed, policies }: PolicyDecision): { readonly policy: string } => ({
  policy: [allowed ? 'allow' : 'deny', ...policies, ...failed.map((id) => `!${id}`)].join(' '),
});
