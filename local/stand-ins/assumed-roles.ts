import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';

/** A role that was assumed, as a line of the file has it. */
export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId?: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/** The roles that the functions of this run have assumed. */
export class AssumedRoles {
  readonly file: string;
  readonly #now: () => number;
  readonly #byKey = new Map<string, AssumedRole>();

  /**
   * @param file gets each role, without its credentials, one JSON document a line
   * @param now milliseconds since 1970
   */
  constructor(file: string, now: () => number) {
    this.file = file;
    this.#now = now;
  }

  /** Credentials with which requests of the role are recognized. */
  assume(role: AssumedRole, seconds: number): Credentials {
    const credentials = {
      accessKeyId: `ASIA${randomBytes(10).toString('hex').slice(0, 16).toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
      expiresAt: new Date(this.#now() + seconds * 1_000),
    };
    this.#byKey.set(credentials.accessKeyId, role);
    const line = { at: new Date(this.#now()).toISOString(), ...role };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    return credentials;
  }

  /** ARN of the role whose credentials signed a request; `undefined` if it was none of these. */
  roleOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
    const [, accessKeyId = ''] = /\bCredential=([^/]+)\//.exec(headers.authorization ?? '') ?? [];
    return this.#byKey.get(accessKeyId)?.roleArn;
  }
}
