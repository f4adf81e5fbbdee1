type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a service is reached: at `AWS_ENDPOINT_URL_SERVICE` or `AWS_ENDPOINT_URL` where one is set, otherwise at its
 * endpoint of the Region, by FIPS 140 with `AWS_USE_FIPS_ENDPOINT`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws {Error} where the Region is none whose endpoints are known here
 */
export const endpointOf = (service: 'dynamodb' | 'kms', region: string, environment: Environment): URL => {
  const given = environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || environment.AWS_ENDPOINT_URL;
  if (given) return new URL(given);
  const fips = environment.AWS_USE_FIPS_ENDPOINT === 'true' ? '-fips' : '';
  return new URL(`https://${service}${fips}.${region}.${suffixOf(region)}`);
};

/** Partitions `aws` and `aws-us-gov` share a suffix; those without public documents have to be given whole. */
const suffixOf = (region: string): string => {
  if (/^cn-[a-z]+-\d$/.test(region)) return 'amazonaws.com.cn';
  if (/^[a-z]{2}(-gov)?-[a-z]+-\d$/.test(region)) return 'amazonaws.com';
  throw new Error(
    `Region "${region}" has no endpoints that are known here; expected one like eu-west-1, or AWS_ENDPOINT_URL.`,
  );
};

/**
 * The Region of a function.
 * @throws {Error} where `AWS_REGION` is not set
 */
export const regionOf = ({ AWS_REGION: region }: Environment): string => {
  if (!region) throw new Error('AWS_REGION is not set; Lambda sets it.');
  return region;
};
