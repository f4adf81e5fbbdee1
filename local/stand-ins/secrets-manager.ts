import { createHash, randomUUID } from 'node:crypto';
import { type Input, type JsonService, optionalText, requiredText, ServiceError } from './aws-json.ts';

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versionId: string;
  readonly value: string;
  /** Seconds since 1970. */
  readonly createdAt: number;
}

/** The secrets of one account and region, in memory: who starts the gateway knows their values. */
export class Secrets {
  readonly #arnPrefix: string;
  readonly #secrets = new Map<string, Secret>();

  constructor(region: string, accountId: string) {
    this.#arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  }

  /** Sets a secret's current value and gives its ARN, which is the same for the same name. */
  put(name: string, value: string): string {
    const arn = `${this.#arnPrefix}${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
    this.#secrets.set(name, { name, arn, versionId: randomUUID(), value, createdAt: Date.now() / 1_000 });
    return arn;
  }

  /** Finds a secret by name, ARN, or ARN without its last six characters. */
  find(id: string): Secret | undefined {
    if (!id.startsWith('arn:')) return this.#secrets.get(id);
    return [...this.#secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id);
  }
}

/**
 * Stand-in for AWS Secrets Manager: `GetSecretValue` of the current version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export const createSecretsManager = (secrets: Secrets): JsonService => ({
  targetPrefix: 'secretsmanager',
  version: '1.1',
  operations: { GetSecretValue: (input) => getSecretValue(secrets, input) },
});

const CURRENT = 'AWSCURRENT';

const getSecretValue = (secrets: Secrets, input: Input): object => {
  const secret = secrets.find(requiredText(input, 'SecretId'));
  const stage = optionalText(input, 'VersionStage') ?? CURRENT;
  const version = optionalText(input, 'VersionId');
  if (secret === undefined) {
    throw new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  if (stage !== CURRENT || (version !== undefined && version !== secret.versionId)) {
    throw new ServiceError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${version ? `VersionId: ${version}` : `staging label: ${stage}`}`,
    );
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: secret.versionId,
    SecretString: secret.value,
    VersionStages: [CURRENT],
    CreatedDate: secret.createdAt,
  };
};
