import { createInterface } from 'node:readline';
import { Left, type TerminalStreams } from './prompter.ts';

/** Lines as they are pasted, until one that holds a single dot, or the end of input. */
export function pasteLines({ input, output }: TerminalStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const reader = createInterface({ input, terminal: false });
    const interrupted = () => {
      output.write('\n');
      finish(() => reject(new Left()));
    };
    const finish = (settle: () => void) => {
      process.off('SIGINT', interrupted);
      reader.removeAllListeners();
      reader.close();
      settle();
    };
    process.once('SIGINT', interrupted);
    reader.on('line', (line) => {
      if (line.trim() === '.') finish(() => resolve(lines.join('\n')));
      else lines.push(line);
    });
    reader.on('close', () => finish(() => resolve(lines.join('\n'))));
  });
}
