import { type WasmModule, wasm } from './web-assembly.ts';

/**
 * Exports of a module of OPA, ABI 1 (https://www.openpolicyagent.org/docs/wasm). Addresses and lengths are bytes in the memory. The
 * one-call `opa_eval` of ABI 1.2 is not used: it evaluates with no input at all if the input does not parse.
 */
interface OpaExports {
  readonly opa_wasm_abi_version?: { readonly value: number };
  readonly opa_wasm_abi_minor_version?: { readonly value: number };
  readonly builtins: () => number;
  readonly entrypoints: () => number;
  readonly opa_json_dump: (value: number) => number;
  readonly opa_json_parse: (text: number, length: number) => number;
  readonly opa_malloc: (length: number) => number;
  readonly opa_heap_ptr_get: () => number;
  readonly opa_heap_ptr_set: (address: number) => void;
  readonly opa_eval_ctx_new: () => number;
  readonly opa_eval_ctx_set_input: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_data: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_entrypoint: (context: number, id: number) => void;
  readonly opa_eval_ctx_get_result: (context: number) => number;
  readonly eval: (context: number) => number;
}

/** That of OPA 0.31 (2021). Minor versions only add to earlier ones. */
const MIN_ABI_MINOR = 2;

/** Pages of 64 KiB. A module of the largest size fits into the first ones, and a question needs some kilobytes. */
const INITIAL_PAGES = 32;
/** 16 MiB. An evaluation that needs more is aborted, so the function keeps its memory. */
const MAX_PAGES = 256;

/** What a module says of itself. */
export interface OpaModule {
  /** Names of functions that the host would have to provide. */
  readonly builtins: readonly string[];
  /** Ids of the rules that can be evaluated, by path. */
  readonly entryPoints: Readonly<Record<string, number>>;
  /** Evaluates a rule. @returns the parsed answer. @throws {Error} if the module aborts */
  readonly evaluate: (entryPoint: number, input: object) => unknown;
}

/** Functions of the host that OPA's modules import from `env`, besides its `memory`. */
export const HOST_FUNCTIONS = [
  'opa_abort',
  'opa_println',
  'opa_builtin0',
  'opa_builtin1',
  'opa_builtin2',
  'opa_builtin3',
  'opa_builtin4',
] as const;

/**
 * Starts a module. Nothing of an evaluation stays in its memory.
 * @throws {Error} if it is no module of OPA, or aborts
 */
export const openModule = (module: WasmModule): OpaModule => {
  const memory = new wasm.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES });
  const bytes = () => new Uint8Array(memory.buffer);
  const textAt = (address: number): string => {
    const all = bytes();
    return new TextDecoder().decode(all.subarray(address, all.indexOf(0, address)));
  };
  const noBuiltin = (id: number): never => {
    throw new Error(`The module calls function ${id} of its host, and there is none.`);
  };
  const functions: Record<(typeof HOST_FUNCTIONS)[number], (value: number) => void> = {
    opa_abort: (address) => {
      throw new Error(`The module aborted: ${textAt(address)}`);
    },
    opa_println: () => undefined,
    opa_builtin0: noBuiltin,
    opa_builtin1: noBuiltin,
    opa_builtin2: noBuiltin,
    opa_builtin3: noBuiltin,
    opa_builtin4: noBuiltin,
  };
  const { exports } = new wasm.Instance(module, { env: { memory, ...functions } });
  const opa = exports as unknown as OpaExports;
  const [version, minor] = [opa.opa_wasm_abi_version?.value ?? 0, opa.opa_wasm_abi_minor_version?.value ?? 0];
  if (version !== 1 || minor < MIN_ABI_MINOR) throw new Error(`The module has the ABI ${version}.${minor}.`);
  const parse = (value: object): number => {
    const text = new TextEncoder().encode(JSON.stringify(value));
    const address = opa.opa_malloc(text.length);
    // The allocation can have replaced the buffer.
    bytes().set(text, address);
    const parsed = opa.opa_json_parse(address, text.length);
    if (parsed === 0) throw new Error('The module cannot parse its input.');
    return parsed;
  };
  const dump = (value: number): unknown => JSON.parse(textAt(opa.opa_json_dump(value)));
  const builtins = Object.keys(dump(opa.builtins()) as object);
  const entryPoints = dump(opa.entrypoints()) as Readonly<Record<string, number>>;
  const data = parse({});
  const heap = opa.opa_heap_ptr_get();
  return {
    builtins,
    entryPoints,
    evaluate: (entryPoint, input) => {
      opa.opa_heap_ptr_set(heap);
      const context = opa.opa_eval_ctx_new();
      opa.opa_eval_ctx_set_data(context, data);
      opa.opa_eval_ctx_set_input(context, parse(input));
      opa.opa_eval_ctx_set_entrypoint(context, entryPoint);
      if (opa.eval(context) !== 0) throw new Error('The module could not be evaluated.');
      return dump(opa.opa_eval_ctx_get_result(context));
    },
  };
};
