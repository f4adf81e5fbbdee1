/**
 * What policies are asked about: the one source of the Cedar schema and of the JSON schema of Rego's `input`. Both adapters and the
 * lint of Rego read it too.
 */

/** Type of a member. An `address` is an IPv4 or IPv6 address, as text. */
export type MemberType = 'string' | 'integer' | 'boolean' | 'address' | 'strings';

/** An attribute of an entity, or a member of a context. */
export interface Member {
  readonly type: MemberType;
  /** True if some questions that have this member in their form come without it. */
  readonly isOptional?: true;
}

export type Members = Readonly<Record<string, Member>>;

/** An entity of a question. */
export interface EntityForm {
  readonly attributes: Members;
  /** True if the entity has an application as parent, in some questions at least. */
  readonly hasApplication?: true;
}

const TEXT = { type: 'string' } as const;

/**
 * The task of a callback has only the attributes that its token states, and no parent: no table is read before all checks have
 * passed. `owner` is present if the environment sets `ownerClaim`. The task of a sender has its application as parent, like the
 * sender itself. A `Target` is what an action of an operator changes if it is not a task: its kind is `processor`, `job`, `queue` or
 * `key`.
 */
export const POLICY_ENTITIES = {
  Application: { attributes: {} },
  Processor: { attributes: { proof: TEXT } },
  Sender: { attributes: {}, hasApplication: true },
  Operator: { attributes: { issuer: TEXT } },
  Task: {
    attributes: {
      processor: TEXT,
      owner: { type: 'string', isOptional: true },
      resource: { type: 'string', isOptional: true },
    },
    hasApplication: true,
  },
  Target: { attributes: { kind: TEXT } },
} as const satisfies Readonly<Record<string, EntityForm>>;

export type EntityType = keyof typeof POLICY_ENTITIES;

/** Actions with the same principals, resources and context. */
export interface ActionForm {
  readonly actions: readonly string[];
  readonly principals: readonly EntityType[];
  readonly resources: readonly EntityType[];
  readonly context: Members;
}

/** Parameters of new callbacks. `expiresIn` is in seconds. */
const CALLBACK_PARAMETERS = { carrier: TEXT, expiresIn: { type: 'integer' }, callbacks: { type: 'strings' } } as const;
const CHANGE = { reason: TEXT, protected: { type: 'boolean' } } as const;

/**
 * The actions `reopen`, `cancel` and `dispatch` are those of senders and of operators; those of a sender have the reason `""`. The
 * target of `dispatch` is a task, or a processor of which many tasks are sent again.
 */
export const POLICY_ACTIONS = [
  {
    actions: ['result', 'failure', 'progress', 'upload'],
    principals: ['Processor'],
    resources: ['Task'],
    context: {
      source: { type: 'address', isOptional: true },
      carrier: TEXT,
      proof: TEXT,
      /** Bytes. */
      size: { type: 'integer' },
      contentType: TEXT,
      /** Seconds. */
      age: { type: 'integer' },
    },
  },
  { actions: ['open', 'reissue'], principals: ['Sender'], resources: ['Task'], context: CALLBACK_PARAMETERS },
  {
    actions: ['reopen'],
    principals: ['Sender', 'Operator'],
    resources: ['Task'],
    context: { ...CALLBACK_PARAMETERS, ...CHANGE },
  },
  { actions: ['cancel'], principals: ['Sender', 'Operator'], resources: ['Task'], context: CHANGE },
  { actions: ['read', 'settle'], principals: ['Sender'], resources: ['Task'], context: {} },
  {
    actions: ['revoke', 'accept', 'discard', 'reveal'],
    principals: ['Operator'],
    resources: ['Task'],
    context: CHANGE,
  },
  {
    actions: ['revoke_all', 'abort', 'redrive', 'retire', 'pause', 'resume_dispatch'],
    principals: ['Operator'],
    resources: ['Target'],
    context: CHANGE,
  },
  { actions: ['dispatch'], principals: ['Sender', 'Operator'], resources: ['Task', 'Target'], context: CHANGE },
  { actions: ['list'], principals: ['Sender'], resources: ['Application'], context: {} },
] as const satisfies readonly ActionForm[];
