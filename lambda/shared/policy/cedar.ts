import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { POLICY_SCHEMA } from '../../contract/policy.ts';
import type { Attributes, CreatePolicy } from './policy.ts';

/** Number of policy sets. Cedar keeps parsed policies by name for the whole process, so each set needs a new name. */
let created = 0;

/**
 * Parses Cedar policies once. A request that no policy permits is denied.
 * @throws {Error} if the policies do not parse; the synth refuses such policies
 */
export const createPolicy: CreatePolicy = (policies) => {
  created += 1;
  const name = `policies-${created}`;
  for (const answer of [
    cedar.preparsePolicySet(name, { staticPolicies: policies }),
    cedar.preparseSchema(name, POLICY_SCHEMA),
  ]) {
    if (answer.type === 'failure') throw new Error(`Cedar: ${answer.errors.map(({ message }) => message).join('; ')}`);
  }
  return {
    decide: ({ action, context, principal, task }) => {
      const principalId = { type: principal.type, id: principal.id };
      const taskId = { type: 'Task', id: task.id };
      const answer = cedar.statefulIsAuthorized({
        principal: principalId,
        action: { type: 'Action', id: action },
        resource: taskId,
        context: values(context),
        preparsedPolicySetId: name,
        preparsedSchemaName: name,
        validateRequest: true,
        entities: [
          { uid: principalId, attrs: values(principal.attributes), parents: [] },
          { uid: taskId, attrs: values(task.attributes), parents: [] },
        ],
      });
      if (answer.type === 'failure')
        throw new Error(`Cedar: ${answer.errors.map(({ message }) => message).join('; ')}`);
      const { decision, diagnostics } = answer.response;
      const failed = diagnostics.errors.map(({ policyId }) => policyId);
      return { allowed: decision === 'allow' && failed.length === 0, policies: diagnostics.reason, failed };
    },
  };
};

const values = (attributes: Attributes): cedar.Context => ({ ...attributes }) as cedar.Context;
