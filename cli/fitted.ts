/** Columns that a description keeps beside its term; where fewer are left, it begins on a line of its own. */
const LEAST = 30;
/** Indent of such a line. */
const INDENT = 6;

/**
 * Help for a terminal of `columns`, of text that was written for wide ones: paragraphs are filled anew, and what is said
 * of a term hangs beside it. What fits stays as it is; lines without such a gap are for copying, and stay whole.
 */
export function fitted(text: string, columns: number): string {
  return text
    .replace(/^\S.*(?:\n\S.*)*/gm, (prose) =>
      prose.split('\n').every((line) => line.length <= columns)
        ? prose
        : filled(prose.replaceAll('\n', ' '), columns, 0),
    )
    .replace(/^( +\S.*?)( {2,})(\S.*)$/gm, (line, term: string, gap: string, rest: string) => {
      if (line.length <= columns) return line;
      const indent = term.length + gap.length;
      return columns - indent < LEAST
        ? `${term}\n${' '.repeat(INDENT)}${filled(rest, columns, INDENT)}`
        : term + gap + filled(rest, columns, indent);
    });
}

/** Words in lines of `columns`, all but the first indented: that one begins there already. */
function filled(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || indent + line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
