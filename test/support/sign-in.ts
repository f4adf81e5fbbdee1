import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { CLI_CLIENT_ID, loadIdentities } from '../../local/identity-provider/identities.ts';
import { bindIdentityProvider } from '../../local/identity-provider/identity-provider.ts';
import { Browser } from './browser.ts';
import { type CommandEnd, type RunningCommand, runPostern, startPostern } from './command-line.ts';
import { test as base } from './unit-fixtures.ts';

export const GATEWAY = 'http://127.0.0.1:8080';
export const SECRET_CLIENT = {
  clientId: 'secret-sender',
  secret: 'secret-of-the-client:+/%&-0123456789abcdef',
} as const;
export { CLI_CLIENT_ID };

/** A person's home folder, with the command line in it. */
export interface Home {
  readonly folder: string;
  readonly configFile: string;
  readonly run: (words: readonly string[], options?: RunOptions) => Promise<CommandEnd>;
  readonly start: (words: readonly string[], options?: RunOptions) => RunningCommand;
  /** Content of the file with the sign-in of a profile. */
  readonly signIn: (profile: string) => StoredFile | undefined;
  readonly signInFile: (profile: string) => string;
  /** Every file below the folder. */
  readonly filesOf: () => readonly (StoredFile & { readonly path: string })[];
  /** Makes the stored tokens of a profile old: they expire at this time. @default long ago */
  readonly expireTokens: (profile: string, at?: Date) => void;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

interface StoredFile {
  readonly mode: number;
  readonly text: string;
}

export const test = base
  .extend('identities', { scope: 'file' }, ({ folder }) => loadIdentities(join(folder, 'identities.json')))
  /** The real OpenID provider of `npm start`. */
  .extend('idp', { scope: 'file' }, async ({ identities }, { onCleanup }) => {
    const idp = await bindIdentityProvider(0);
    onCleanup(idp.stop);
    await idp.serve({
      identities,
      gatewayOrigin: GATEWAY,
      consoleRedirectUri: `${GATEWAY}/oauth2/idpresponse`,
      clients: [
        {
          client_id: SECRET_CLIENT.clientId,
          client_secret: SECRET_CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          scope: 'task_read task_write',
        },
      ],
    });
    return idp;
  })
  .extend('home', ({ ownFolder }): Home => {
    const state = join(ownFolder, '.local/state/postern');
    const signInFile = (profile: string) => join(state, `${profile}.json`);
    const optionsOf = ({ env = {}, stdin }: RunOptions = {}) => ({
      cwd: ownFolder,
      env,
      ...(stdin !== undefined && { stdin }),
    });
    return {
      folder: ownFolder,
      configFile: join(ownFolder, '.config/postern/config.toml'),
      run: (words, options) => runPostern(words, optionsOf(options)),
      start: (words, options) => startPostern(words, optionsOf(options)),
      signInFile,
      signIn: (profile) => {
        const file = signInFile(profile);
        if (!existsSync(file)) return undefined;
        return { mode: statSync(file).mode & 0o777, text: readFileSync(file, 'utf8') };
      },
      filesOf: () =>
        readdirSync(ownFolder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name);
            return { path, mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') };
          }),
      expireTokens: (profile, at = new Date('2026-01-01')) => {
        const file = signInFile(profile);
        const text = readFileSync(file, 'utf8');
        writeFileSync(file, text.replaceAll(/"expiresAt": "[^"]+"/g, `"expiresAt": "${at.toISOString()}"`));
      },
    };
  })
  /** Path of the private key of the client `local-sender`. */
  .extend('keyFile', ({ home, identities }) => {
    const file = join(home.folder, 'key.jwk');
    writeFileSync(file, JSON.stringify(identities.clientKeys.sender), { mode: 0o600 });
    return file;
  })
  /** Flags of a login at the provider of this file. */
  .extend('at', ({ idp }) => (profile: string, clientId: string): readonly string[] => [
    ...['--profile', profile, '--origin', GATEWAY, '--issuer', idp.issuer, '--client-id', clientId],
  ]);

/** An address of this machine at which nothing listens. */
export const deadAddress = async (): Promise<string> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
};

/** Waits until a command shows an address on stderr, and returns it. */
export const addressOf = async ({ ended, noted }: RunningCommand): Promise<string> => {
  let end: CommandEnd | undefined;
  void ended.then((result) => {
    end = result;
  });
  for (;;) {
    const [, address] = /^(https?:\/\/\S+)\n/m.exec(noted()) ?? [];
    if (address !== undefined) return address;
    if (end !== undefined) throw new Error(`ended with ${end.code} without an address: ${end.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** A person who signs in on the provider's page, and whose browser then goes where the provider sends it. */
export const signInAs = async (
  person: string,
  address: string,
): Promise<{ readonly url: string; readonly text: string }> => {
  const browser = new Browser(new URL(address).origin);
  const page = await browser.follow(address);
  const posted = await browser.request(page.url, { method: 'POST', body: new URLSearchParams({ login: person }) });
  const next = new URL(posted.headers.get('location') ?? '', page.url).href;
  const { response, url } = await browser.follow(next);
  const text = await response.text();
  if (text.includes('<form')) throw new Error(`The provider asks again at ${url}.`);
  return { url, text };
};
