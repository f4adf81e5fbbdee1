import { expect, test } from 'vitest';
import type { Stack, Template } from '../../../local/template/cloud-assembly.ts';
import { createResolver } from '../../../local/template/resolve.ts';
import { assertKnownTypes } from '../../../local/template/resource-types.ts';

const QUEUE = 'AWS::SQS::Queue';
const aStack = (name: string, template: Template): Stack => ({ name, template, assets: new Map() });
const aResolver = (...stacks: Stack[]) =>
  createResolver(stacks, (id, field) => (id === 'app/secret' ? `value of ${field}` : undefined));

/** The value that `expression` has as a property in a stack with some resources around it. */
const resolved = (expression: unknown, template: Template = {}): unknown => {
  const stack = aStack('Stack', {
    ...template,
    Resources: {
      Subject: { Type: QUEUE, Properties: { value: expression } },
      Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'tasks' } },
      Unnamed: { Type: 'AWS::DynamoDB::GlobalTable' },
      Function: { Type: 'AWS::Lambda::Function' },
      Version: { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } },
      Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' }, Name: 'live' } },
      Role: { Type: 'AWS::IAM::Role' },
      Below: { Type: 'AWS::IAM::Role', Properties: { Path: '/postern/local/' } },
      Rule: { Type: 'AWS::Events::Rule' },
      Outcomes: { Type: QUEUE, Properties: { FifoQueue: true } },
      Strange: { Type: 'AWS::Strange::Thing' },
      ...template.Resources,
    },
  });
  return aResolver(stack).resources(QUEUE)[0]?.properties.value;
};

test.each<[string, unknown, unknown]>([
  ['plain values', { a: [1, 'b', true, null] }, { a: [1, 'b', true, null] }],
  ['Ref', { Ref: 'Table' }, 'tasks'],
  ['Ref of a resource without a name', { Ref: 'Unnamed' }, 'Unnamed'],
  [
    'Ref of pseudo parameters',
    [{ Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }, { Ref: 'AWS::StackName' }],
    ['eu-west-1', '000000000000', 'Stack'],
  ],
  ['Ref of no value in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
  ['Ref of no value in a map', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks'],
  ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Table.Arn' }, 'arn:aws:dynamodb:eu-west-1:000000000000:table/tasks'],
  ['an alias', { Ref: 'Live' }, 'arn:aws:lambda:eu-west-1:000000000000:function:Function:live'],
  ['the one version', { 'Fn::GetAtt': ['Version', 'Version'] }, '1'],
  ['a role', { 'Fn::GetAtt': ['Role', 'Arn'] }, 'arn:aws:iam::000000000000:role/Role'],
  ['a role below a path', { 'Fn::GetAtt': ['Below', 'Arn'] }, 'arn:aws:iam::000000000000:role/postern/local/Below'],
  ['a rule', { 'Fn::GetAtt': ['Rule', 'Arn'] }, 'arn:aws:events:eu-west-1:000000000000:rule/Rule'],
  ['a FIFO queue', { 'Fn::GetAtt': ['Outcomes', 'Arn'] }, 'arn:aws:sqs:eu-west-1:000000000000:Outcomes.fifo'],
  ['the URL of a FIFO queue', { Ref: 'Outcomes' }, 'https://sqs.eu-west-1.amazonaws.com/000000000000/Outcomes.fifo'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 1]] }, 'a-tasks-1'],
  [
    'Fn::Sub',
    { 'Fn::Sub': `\${AWS::Region}/\${Table}/\${Table.Arn}/\${!Literal}` },
    `eu-west-1/tasks/arn:aws:dynamodb:eu-west-1:000000000000:table/tasks/\${Literal}`,
  ],
  ['Fn::Sub with variables', { 'Fn::Sub': [`\${a}`, { a: { Ref: 'Table' } }] }, 'tasks'],
  ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['a secret', '{{resolve:secretsmanager:app/secret:SecretString:password::}}', 'value of password'],
  [
    'a secret without a field',
    { 'Fn::Join': ['', ['{{resolve:secretsmanager:', 'app/secret', '}}']] },
    'value of undefined',
  ],
])('resolves %s', (_, expression, value) => {
  expect(resolved(expression)).toEqual(value);
});

test('resolves conditions, and leaves out resources whose condition is false', () => {
  const Conditions = {
    Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  };
  const choose = (name: string) => ({ 'Fn::If': [name, 'yes', 'no'] });
  expect(resolved(['Yes', 'No', 'Both', 'Either'].map(choose), { Conditions })).toEqual(['yes', 'no', 'no', 'yes']);
  const stack = aStack('Stack', { Conditions, Resources: { Gone: { Type: QUEUE, Condition: 'No' } } });
  expect(aResolver(stack).resources(QUEUE)).toEqual([]);
});

test('resolves what another stack exports', () => {
  const state = aStack('State', {
    Resources: { Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'tasks' } } },
    Outputs: { Out: { Value: { Ref: 'Table' }, Export: { Name: 'State:Table' } } },
  });
  const gateway = aStack('Gateway', {
    Resources: { Queue: { Type: QUEUE, Properties: { QueueName: { 'Fn::ImportValue': 'State:Table' } } } },
  });
  expect(aResolver(gateway, state).resources(QUEUE)[0]?.properties).toEqual({ QueueName: 'tasks' });
  expect(() => aResolver(gateway).resources(QUEUE)).toThrow('no stack exports "State:Table"');
});

test('uses the ids that a resource really has, once they are known', () => {
  const stack = aStack('Stack', {
    Resources: {
      Key: { Type: 'AWS::KMS::Key' },
      Queue: { Type: QUEUE, Properties: { ref: { Ref: 'Key' }, arn: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
    },
  });
  const resolver = aResolver(stack);
  const [key] = resolver.resources('AWS::KMS::Key');
  if (key === undefined) throw new Error('no key');
  resolver.assign(key, { ref: 'real', attributes: { Arn: 'arn:real' } });
  expect(resolver.resources(QUEUE)[0]?.properties).toEqual({ ref: 'real', arn: 'arn:real' });
});

test.each<[string, unknown, string]>([
  ['an intrinsic function', { 'Fn::Cidr': ['10.0.0.0/16', 2] }, 'the intrinsic function Fn::Cidr'],
  ['an attribute', { 'Fn::GetAtt': ['Table', 'TableId'] }, 'the attribute TableId of AWS::DynamoDB::GlobalTable'],
  ['an attribute of an unknown type', { 'Fn::GetAtt': ['Strange', 'Arn'] }, 'the attribute Arn of AWS::Strange::Thing'],
  ['a Ref of an unknown type', { Ref: 'Strange' }, 'Ref of a resource of type AWS::Strange::Thing'],
  ['a pseudo parameter', { Ref: 'AWS::StackId' }, 'the pseudo parameter AWS::StackId'],
  ['a resource that is not there', { Ref: 'Nowhere' }, '"Nowhere"'],
  ['a condition that is not there', { 'Fn::If': ['Nowhere', 1, 2] }, '"Nowhere"'],
  ['another dynamic reference', '{{resolve:ssm:/a/b}}', '{{resolve:ssm:/a/b}}'],
  ['a secret that is not there', '{{resolve:secretsmanager:other}}', '{{resolve:secretsmanager:other}}'],
])('stops by name at %s that it does not know', (_, expression, named) => {
  expect(() => resolved(expression)).toThrow(named);
  expect(() => resolved(expression)).toThrow('Subject');
});

test('does not look at what nobody asks for', () => {
  const stack = aStack('Stack', {
    Resources: { Queue: { Type: QUEUE }, Other: { Type: 'AWS::EC2::VPC', Properties: { a: { 'Fn::Cidr': [] } } } },
  });
  expect(aResolver(stack).resources(QUEUE)).toHaveLength(1);
});

test('stops by name at a type of resource that nobody has decided about', () => {
  const stack = aStack('Stack', {
    Resources: { Topic: { Type: 'AWS::Strange::Thing' }, Vpc: { Type: 'AWS::EC2::VPC' } },
  });
  expect(() => assertKnownTypes([stack])).toThrow('Stack, Topic: the type AWS::Strange::Thing is not known');
});
