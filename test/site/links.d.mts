export declare function deadLinks(
  site: string,
  pages: readonly string[],
): { readonly links: number; readonly outside: number; readonly dead: readonly string[] };
