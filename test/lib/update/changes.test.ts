import { describe, expect, it } from 'vitest';
import { changesOf, describeChanges, endsSending, removedApplications } from '../../../lib/update/changes.ts';

const bucket = (BucketName: string, more: object = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName },
  ...more,
});
const templates = (state: object, gateway: object = {}) =>
  ({ state: { Resources: state }, gateway: { Resources: gateway } }) as never;
const topic = (DisplayName: string) => ({ Type: 'AWS::SNS::Topic', Properties: { DisplayName, TopicName: 't' } });

describe('changes of a deployment', () => {
  it('are listed by stack and logical id, with the members that differ', () => {
    const before = templates({ B: topic('old'), C: bucket('gone') }, { D: bucket('a') });
    const after = templates({ A: bucket('new'), B: topic('new') }, { D: bucket('b') });
    const changes = changesOf(before, after);
    expect(changes).toEqual([
      { stack: 'State', resource: 'A', type: 'AWS::S3::Bucket', kind: 'added' },
      { stack: 'State', resource: 'B', type: 'AWS::SNS::Topic', kind: 'changed', properties: ['DisplayName'] },
      { stack: 'State', resource: 'C', type: 'AWS::S3::Bucket', kind: 'removed' },
      { stack: 'Gateway', resource: 'D', type: 'AWS::S3::Bucket', kind: 'replaced', properties: ['BucketName'] },
    ]);
  });

  it('are described with replaced and removed data first, and with their numbers at the end', () => {
    const code = (S3Key: string) => ({ Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key } } });
    const memory = (MemorySize: number) => ({ Type: 'AWS::Lambda::Function', Properties: { MemorySize } });
    const before = templates(
      { B: topic('old'), C: bucket('gone'), E: topic('gone') },
      { D: bucket('a'), F: code('a'), G: memory(128) },
    );
    const after = templates({ A: bucket('new'), B: topic('new') }, { D: bucket('b'), F: code('b'), G: memory(256) });
    expect(describeChanges(changesOf(before, after))).toEqual([
      '- State/C (AWS::S3::Bucket) removed',
      '! Gateway/D (AWS::S3::Bucket) replaced: BucketName',
      '+ State/A (AWS::S3::Bucket) added',
      '~ State/B (AWS::SNS::Topic) changed: DisplayName',
      '- State/E (AWS::SNS::Topic) removed',
      '~ Gateway/F (AWS::Lambda::Function) changed: Code',
      '~ Gateway/G (AWS::Lambda::Function) changed: MemorySize',
      'Resources: 1 replaced, 2 removed, 3 changed, 1 added. Functions with new code: 1.',
    ]);
  });

  it('include attributes beside the properties, but no metadata and no order of members', () => {
    const before = templates({ A: bucket('a', { DeletionPolicy: 'Retain', Metadata: { path: 'old' } }) });
    const after = templates({
      A: { Metadata: { path: 'new' }, Properties: { BucketName: 'a' }, Type: 'AWS::S3::Bucket' },
    });
    expect(changesOf(before, after)).toMatchObject([{ kind: 'changed', properties: ['DeletionPolicy'] }]);
    expect(changesOf(before, before)).toEqual([]);
    expect(describeChanges([])).toEqual(['The deployed templates are the same as those of the file.']);
  });

  it('name an application whose client is removed, also by another id of the application', () => {
    const client = (ClientName: string) => ({ Type: 'AWS::Cognito::UserPoolClient', Properties: { ClientName } });
    const other = { UserPoolConsole: client('console') };
    const before = templates(
      {},
      { ...other, SenderClientsInvoices1: client('invoices'), SenderClientsB2: client('b') },
    );
    const after = templates({}, { SenderClientsInvoice3: client('invoice'), SenderClientsB2: client('b') });
    expect(removedApplications(before, after)).toEqual(['invoices']);
    expect(removedApplications(before, before)).toEqual([]);
  });
});

describe('a deployment that ends the sending of work', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: {} };
  const sending = templates(
    {},
    { BackgroundDispatchingQueuesOfacmeocr1: queue, BackgroundDispatchingDispatch2: queue },
  );
  const fewer = templates({}, { BackgroundDispatchingDispatch2: queue });
  const none = templates({}, { BackgroundExpire1: queue });

  it('is one that removes the last dispatch, and not one of several', () => {
    expect(endsSending(sending, none)).toBe(true);
    expect(endsSending(sending, fewer)).toBe(false);
    expect(endsSending(none, none)).toBe(false);
    expect(endsSending(none, sending)).toBe(false);
  });
});
