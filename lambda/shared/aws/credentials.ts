export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads the credentials of a function's role from the variables that Lambda sets. They are read for every request, so that
 * replaced credentials are used at the next one.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 * @throws {Error} at the request, if a variable is missing
 */
export const credentialsOf =
  (environment: Readonly<Record<string, string | undefined>>): (() => Credentials) =>
  () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = environment;
    if (!accessKeyId || !secretAccessKey) {
      throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set; Lambda sets them.');
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  };
