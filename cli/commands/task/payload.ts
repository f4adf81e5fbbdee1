import type { Context } from '../../context.ts';
import { intoNewFile } from '../../files.ts';

// A processor's bytes must not move the cursor of a terminal or change its title. Tabs and line ends stay.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

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
  io.write(io.isTerminal ? `${new TextDecoder().decode(bytes).replaceAll(CONTROL, '�')}\n` : bytes);
};
