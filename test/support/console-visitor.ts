/** A page of the console, as a person sees it. */
export interface Sight {
  readonly url: URL;
  readonly status: number;
  readonly heading: string;
  /** Text of the page, as a person reads it. */
  readonly text: string;
  /** The sentences in elements with `role="status"`. */
  readonly notices: readonly string[];
  /** True if such an element has the focus. */
  readonly isNoticeFocused: boolean;
}

/** A person at the console: in a browser, or over HTTP as a browser without script. */
export interface Visitor {
  readonly origin: string;
  signIn(person: string, path?: string): Promise<Sight>;
  open(path: string): Promise<Sight>;
  /** Follows the first link with this name. */
  follow(name: string): Promise<Sight>;
  /** Types values into the fields with these labels, and sends their form. @param button that is pressed @default Enter */
  send(fields: Readonly<Record<string, string>>, button?: string): Promise<Sight>;
  /** Returns the page that is open. */
  look(): Promise<Sight>;
  /** Names of disabled buttons with their explanations. */
  disabled(): Promise<readonly { readonly name: string; readonly why: string }[]>;
  /** Markup of the page as the browser has it. */
  markup(): Promise<string>;
}
