/** A compiled module. */
export interface WasmModule {
  readonly isWasmModule: never;
}

export interface WasmMemory {
  /** Another object after the memory has grown. */
  readonly buffer: ArrayBuffer;
}

interface WebAssembly {
  readonly Module: {
    /** @throws {Error} if the bytes are no module */
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): readonly { readonly module: string; readonly name: string }[];
    exports(module: WasmModule): readonly { readonly name: string; readonly kind: string }[];
  };
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly env: Readonly<Record<string, unknown>> },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** What we use of Node's WebAssembly. TypeScript declares it only together with everything that browsers have. */
export const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WebAssembly };
