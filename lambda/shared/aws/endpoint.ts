type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the endpoint of a service: `AWS_ENDPOINT_URL_SERVICE` or `AWS_ENDPOINT_URL` if one is set, otherwise the
 * service's endpoint in the Region, the FIPS 140 endpoint with `AWS_USE_FIPS_ENDPOINT`.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws {Error} if the endpoints of the Region are not known here
 */
export const endpointOf = (
  service: 'dynamodb' | 'kms' | 'monitoring',
  region: string,
  environment: Environment,
): URL => {
  const override = environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || environment.AWS_ENDPOINT_URL;
  if (override) return new URL(override);
  const fips = environment.AWS_USE_FIPS_ENDPOINT === 'true' ? '-fips' : '';
  return new URL(`https://${service}${fips}.${region}.${suffixOf(region)}`);
};

/** The partitions `aws` and `aws-us-gov` share a suffix. Endpoints of undocumented partitions must be set by a variable. */
const suffixOf = (region: string): string => {
  if (/^cn-[a-z]+-\d$/.test(region)) return 'amazonaws.com.cn';
  if (/^[a-z]{2}(-gov)?-[a-z]+-\d$/.test(region)) return 'amazonaws.com';
  throw new Error(
    `Region "${region}" has no endpoints that are known here; expected one like eu-west-1, or AWS_ENDPOINT_URL.`,
  );
};

/**
 * Returns the Region of a function.
 * @throws {Error} if `AWS_REGION` is not set
 */
export const regionOf = ({ AWS_REGION: region }: Environment): string => {
  if (!region) throw new Error('AWS_REGION is not set; Lambda sets it.');
  return region;
};
