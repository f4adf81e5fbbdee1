/** A value as Cedar's JSON has it. */
type Value = string | number | readonly string[] | { readonly __extn: { readonly fn: 'ip'; readonly arg: string } };
export type Attributes = Readonly<Record<string, Value>>;

/** Whether somebody may do something; see `POLICY_SCHEMA`. */
export interface Question {
  readonly principal: { readonly type: 'Processor' | 'Sender'; readonly id: string; readonly attributes: Attributes };
  readonly action: string;
  readonly task: { readonly id: string; readonly attributes: Attributes };
  readonly context: Attributes;
}

/** What the policies say, and which of them decided: none where nothing permits. */
export interface PolicyDecision {
  readonly allowed: boolean;
  readonly policies: readonly string[];
  /** Policies that could not be evaluated. With one of them nothing is allowed: it may have been the one that forbids. */
  readonly failed: readonly string[];
}

export interface Policy {
  decide(question: Question): PolicyDecision;
}

/** The code of a policy, loaded at the first question. */
export type CreatePolicy = (policies: Readonly<Record<string, string>>) => Policy;

/** An address, where it is one. */
export const asAddress = (address: string): Attributes =>
  address === '' ? {} : { source: { __extn: { fn: 'ip', arg: address } } };

/** For the log line: what was decided and by which policies. */
export const policyFields = ({ allowed, failed, policies }: PolicyDecision): { readonly policy: string } => ({
  policy: [allowed ? 'allow' : 'deny', ...policies, ...failed.map((id) => `!${id}`)].join(' '),
});
