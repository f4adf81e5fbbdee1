/** A file in `docs` that `npm run docs` writes. */
export interface GeneratedPage {
  /** Path from the root of the repository, with slashes. */
  readonly path: string;
  /**
   * Returns the whole content of the file.
   * @throws {Error} if a fact that the page needs is missing
   */
  readonly render: () => Promise<string> | string;
}
