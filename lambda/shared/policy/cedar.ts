import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { POLICY_SCHEMA } from '../../contract/policy.ts';
import type { Attributes, CreatePolicy } from './policy.ts';

/** Cedar keeps what was parsed by name, for the whole process. */
let made = 0;

/**
 * Policies in Cedar, parsed once. What nothing permits is denied.
 * @throws {Error} where the policies do not parse, which the synth has refused
 */
export const createPolicy: CreatePolicy = (policies) => {
  made += 1;
  const name = `policies-${made}`;
  for (const answer of [
    cedar.preparsePolicySet(name, { staticPolicies: policies }),
    cedar.preparseSchema(name, POLICY_SCHEMA),
  ]) {
    if (answer.type === 'failure') throw new Error(`Cedar: ${answer.errors.map(({ message }) => message).join('; ')}`);
  }
  return {
    decide: ({ action, context, principal, task }) => {
      const who = { type: principal.type, id: principal.id };
      const what = { type: 'Task', id: task.id };
      const answer = cedar.statefulIsAuthorized({
        principal: who,
        action: { type: 'Action', id: action },
        resource: what,
        context: values(context),
        preparsedPolicySetId: name,
        preparsedSchemaName: name,
        validateRequest: true,
        entities: [
          { uid: who, attrs: values(principal.attributes), parents: [] },
          { uid: what, attrs: values(task.attributes), parents: [] },
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
