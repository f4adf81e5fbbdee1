import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The user's Go. */
export interface Go {
  /** `go1.26.8` */
  readonly version: string;
  /** Folder with its sources and programs. */
  readonly root: string;
}

const DOWNLOAD = 'https://go.dev/dl/';
const OTHERWISE = 'or start without POSTERN_INGRESS';

/** Only the installed Go, no workspace of the user, and modules exactly as `go.sum` has them. */
const FIXED = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-mod=readonly' } as const;

/**
 * Finds the command `go` in PATH.
 * @param environment @default process.env
 * @throws {Error} with the remedy, if there is none
 */
export const findGo = (environment: Readonly<Record<string, string | undefined>> = process.env): Promise<Go> =>
  new Promise((resolve, reject) => {
    const env = { ...environment, ...FIXED };
    // In another folder, a go.mod of the user could ask for another version.
    execFile('go', ['env', '-json', 'GOVERSION', 'GOROOT'], { cwd: tmpdir(), env }, (error, stdout, stderr) => {
      if (error === null) {
        const { GOROOT, GOVERSION } = JSON.parse(stdout) as { readonly GOROOT: string; readonly GOVERSION: string };
        resolve({ version: GOVERSION, root: GOROOT });
      } else if (error.code === 'ENOENT') {
        reject(
          new Error(
            `POSTERN_INGRESS=network builds the network door with Go, and PATH has no command "go". Install Go from ${DOWNLOAD}, ${OTHERWISE}.`,
          ),
        );
      } else {
        reject(new Error(`The command "go" fails: ${stderr.trim() || error.message}`));
      }
    });
  });

/**
 * Checks that a Go can build a module.
 * @param sources folder with its `go.mod`
 * @throws {Error} with the remedy, if it is too old
 */
export const assertCanBuild = ({ version }: Go, sources: string): void => {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(sources, 'go.mod'), 'utf8'));
  const found = /go(\d+)\.(\d+)/.exec(version);
  if (wanted === null || found === null || isAtLeast(found, wanted)) return;
  throw new Error(
    `The network door needs Go ${wanted[1]}.${wanted[2]} or later; "go" is ${version}. Install a later one from ${DOWNLOAD}, ${OTHERWISE}.`,
  );
};

const isAtLeast = (found: RegExpExecArray, wanted: RegExpExecArray): boolean => {
  const [major, minor] = [1, 2].map((part) => Number(found[part]) - Number(wanted[part]));
  return major === 0 ? Number(minor) >= 0 : Number(major) > 0;
};

export interface GoCommandOptions {
  readonly cwd: string;
  /** Ends the command. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command of Go to its end, with low priority.
 * @throws {Error} with what it wrote, if it fails
 */
export const runGo = async (parameters: readonly string[], { cwd, signal }: GoCommandOptions): Promise<void> => {
  const child = spawn('go', parameters, {
    cwd,
    env: { ...process.env, ...FIXED },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  // Compilers that it starts have the same priority.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(said.trim() || `"go ${parameters[0]}" ended with ${code}.`);
};
