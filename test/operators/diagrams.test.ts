import { describe, expect, it } from 'vitest';
import { commentDiagrams } from '../../scripts/operators/comment-diagrams.js';
import { type DiagramLine, diagramsPath, drawDiagrams, loadDiagrams } from '../../scripts/operators/diagrams.js';
import { readOperators } from '../../scripts/operators/source.js';
import { checkDiagram } from '../../src/operators/testing/marbles.js';

for (const { name, functionName, doc } of readOperators().operators) {
  const path = diagramsPath(name);
  const [diagrams, drawn] = await Promise.all([loadDiagrams(path), drawDiagrams(path)]);

  describe(`the diagrams of ${functionName}`, () => {
    it.each(diagrams)('are what it does: $title', checkDiagram);

    it('are there, and so are those of its doc comment', () => {
      expect(diagrams.length).toBeGreaterThan(0);
      const executed = drawn.diagrams.map(({ lines }) => lines);
      const invented = commentDiagrams(doc).filter((lines) => !executed.some((all) => isPartOf(lines, all)));
      expect(invented).toEqual([]);
    });
  });
}

/** Whether each line is one of `all`, the source and the output among them. */
function isPartOf(lines: readonly DiagramLine[], all: readonly DiagramLine[]): boolean {
  const has = (label: string) => lines.some((line) => line.label === label);
  const holds = (line: DiagramLine) =>
    all.some(({ label, marbles }) => label === line.label && marbles.trim() === line.marbles);
  return has('source') && has('output') && lines.every(holds);
}
