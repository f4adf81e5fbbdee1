import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { Ajv } from 'ajv/dist/ajv.js';
import { describe, expect, test } from 'vitest';
import { POLICY_SCHEMA } from '../../../lambda/contract/policy-cedar-schema.ts';
import { policySchemaJson } from '../../../lambda/contract/policy-json-schema.ts';
import type { Question } from '../../../lambda/shared/policy/policy.ts';
import { inputOf } from '../../../lambda/shared/policy/rego.ts';

/** The schema, written by hand. */
const CEDAR = `
entity Application;
entity Processor = { "proof": String };
entity Sender in [Application];
entity Operator = { "issuer": String };
entity Task in [Application] = { "processor": String, "owner"?: String, "resource"?: String };
entity Target = { "kind": String };

action "result", "failure", "progress", "upload" appliesTo {
  principal: Processor,
  resource: Task,
  context: {
    "source"?: ipaddr,
    "carrier": String,
    "proof": String,
    "size": Long,
    "contentType": String,
    "age": Long,
  }
};

action "open", "reissue" appliesTo {
  principal: Sender,
  resource: Task,
  context: {
    "carrier": String,
    "expiresIn": Long,
    "callbacks": Set<String>,
  }
};

action "reopen" appliesTo {
  principal: [Sender, Operator],
  resource: Task,
  context: {
    "carrier": String,
    "expiresIn": Long,
    "callbacks": Set<String>,
    "reason": String,
    "protected": Bool,
  }
};

action "cancel" appliesTo {
  principal: [Sender, Operator],
  resource: Task,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "read", "settle" appliesTo {
  principal: Sender,
  resource: Task,
};

action "revoke", "accept", "discard", "reveal" appliesTo {
  principal: Operator,
  resource: Task,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "revoke_all", "abort", "redrive", "retire", "pause", "resume_dispatch" appliesTo {
  principal: Operator,
  resource: Target,
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "dispatch" appliesTo {
  principal: [Sender, Operator],
  resource: [Task, Target],
  context: {
    "reason": String,
    "protected": Bool,
  }
};

action "list" appliesTo {
  principal: Sender,
  resource: Application,
};
`;

/** The schema as JSON. Its entities and actions have no order. */
const jsonOf = (schema: string): unknown => {
  const answer = cedar.schemaToJson(schema);
  if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join('; '));
  return answer.json;
};

describe('the forms of questions to policies', () => {
  test('give the schema of Cedar', () => {
    expect(jsonOf(POLICY_SCHEMA)).toEqual(jsonOf(CEDAR));
  });

  const QUESTION: Question = {
    principal: { type: 'Sender', id: 'backend', attributes: {}, application: 'orders' },
    action: 'open',
    resource: { type: 'Task', id: 'task-1', attributes: { processor: 'acme-ocr' }, application: 'orders' },
    context: { carrier: 'header', expiresIn: 60, callbacks: ['result'] },
  };
  const validate = new Ajv({ strict: true }).compile(policySchemaJson());

  test('give a JSON schema that the input of Rego fits', () => {
    expect(validate(inputOf(QUESTION)) || validate.errors).toBe(true);
  });

  test.for<[string, object]>([
    ['a further member', { ...inputOf(QUESTION), more: 1 }],
    ['an unknown action', inputOf({ ...QUESTION, action: 'delete' })],
    ['a text as a number', inputOf({ ...QUESTION, context: { expiresIn: '60' } })],
    ['no context', { ...inputOf(QUESTION), context: undefined }],
  ])('give a JSON schema that an input with %s does not fit', ([, input]) => {
    expect(validate(input)).toBe(false);
  });
});
