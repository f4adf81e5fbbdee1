import type { Context } from '../../context.ts';
import { intoNewFile } from '../../files.ts';
import { safeLines } from '../../io.ts';

/** Writes the bytes of a result or failure to a new file or to stdout, as they came. A terminal gets text without control characters. */
export const outputPayload = async (
  context: Context,
  out: string | undefined,
  read: () => Promise<Uint8Array>,
): Promise<void> => {
  const { io } = context;
  if (out !== undefined) {
    const { file, outcome } = await intoNewFile(context, out, read, (bytes) => bytes);
    io.note(`${outcome.byteLength} bytes are in ${file}.`);
    return;
  }
  const bytes = await read();
  io.write(io.isTerminal ? `${safeLines(new TextDecoder().decode(bytes))}\n` : bytes);
};
