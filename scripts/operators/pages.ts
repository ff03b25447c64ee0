import { join } from 'node:path';
import { operatorPage } from './page.js';
import { readOperators, root } from './source.js';

export const pagesFolder = join(root, 'docs/operators');

/** The generated pages: file name and text. */
export async function operatorPages(): Promise<ReadonlyMap<string, string>> {
  const { checker, operators } = readOperators();
  const pages = operators.map(
    async (operator) => [`${operator.name}.md`, await operatorPage(checker, operator)] as const,
  );
  return new Map(await Promise.all(pages));
}
