import { describe, expect, it } from 'vitest';
import { changesOf, describeChanges } from '../../../lib/update/changes.ts';

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
    expect(describeChanges(changes)).toEqual([
      '+ State/A (AWS::S3::Bucket) added',
      '~ State/B (AWS::SNS::Topic) changed: DisplayName',
      '- State/C (AWS::S3::Bucket) removed',
      '! Gateway/D (AWS::S3::Bucket) replaced: BucketName',
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
});
