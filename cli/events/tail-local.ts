import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { readLocalGateway } from '../sign-in/local-gateway.ts';
import { type BusEvent, readEvent } from './bus-event.ts';

/** Time between two looks at the file. */
const POLL_MILLISECONDS = 100;

/**
 * Follows the events file of the gateway on this machine until the signal.
 * @param fromStart true to begin with the events of earlier
 * @throws {CommandError} `unavailable`, if no gateway runs
 */
export const tailLocal = async (
  { io, settings, signal }: Pick<Context, 'io' | 'settings' | 'signal'>,
  fromStart: boolean,
  show: (event: BusEvent) => void,
): Promise<void> => {
  const { file } = readLocalGateway(settings.readyFile).events;
  let position = fromStart ? 0 : await sizeOf(file);
  io.note(`Following ${file}. Ctrl-C ends it.`);
  let rest = Buffer.alloc(0);
  while (!signal.aborted) {
    const added = await readFrom(file, position);
    position += added.length;
    const bytes = Buffer.concat([rest, added]);
    const end = bytes.lastIndexOf('\n') + 1;
    // The gateway may be in the middle of a line.
    rest = bytes.subarray(end);
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
      const event = readEvent(line);
      if (event !== undefined) show(event);
    }
    await wait(POLL_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
};

const sizeOf = async (file: string): Promise<number> =>
  (await withFile(file, async (handle) => (await handle.stat()).size)) ?? 0;

const readFrom = async (file: string, position: number): Promise<Buffer> =>
  (await withFile(file, async (handle) => {
    const { size } = await handle.stat();
    if (size <= position) return Buffer.alloc(0);
    const bytes = Buffer.alloc(size - position);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
    return bytes.subarray(0, bytesRead);
  })) ?? Buffer.alloc(0);

/** Does nothing before the first event, when there is no file. */
const withFile = async <T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T | undefined> => {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
};
