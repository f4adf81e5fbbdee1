import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { credentialsOf } from '../../../../lambda/shared/aws/credentials.ts';
import { endpointOf, regionOf } from '../../../../lambda/shared/aws/endpoint.ts';

const REGIONS = [
  'eu-west-1',
  'us-east-1',
  'ap-southeast-4',
  'us-gov-west-1',
  'us-gov-east-1',
  'cn-north-1',
  'mx-central-1',
];

describe('the endpoint of a service', () => {
  test.each(REGIONS.flatMap((region) => [false, true].map((fips) => [region, fips] as const)))(
    'is the one that the AWS SDK finds in %s with FIPS %s',
    (region, fips) => {
      const environment = fips ? { AWS_USE_FIPS_ENDPOINT: 'true' } : {};
      const asked = { Region: region, UseFIPS: fips, UseDualStack: false };
      const theirs = {
        dynamodb: new DynamoDBClient({ region }).config.endpointProvider(asked).url,
        kms: new KMSClient({ region }).config.endpointProvider(asked).url,
      };
      // DynamoDB's FIPS endpoints of GovCloud are its common ones; both names lead there.
      if (!(fips && region.startsWith('us-gov'))) {
        expect(endpointOf('dynamodb', region, environment).href).toBe(theirs.dynamodb.href);
      }
      expect(endpointOf('kms', region, environment).href).toBe(theirs.kms.href);
    },
  );

  test('is the given endpoint of the service, or else the given one of all services', () => {
    const AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    const AWS_ENDPOINT_URL_KMS = 'http://127.0.0.1:2';
    expect(endpointOf('kms', 'eu-west-1', { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS }).port).toBe('2');
    expect(endpointOf('dynamodb', 'eu-west-1', { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS }).port).toBe('1');
    expect(endpointOf('dynamodb', 'somewhere', { AWS_ENDPOINT_URL }).port).toBe('1');
  });

  test.each(['', 'eu', 'us-iso-east-1', 'eu-west-1.evil.example/', 'EU-WEST-1'])(
    'is not guessed for Region %j',
    (region) => {
      expect(() => endpointOf('dynamodb', region, {})).toThrow(`"${region}"`);
    },
  );

  test('needs a Region', () => {
    expect(regionOf({ AWS_REGION: 'eu-west-1' })).toBe('eu-west-1');
    expect(() => regionOf({})).toThrow('AWS_REGION');
  });
});

describe('credentials', () => {
  test('are read anew for every request', () => {
    const environment: Record<string, string> = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const credentials = credentialsOf(environment);
    expect(credentials()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
    Object.assign(environment, { AWS_ACCESS_KEY_ID: 'c', AWS_SESSION_TOKEN: 'd' });
    expect(credentials()).toEqual({ accessKeyId: 'c', secretAccessKey: 'b', sessionToken: 'd' });
  });

  test.each([
    {},
    { AWS_ACCESS_KEY_ID: 'a' },
    { AWS_SECRET_ACCESS_KEY: 'b' },
    { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 'b' },
  ])('are missing in %j', (environment) => {
    expect(credentialsOf(environment)).toThrow('AWS_ACCESS_KEY_ID');
  });
});
