import type { AttributeValue, _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord, AttributeValue as LambdaAttributeValue } from 'aws-lambda';

/** A stream's record as Lambda hands it to a function: binaries in base64, times in seconds. */
export const toLambdaRecord = (record: StreamRecord, streamArn: string, region: string): DynamoDBRecord => {
  const { dynamodb = {}, eventName, eventID } = record;
  const { ApproximateCreationDateTime: createdAt, Keys, NewImage, OldImage, SequenceNumber, SizeBytes } = dynamodb;
  return {
    ...(eventID !== undefined && { eventID }),
    ...(eventName !== undefined && { eventName }),
    eventVersion: record.eventVersion ?? '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: {
      ...(createdAt !== undefined && { ApproximateCreationDateTime: createdAt.getTime() / 1_000 }),
      ...(Keys !== undefined && { Keys: toLambdaMap(Keys) }),
      ...(NewImage !== undefined && { NewImage: toLambdaMap(NewImage) }),
      ...(OldImage !== undefined && { OldImage: toLambdaMap(OldImage) }),
      ...(SequenceNumber !== undefined && { SequenceNumber }),
      ...(SizeBytes !== undefined && { SizeBytes }),
      ...(dynamodb.StreamViewType !== undefined && { StreamViewType: dynamodb.StreamViewType }),
    },
    ...(record.userIdentity !== undefined && { userIdentity: record.userIdentity }),
    eventSourceARN: streamArn,
  };
};

const toLambdaMap = (map: Readonly<Record<string, AttributeValue>>): Record<string, LambdaAttributeValue> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, toLambdaValue(value)]));

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const toLambdaValue = (value: AttributeValue): LambdaAttributeValue => {
  if (value.B !== undefined) return { B: toBase64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(toBase64) };
  if (value.L !== undefined) return { L: value.L.map(toLambdaValue) };
  if (value.M !== undefined) return { M: toLambdaMap(value.M) };
  const { S, N, BOOL, NULL, SS, NS } = value;
  return Object.fromEntries(
    Object.entries({ S, N, BOOL, NULL, SS, NS }).filter(([, each]) => each !== undefined),
  ) as LambdaAttributeValue;
};
