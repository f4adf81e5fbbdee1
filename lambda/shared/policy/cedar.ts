import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Policies } from '../../contract/policy.ts';
import { POLICY_SCHEMA } from '../../contract/policy-cedar-schema.ts';
import { type ActionForm, POLICY_ACTIONS } from '../../contract/policy-questions.ts';
import type { Attributes, CreatePolicy, Entity } from './policy.ts';

/** Number of policy sets. Cedar keeps parsed policies by name for the whole process, so each set needs a new name. */
let created = 0;

/**
 * Parses Cedar policies once. A request that no policy permits is denied.
 * @throws {Error} if the policies do not parse; the synth refuses such policies
 */
export const createPolicy: CreatePolicy<Policies> = (policies) => {
  created += 1;
  const name = `policies-${created}`;
  for (const answer of [
    cedar.preparsePolicySet(name, { staticPolicies: policies }),
    cedar.preparseSchema(name, POLICY_SCHEMA),
  ]) {
    if (answer.type === 'failure') throw new Error(`Cedar: ${answer.errors.map(({ message }) => message).join('; ')}`);
  }
  return {
    decide: ({ action, context, principal, resource }) => {
      const answer = cedar.statefulIsAuthorized({
        principal: uidOf(principal),
        action: { type: 'Action', id: action },
        resource: uidOf(resource),
        context: contextOf(context),
        preparsedPolicySetId: name,
        preparsedSchemaName: name,
        validateRequest: true,
        entities: [principal, resource].map(entityOf),
      });
      if (answer.type === 'failure')
        throw new Error(`Cedar: ${answer.errors.map(({ message }) => message).join('; ')}`);
      const { decision, diagnostics } = answer.response;
      const failed = diagnostics.errors.map(({ policyId }) => policyId);
      return { allowed: decision === 'allow' && failed.length === 0, policies: diagnostics.reason, failed };
    },
  };
};

const uidOf = ({ id, type }: Pick<Entity<string>, 'id' | 'type'>): cedar.TypeAndId => ({ type, id });

const entityOf = (entity: Entity<string>): cedar.EntityJson => ({
  uid: uidOf(entity),
  attrs: values(entity.attributes),
  parents: entity.application === undefined ? [] : [uidOf({ type: 'Application', id: entity.application })],
});

const values = (attributes: Attributes): cedar.Context => ({ ...attributes }) as cedar.Context;

/** The members of a context. Cedar's JSON format has a form of its own for addresses; no attribute of an entity is one. */
const contextOf = (context: Attributes): cedar.Context =>
  Object.fromEntries(
    Object.entries(context).map(([name, value]) => [
      name,
      isAddress(name) ? { __extn: { fn: 'ip', arg: value } } : value,
    ]),
  ) as cedar.Context;

const isAddress = (name: string): boolean =>
  POLICY_ACTIONS.some(({ context }: ActionForm) => context[name]?.type === 'address');
